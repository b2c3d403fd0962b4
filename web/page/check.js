// What became of a report, from its code alone.

import { el, fill, painted, PLAIN } from './dom.js';
import { state, tell } from './home.js';

/** @type {import('./app.js').Screen} */
export function check(app) {
  const standing = el('div', { id: 'standing', role: 'status' });
  const trouble = el('div', { id: 'trouble' });
  const news = el('div', { role: 'status' });
  const field = el('textarea', {
    ...PLAIN, id: 'code', rows: '3', dir: 'ltr',
    'aria-describedby': 'code-hint', value: app.code ?? '', oninput: () => { app.code = field.value; },
  });
  const look = async (event) => {
    event.preventDefault();
    fill(trouble);
    fill(standing, el('p', {}, app.t('check-working')));
    await painted();
    const went = app.attempt(trouble, () => fill(standing, answer(app, app.core.check(field.value))));
    if (!went) fill(standing);
  };
  return {
    title: app.t('check-title'),
    content: [
      el('form', { autocomplete: 'off', novalidate: true, onsubmit: look },
        el('label', { for: 'code' }, app.t('check-label')),
        el('p', { id: 'code-hint', class: 'hint' }, app.t('check-hint')),
        field,
        trouble,
        el('button', { type: 'submit', class: 'main' }, app.t('check-go'))),
      standing, news,
    ],
    changed: () => tell(news, state(app)),
  };
}

/** What a standing says, in sentences. @param {import('./app.js').App} app */
export function answer(app, found) {
  const { stage, answers, position } = found;
  const arrived = position !== null ? 'check-arrived' : stage === 'answered' ? 'check-old-answered' : 'check-not-yet';
  const read = app.texts.list(found.read_by);
  return [
    el('p', { class: 'card' }, app.t(arrived)),
    stage === 'not-yet' && found.before > 0 && el('p', {}, app.t('check-older')),
    found.read_by.length > 0 && el('p', {}, app.t('check-read-by', { desks: read })),
    answers.map(({ desk, text }) => el('article', { class: 'card answer' },
      el('h2', {}, app.t('answer-from', { desk })),
      el('p', { class: 'words', dir: 'auto' }, text))),
    answers.length > 0
      ? el('p', {}, app.t('check-holder'))
      : stage !== 'not-yet' && el('p', {}, app.t('check-no-answer')),
    el('p', { class: 'hint' },
      app.t('check-witnesses', { count: found.witnesses, when: app.texts.moment(found.time) })),
  ];
}
