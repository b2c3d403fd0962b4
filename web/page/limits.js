// What the page cannot do, on one short screen.

import { el } from './dom.js';

/** @type {import('./app.js').Screen} */
export function limits(app) {
  const lines = ['visit', 'history', 'server', 'words', 'again'];
  const instead = ['tor', 'client'];
  return {
    title: app.t('limits-title'),
    content: [
      el('ul', {}, lines.map((line) => el('li', {}, app.t(`limits-${line}`)))),
      el('ul', { class: 'card' }, instead.map((line) => el('li', {}, app.t(`limits-${line}`)))),
    ],
  };
}
