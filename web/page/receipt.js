// Her code, shown this once; then whether she has it, by two of its words.

import { button, el, fill, PLAIN } from './dom.js';
import { waiting } from './waiting.js';

/** @typedef {{words: string[], digits: string[]}} Code */

/** @type {import('./app.js').Screen} */
export function receipt(app, code) {
  const form = (id, parts) => el('ol', { class: `code ${id}`, dir: 'ltr', lang: 'en', 'aria-label': app.t(`receipt-${id}`) },
    parts.map((part) => el('li', {}, part)));
  return {
    fixed: true,
    title: app.t('receipt-title'),
    content: [
      el('p', {}, app.t('receipt-why')),
      el('h2', {}, app.t('receipt-words')),
      form('words', code.words),
      el('h2', {}, app.t('receipt-digits')),
      form('digits', code.digits),
      el('p', {}, app.t('receipt-either')),
      el('p', {}, app.t('receipt-keep')),
      button(app.t('receipt-next'), () => app.instead(practise, code, places(code.words.length)), { class: 'main' }),
    ],
  };
}

/** @type {import('./app.js').Screen} */
export function practise(app, code, asked) {
  const said = el('div', { role: 'status' });
  const fields = asked.map((place) => el('input', {
    ...PLAIN, id: `word-${place}`, type: 'text', dir: 'ltr',
  }));
  const done = () => {
    app.unread = false;
    app.instead(waiting);
  };
  const look = (event) => {
    event.preventDefault();
    const right = asked.every((place, at) => same(fields[at].value, code.words[place]));
    fill(said, el('p', { class: right ? 'right' : 'problem' }, app.t(right ? 'practise-right' : 'practise-wrong')),
      right && button(app.t('next'), done, { class: 'main' }));
    if (right) said.querySelector('button').focus();
  };
  return {
    fixed: true,
    title: app.t('practise-title'),
    content: [
      el('form', { autocomplete: 'off', novalidate: true, onsubmit: look },
        el('p', { class: 'hint' }, app.t('practise-hint')),
        asked.map((place, at) => [
          el('label', { for: `word-${place}` }, app.t('practise-word', { number: place + 1 })),
          fields[at],
        ]).flat(),
        el('button', { type: 'submit', class: 'main' }, app.t('practise-check'))),
      said,
      button(app.t('practise-show'), () => app.instead(receipt, code)),
      button(app.t('practise-skip'), done, { class: 'quiet' }),
    ],
  };
}

/** Two different places, in order. */
function places(count) {
  const drawn = crypto.getRandomValues(new Uint32Array(2));
  const first = drawn[0] % count;
  const second = (first + 1 + (drawn[1] % (count - 1))) % count;
  return [Math.min(first, second), Math.max(first, second)];
}

function same(typed, word) {
  return typed.normalize('NFKC').trim().toLowerCase() === word.toLowerCase();
}
