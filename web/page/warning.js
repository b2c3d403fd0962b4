// How a warning is shown.

import { el } from './dom.js';

/** @param {import('./app.js').App} app */
export function warning(app, alert) {
  const grave = [`severity-${alert.severity}`, `certainty-${alert.certainty}`];
  if (alert.urgency !== 'unknown') grave.push(`urgency-${alert.urgency}`);
  return el('article', { class: `card warning ${alert.severity}` },
    alert.status !== 'actual' && el('p', { class: 'practice' }, app.t(`warning-${alert.status}`)),
    el('h2', { dir: 'auto' }, alert.area ?? app.t('warning-area-none')),
    el('p', { class: 'grave' }, grave.map((id) => app.t(id)).join(' · ')),
    alert.text === null
      ? el('p', { class: 'hint' }, app.t('warning-words-gone'))
      : el('p', { class: 'words', dir: 'auto' }, alert.text),
    alert.identifiers.length > 0 && el('ul', { class: 'identifiers' }, alert.identifiers.map((one) => identifier(app, one))),
    el('p', { class: 'hint' },
      app.t('warning-sent', { day: app.texts.day(alert.day) }), ' · ',
      app.t('warning-until', { day: app.texts.day(alert.expires) })));
}

function identifier(app, { kind, value }) {
  const id = `kind-${kind}`;
  // A desk may have a word of its own for it.
  const name = app.texts.has(id) ? app.t(id) : kind;
  return el('li', {}, el('span', { dir: 'auto' }, name), ': ', el('bdi', {}, value));
}
