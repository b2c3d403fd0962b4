// All warnings.

import { el } from './dom.js';
import { state, tell } from './home.js';
import { near } from './near.js';

/** @type {import('./app.js').Screen} */
export function warnings(app) {
  const news = el('div', { role: 'status' });
  const { content, changed } = near(app, Infinity);
  return {
    title: app.t('warnings-title'),
    content: [content, news],
    changed: () => {
      tell(news, state(app));
      changed();
    },
  };
}
