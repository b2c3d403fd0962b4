// Which language: the browser's own to begin with, then whatever is chosen. It is told to nobody and kept nowhere.

import { el } from './dom.js';

/**
 * The first of what the browser prefers that there is, otherwise English.
 * @param {readonly string[]} wanted such as `navigator.languages` @param {string[]} there
 */
export function preferred(wanted, there) {
  for (const tag of wanted) {
    const found = there.find((one) => tag === one)
      ?? there.find((one) => tag.startsWith('zh') && one.startsWith('zh') && !/(TW|HK|MO|Hant)/.test(tag))
      ?? there.find((one) => tag.split('-')[0] === one);
    if (found) return found;
  }
  return 'en';
}

/** Tells the document its language and direction. @param {import('./text.js').Texts} texts */
export function apply(texts) {
  document.documentElement.lang = texts.language;
  document.documentElement.dir = RIGHT_TO_LEFT.has(texts.language) ? 'rtl' : 'ltr';
  document.title = texts.format('page-title');
}

/** A list of all languages by their own names. @param {import('./text.js').Texts} texts @param {(language: string) => void} chosen */
export function chooser(texts, chosen) {
  const options = Object.entries(texts.languages).map(([tag, { messages }]) => {
    const name = String(messages['language-name']);
    return el('option', { value: tag, lang: tag, selected: tag === texts.language }, name);
  });
  const select = el('select', {
    id: 'language',
    autocomplete: 'off',
    'aria-label': texts.format('language'),
    onchange: () => chosen(select.value),
  }, options);
  select.value = texts.language;
  return select;
}

const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur']);
