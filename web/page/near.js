// Warnings for an area. The choice is made here, among all that everybody fetches.

import { button, el, fill, PLAIN } from './dom.js';
import { warning } from './warning.js';

/**
 * @param {import('./app.js').App} app
 * @param {number} most how many are shown @param {() => void} [all] shows the others
 * @returns {{content: unknown[], changed: () => void}}
 */
export function near(app, most, all) {
  const list = el('div', { id: 'list' });
  const count = el('p', { id: 'count', role: 'status' });
  const areas = el('datalist', { id: 'areas' });
  const draw = () => show(app, { list, count, areas, most, all });
  const field = el('input', {
    ...PLAIN, id: 'area', type: 'text', list: 'areas', autocapitalize: 'characters', dir: 'auto', 'aria-describedby': 'area-hint',
    value: app.area,
    oninput: () => {
      app.area = field.value;
      draw();
    },
  });
  let seen;
  return {
    content: [
      el('label', { for: 'area' }, app.t('warnings-area')),
      el('p', { id: 'area-hint', class: 'hint' }, app.t('warnings-area-hint')),
      field, areas, count, list,
    ],
    changed: () => {
      const status = app.session?.status();
      const now = `${status?.alerts_ready} ${status?.updated}`;
      if (now !== seen) draw();
      seen = now;
    },
  };
}

function show(app, { list, count, areas, most, all }) {
  fill(count);
  // What is on its way, the screen says.
  if (!app.session?.status().alerts_ready) return;
  app.attempt(list, () => {
    const found = app.session.alerts(app.area.trim());
    const { alerts, notices } = found;
    fill(areas, found.areas.map((area) => el('option', { value: area })));
    fill(count, alerts.length === 0 ? app.t('warnings-none') : app.t('warnings-count', { count: alerts.length }));
    fill(list,
      age(app, found),
      alerts.slice(0, most).map((alert) => warning(app, alert)),
      alerts.length > most && button(app.t('home-more', { count: alerts.length }), all),
      notices.slice(0, most).map((notice) => el('article', { class: 'card' },
        el('h2', {}, app.t('notice-from', { desk: notice.desk, day: app.texts.day(notice.day) })),
        el('p', { class: 'words', dir: 'auto' }, notice.text))));
  }, false);
}

/** How old what is shown is, and what could not be read. */
export function age(app, { old_days: days = 0, damaged }) {
  return [
    days > 0 && el('p', { class: 'problem' }, app.t('warnings-old', { count: days })),
    damaged > 0 && el('p', { class: 'problem' }, app.t('warnings-damaged', { count: damaged })),
  ].filter(Boolean);
}
