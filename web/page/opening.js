// Without an invitation: where she pastes it.

import { button, el, PLAIN } from './dom.js';
import { home } from './home.js';
import { limits } from './limits.js';

/** @type {import('./app.js').Screen} */
export function opening(app, problem) {
  const trouble = el('div', { id: 'trouble' });
  const field = el('textarea', {
    ...PLAIN, id: 'link', rows: '4', dir: 'ltr',
    'aria-describedby': 'link-hint', value: app.pasted ?? '', oninput: () => { app.pasted = field.value; },
  });
  const open = async (event) => {
    event.preventDefault();
    try {
      await app.open(field.value.trim());
      app.pasted = undefined;
      app.stack.length = 0;
      app.go(home);
    } catch (caught) {
      app.fail(trouble, caught);
    }
  };
  if (problem) queueMicrotask(() => app.fail(trouble, problem));
  return {
    title: app.t('invitation-title'),
    content: [
      el('form', { autocomplete: 'off', novalidate: true, onsubmit: open },
        el('label', { for: 'link' }, app.t('invitation-label')),
        el('p', { id: 'link-hint', class: 'hint' }, app.t('invitation-hint')),
        field,
        trouble,
        el('button', { type: 'submit', class: 'main' }, app.t('invitation-go'))),
      button(app.t('home-limits'), () => app.go(limits)),
    ],
  };
}
