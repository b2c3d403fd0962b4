// The first screen.

import { check } from './check.js';
import { button, el, fill } from './dom.js';
import { limits } from './limits.js';
import { lookup } from './lookup.js';
import { near } from './near.js';
import { sentence } from './problems.js';
import { begin, form } from './report/form.js';
import { waiting } from './waiting.js';
import { warnings } from './warnings.js';

/** @type {import('./app.js').Screen} */
export function home(app) {
  const news = el('div', { id: 'news', role: 'status' });
  const trouble = el('div', { id: 'trouble' });
  const mine = el('div', { id: 'mine' });
  const others = el('div', { id: 'others' });
  const close = near(app, FEW, () => app.go(warnings));
  const report = app.draft.begun
    ? button(app.t('home-draft'), () => app.go(form), { class: 'main' })
    : button(app.t('home-report'), () => app.go(begin), { class: 'main' });
  return {
    title: app.t('home-title'),
    content: [
      news,
      mine,
      others,
      el('div', { class: 'menu' },
        button(app.t('home-warnings'), () => app.go(warnings)),
        button(app.t('home-lookup'), () => app.go(lookup)),
        report,
        button(app.t('home-check'), () => app.go(check)),
        button(app.t('home-limits'), () => app.go(limits), { class: 'quiet' })),
      trouble,
      el('section', { 'aria-labelledby': 'near' }, el('h2', { id: 'near' }, app.t('home-near')), close.content),
    ],
    changed: () => {
      tell(news, state(app));
      close.changed();
      own(app, mine);
      elsewhere(app, others);
    },
  };
}

/** What is known, in lines: every screen that needs something from outside shows them. */
export function state(app) {
  const status = app.session?.status();
  if (!status) return [app.t('fetching')];
  return [
    status.drill && app.t('drill'),
    status.problem && sentence(app.texts, status.problem),
    !status.problem && !status.alerts_ready && app.t('fetching'),
    status.alerts_ready && status.updated && app.t('fetched', { when: app.texts.moment(status.updated) }),
    Math.abs(status.clock_off) >= WRONG_S && status.problem?.code !== 'clock-wrong' && app.t('error-clock-off'),
    status.emergency && app.t('danger', { number: status.emergency }),
  ].filter(Boolean);
}

/** Puts lines into a place, and leaves it alone when they are there already: a screen reader would say them again. */
export function tell(place, lines) {
  const now = lines.join('\n');
  if (place.dataset.lines === now) return;
  place.dataset.lines = now;
  fill(place, lines.map((line) => el('p', {}, line)));
}

function own(app, place) {
  const some = String(app.reports.length > 0) + String(app.session?.unsent);
  if (place.dataset.some === some) return;
  place.dataset.some = some;
  fill(place,
    app.session?.unsent && el('p', { class: 'card' }, app.t('home-unsent')),
    app.reports.length > 0 && button(app.t('home-progress'), () => app.go(waiting), { class: 'main' }));
}

/** The other ways in, when this one stays away. Going there loses what was typed, so they are here alone. */
function elsewhere(app, place) {
  const status = app.session?.status();
  const needed = status?.away >= MANY;
  if (place.dataset.needed === String(needed)) return;
  place.dataset.needed = String(needed);
  const entries = needed ? status.entries.filter(({ here, link }) => !here && /^https:\/\//.test(link)) : [];
  fill(place, entries.map(({ address, link }) => el('p', {},
    el('a', { href: link, rel: 'noreferrer' }, app.t('other-entry', { address })))));
}

// Warnings that are shown at once.
const FEW = 3;
// Sessions in a row that were not answered.
const MANY = 2;
// Seconds by which a clock is worth telling of.
const WRONG_S = 600;
