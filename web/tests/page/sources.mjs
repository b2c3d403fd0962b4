// What can be seen in the page's files without running them.

import { readdir, readFile } from 'node:fs/promises';
import { assert, same, test } from '../harness.mjs';

const PAGE = new URL('../../page/', import.meta.url);

async function files(ending) {
  const all = await readdir(PAGE, { recursive: true });
  return all.filter((name) => name.endsWith(ending)).sort();
}

test('every module is loaded at once, whatever is done later', async () => {
  const html = await readFile(new URL('index.html', PAGE), 'utf8');
  const preloaded = [...html.matchAll(/rel="modulepreload" href="\/([^"]+)"/g)].map(([, name]) => name).sort();
  const modules = (await files('.js')).filter((name) => !['main.js', 'old.js'].includes(name));
  same(preloaded, [...modules, 'brolly_web.js'].sort());
  for (const name of await files('.js')) {
    assert(!/^[^*]*\bimport\s*\(/m.test(await readFile(new URL(name, PAGE), 'utf8')), `${name} loads something later`);
  }
});

test('nothing makes markup, runs text, keeps anything or asks another site', async () => {
  const never = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage|sessionStorage|indexedDB|document\.cookie|serviceWorker|caches\.|XMLHttpRequest|WebSocket|sendBeacon|importScripts/;
  for (const name of await files('.js')) {
    const found = never.exec(await readFile(new URL(name, PAGE), 'utf8'));
    assert(!found, `${name}: ${found?.[0]}`);
  }
});

test('there is no script or style inside the page', async () => {
  const html = await readFile(new URL('index.html', PAGE), 'utf8');
  assert(!/<style|\sstyle=|\son\w+=|javascript:/.test(html), 'something inline');
  for (const [, inside] of html.matchAll(/<script[^>]*>([^<]*)<\/script>/g)) same(inside, '');
});

test('nothing moves, and no side is left or right', async () => {
  const css = await readFile(new URL('style.css', PAGE), 'utf8');
  for (const never of [/transition/, /animation/, /@keyframes/, /scroll-behavior/, /(margin|padding|border)-(left|right)/, /\b(left|right)\s*:/, /text-align:\s*(left|right)/, /float:\s*(left|right)/]) {
    assert(!never.test(css), String(never));
  }
});

test('all words are in the Fluent files, and every one of them is used', async () => {
  const english = await readFile(new URL('l10n/en.ftl', PAGE), 'utf8');
  const ids = [...english.matchAll(/^([a-z][a-z0-9-]*) =/gm)].map(([, id]) => id);
  let code = '';
  for (const name of await files('.js')) code += await readFile(new URL(name, PAGE), 'utf8');
  const dashes = (id) => [...id.matchAll(/-/g)].map(({ index }) => id.slice(0, index));
  const used = (id) => code.includes(`'${id}'`) || dashes(id).some((start) => code.includes(`\`${start}-\${`) || code.includes(`(\`${start}-`));
  same(ids.filter((id) => !used(id)), []);
  const asked = [...code.matchAll(/\bt\('([a-z0-9-]+)'/g)].map(([, id]) => id);
  same(asked.filter((id) => !ids.includes(id)), []);
});
