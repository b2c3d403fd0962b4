// Whether somebody is among those that warnings tell of. It happens on this device, and makes no request.

import { el, fill, PLAIN } from './dom.js';
import { state, tell } from './home.js';
import { age } from './near.js';
import { warning } from './warning.js';

/** @type {import('./app.js').Screen} */
export function lookup(app) {
  const found = el('div', { id: 'found' });
  const count = el('p', { id: 'count', role: 'status' });
  const trouble = el('div', { id: 'trouble' });
  const news = el('div', { role: 'status' });
  const field = el('input', {
    ...PLAIN, id: 'wanted', type: 'text', dir: 'auto',
    'aria-describedby': 'wanted-hint', value: app.wanted ?? '', oninput: () => { app.wanted = field.value; },
  });
  const look = (event) => {
    event.preventDefault();
    fill(found);
    fill(count);
    app.attempt(trouble, () => show(app, app.core.lookup(field.value), count, found));
  };
  return {
    title: app.t('lookup-title'),
    content: [
      el('form', { autocomplete: 'off', novalidate: true, onsubmit: look },
        el('label', { for: 'wanted' }, app.t('lookup-label')),
        el('p', { id: 'wanted-hint', class: 'hint' }, app.t('lookup-hint')),
        field,
        trouble,
        el('button', { type: 'submit', class: 'main' }, app.t('lookup-go'))),
      count, found, news,
    ],
    changed: () => tell(news, state(app)),
  };
}

function show(app, answer, count, found) {
  const { found: total, matches } = answer;
  const shown = matches.length;
  const said = total === 0
    ? app.t('lookup-none', { day: app.texts.day(answer.since) })
    : total > shown
      ? app.t('lookup-best', { count: total, shown })
      : app.t('lookup-found', { count: total });
  fill(count, said);
  fill(found, age(app, answer), matches.map((match) => el('section', { class: 'match' },
    el('p', { class: match.exact ? 'reason exact' : 'reason' },
      app.t(`reason-${match.reason}`), ' – ', app.t(`kind-${match.kind}`), ': ', el('bdi', {}, match.value)),
    warning(app, match.alert))));
}
