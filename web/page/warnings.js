// Warnings, and those for one area. The choice is made here, among all that everybody fetches.

import { el, fill } from './dom.js';
import { state, tell } from './home.js';
import { warning } from './warning.js';

/** @type {import('./app.js').Screen} */
export function warnings(app) {
  const news = el('div', { role: 'status' });
  const list = el('div', { id: 'list' });
  const count = el('p', { id: 'count', role: 'status' });
  const areas = el('datalist', { id: 'areas' });
  const draw = () => show(app, { list, count, areas });
  const field = el('input', {
    id: 'area', type: 'text', list: 'areas', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false',
    dir: 'auto', 'aria-describedby': 'area-hint', value: app.area,
    oninput: () => {
      app.area = field.value;
      draw();
    },
  });
  let seen;
  return {
    title: app.t('warnings-title'),
    content: [
      el('label', { for: 'area' }, app.t('warnings-area')),
      el('p', { id: 'area-hint', class: 'hint' }, app.t('warnings-area-hint')),
      field, areas, count, list, news,
    ],
    changed: () => {
      tell(news, state(app));
      const status = app.session?.status();
      const now = `${status?.alerts_ready} ${status?.updated}`;
      if (now !== seen) draw();
      seen = now;
    },
  };
}

function show(app, { list, count, areas }) {
  if (!app.session?.status().alerts_ready) {
    fill(count, app.t('fetching'));
    return;
  }
  app.attempt(list, () => {
    const found = app.session.alerts(app.area.trim());
    fill(areas, found.areas.map((area) => el('option', { value: area })));
    fill(count, found.alerts.length === 0
      ? app.t('warnings-none')
      : app.t('warnings-count', { count: found.alerts.length }));
    fill(list,
      age(app, found),
      found.alerts.map((alert) => warning(app, alert)),
      found.notices.map((notice) => el('article', { class: 'card' },
        el('h2', {}, app.t('notice-from', { desk: notice.desk, day: app.texts.day(notice.day) })),
        el('p', { class: 'words', dir: 'auto' }, notice.text))));
  });
}

/** How old what is shown is, and what could not be read. */
export function age(app, { old_days: days = 0, damaged }) {
  return [
    days > 0 && el('p', { class: 'problem' }, app.t('warnings-old', { count: days })),
    damaged > 0 && el('p', { class: 'problem' }, app.t('warnings-damaged', { count: damaged })),
  ].filter(Boolean);
}
