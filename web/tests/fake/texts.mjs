// Compiles the Fluent files as build-page does, for tests that run before there is a bundle.

import { readdir, readFile } from 'node:fs/promises';
import { FluentParser } from '@fluent/syntax';

const FOLDER = new URL('../../page/l10n/', import.meta.url);

/** All languages, as the page fetches them. */
export async function texts() {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.ftl'));
  // English first, as it is in the list.
  files.sort((a, b) => Number(b === 'en.ftl') - Number(a === 'en.ftl') || a.localeCompare(b));
  const all = await Promise.all(files.map(async (name) => [name.replace('.ftl', ''), await language(name)]));
  return Object.fromEntries(all);
}

async function language(name) {
  const resource = new FluentParser().parse(await readFile(new URL(name, FOLDER), 'utf8'));
  const messages = {};
  let unreviewed = false;
  for (const entry of resource.body) {
    if (entry.type === 'ResourceComment' && entry.content === 'unreviewed') unreviewed = true;
    if (entry.type === 'Junk') throw new Error(`${name}: ${entry.content}`);
    if (entry.type !== 'Message') continue;
    if (entry.id.name in messages) throw new Error(`${name}: ${entry.id.name} twice`);
    messages[entry.id.name] = pattern(entry.value);
  }
  return { unreviewed, messages };
}

function pattern({ elements }) {
  const parts = elements.map(part);
  return parts.length === 1 && typeof parts[0] === 'string' ? parts[0] : parts;
}

function part(element) {
  if (element.type === 'TextElement') return element.value;
  const { expression } = element;
  if (expression.type === 'VariableReference') return { v: expression.id.name };
  const variants = expression.variants.map(({ key, value }) => [key.name ?? key.value, pattern(value)]);
  return { s: expression.selector.id.name, c: Object.fromEntries(variants), d: 'other' };
}
