// Every language: complete, said to be unread by a person, and on the screen in its own direction.

import { readFile } from 'node:fs/promises';
import { texts } from '../fake/texts.mjs';
import { assert, same, test } from '../harness.mjs';
import { open, plain, press } from '../walk.mjs';

const LANGUAGES = ['en', 'cy', 'ro', 'pl', 'pt', 'es', 'th', 'zh-Hans', 'ar'];

test('there are nine languages, and all but English say that nobody has read them', async () => {
  const all = await texts();
  same(Object.keys(all).sort(), [...LANGUAGES].sort());
  for (const [tag, { unreviewed }] of Object.entries(all)) same([tag, unreviewed], [tag, tag !== 'en']);
});

test('every language has every message, with the same values and all its plurals', async () => {
  const all = await texts();
  for (const [tag, { messages }] of Object.entries(all)) {
    same([tag, Object.keys(messages).sort()], [tag, Object.keys(all.en.messages).sort()]);
    const categories = new Intl.PluralRules(tag).resolvedOptions().pluralCategories;
    for (const [id, pattern] of Object.entries(messages)) {
      same([tag, id, values(pattern)], [tag, id, values(all.en.messages[id])]);
      for (const { c } of selectors(pattern)) {
        // Numbers of things are whole: categories of fractions alone are not asked for.
        const whole = categories.filter((one) => [...Array(1001).keys()].some((n) => new Intl.PluralRules(tag).select(n) === one));
        same([tag, id, whole.filter((one) => !(one in c))], [tag, id, []]);
      }
    }
  }
});

test('no translation is the English one left over', async () => {
  const all = await texts();
  const alike = { cy: [], ro: [], pl: [], pt: [], es: [], th: [], 'zh-Hans': [], ar: [] };
  for (const tag of Object.keys(alike)) {
    for (const [id, pattern] of Object.entries(all[tag].messages)) {
      const words = JSON.stringify(pattern);
      if (words === JSON.stringify(all.en.messages[id]) && /[a-z]{4}.*[a-z]{4} [a-z]/.test(words)) alike[tag].push(id);
    }
    same([tag, alike[tag]], [tag, []]);
  }
});

for (const tag of LANGUAGES) {
  test(`${tag}: the page opens in it, and every screen has words`, async ({ phone, origin }) => {
    const all = await texts();
    const words = all[tag].messages;
    const page = await phone.newPage();
    await page.goto(`${origin}/#good`);
    await page.locator('#language').selectOption(tag);
    same(await page.locator('html').getAttribute('dir'), tag === 'ar' ? 'rtl' : 'ltr');
    same(await page.locator('html').getAttribute('lang'), tag);
    same(await page.title(), words['page-title']);
    same(await page.locator('.unreviewed').count(), tag === 'en' ? 0 : 1);
    for (const id of ['home-warnings', 'home-lookup', 'home-check', 'home-limits', 'home-report']) {
      await press(page, words[id]);
      const shown = plain(await page.locator('body').innerText());
      const raw = /\{ ?\$|undefined|\b(error|home|kind|warning|question)-[a-z-]+/.exec(shown);
      assert(!raw, `${tag} ${id}: ${raw?.[0]}`);
      await press(page, words.back);
    }
  });
}

test('a language is begun with as the browser has it, and no request says which was chosen', async ({ phone, origin, seen }) => {
  const page = await phone.newPage();
  await page.goto(`${origin}/#good`);
  await page.locator('html[lang="pl"]').waitFor();
  const before = seen.map(({ path }) => path).sort();
  await page.locator('#language').selectOption('ro');
  await page.locator('html[lang="ro"]').waitFor();
  const asked = seen.map(({ path }) => path).filter((path) => !path.startsWith('/v1/'));
  same(asked.sort(), before.filter((path) => !path.startsWith('/v1/')));
  assert(!seen.some(({ path }) => /\b(ro|pl)\b/.test(path)), 'a language in an address');
}, { locale: 'pl-PL' });

test('changing the language loses nothing that was typed and keeps the question', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await press(page, 'Tell what happened');
  await press(page, 'Begin');
  await page.locator('#field').fill('He had a knife.');
  await page.locator('#language').selectOption('es');
  same(await page.locator('#field').inputValue(), 'He had a knife.');
  const { messages } = (await texts()).es;
  same(await page.locator('h1').textContent(), messages['question-narrative']);
});

test('the sentence for a browser without JavaScript is there in every language', async ({ phone, origin }) => {
  const page = await phone.newPage();
  await page.goto(origin);
  same(await page.locator('noscript p').count(), LANGUAGES.length);
  for (const tag of LANGUAGES) assert(await page.locator(`noscript p[lang="${tag}"]`).isVisible(), tag);
  const html = await readFile(new URL('../../page/index.html', import.meta.url), 'utf8');
  for (const tag of LANGUAGES) assert(html.split('id="stuck"')[1].includes(`lang="${tag}"`), tag);
}, { javaScriptEnabled: false, strict: false });

/** The names of all values that a pattern needs. */
function values(pattern) {
  const found = new Set();
  const look = (inside) => {
    for (const part of typeof inside === 'string' ? [] : inside) {
      if (typeof part === 'string') continue;
      found.add(part.v ?? part.s);
      Object.values(part.c ?? {}).forEach(look);
    }
  };
  look(pattern);
  return [...found].sort();
}

function selectors(pattern) {
  return typeof pattern === 'string' ? [] : pattern.filter((part) => typeof part === 'object' && 's' in part);
}
