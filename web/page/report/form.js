// Telling what happened: one question a screen, and the way through them.

import { button, el } from '../dom.js';
import { Problem } from '../session.js';
import { preview } from './preview.js';
import { steps } from './steps.js';

/** What she should know first. @type {import('../app.js').Screen} */
export function begin(app) {
  const lines = ['nothing-sent', 'leave-out', 'kept', 'quick'];
  return {
    title: app.t('begin-title'),
    content: [
      app.session?.status().drill && el('p', { class: 'card practice' }, app.t('drill')),
      el('ul', {}, lines.map((line) => el('li', {}, app.t(`begin-${line}`)))),
      button(app.t('begin-go'), () => app.instead(form), { class: 'main' }),
    ],
  };
}

/** The question at which she is. @type {import('../app.js').Screen} */
export function form(app) {
  const { draft } = app;
  const { list, place } = here(app);
  const step = list[place];
  const trouble = el('div', { id: 'trouble' });
  const next = (event) => {
    event.preventDefault();
    const problem = wrong(app, step);
    if (problem) {
      app.fail(trouble, problem);
      return;
    }
    // Her answer may have brought questions or taken some away.
    const { list: now, place: at } = here(app);
    if (at + 1 === now.length) {
      app.go(preview);
    } else {
      draft.at = now[at + 1].id;
      app.show();
    }
  };
  return {
    title: step.title,
    content: [
      el('form', { autocomplete: 'off', novalidate: true, onsubmit: next },
        step.draw(),
        trouble,
        el('div', { class: 'ways' },
          el('button', { type: 'submit', class: 'main' }, app.t('next')),
          draft.looked && button(app.t('preview-title'), () => app.go(preview)))),
      el('p', { class: 'step' }, app.t('step', { now: place + 1, all: list.length })),
    ],
    changed: () => step.changed?.(),
    back: () => {
      if (place === 0) return false;
      draft.at = list[place - 1].id;
      app.show();
      return true;
    },
  };
}

function here(app) {
  const list = steps(app);
  const place = list.findIndex((step) => step.id === app.draft.at);
  return { list, place: Math.max(place, 0) };
}

function wrong(app, step) {
  const needsDesks = step.id.startsWith('consent') && !app.session?.status().ready;
  const problem = needsDesks ? { code: app.session?.broken ? 'broken' : 'not-ready' } : step.wrong?.();
  return problem && new Problem(problem.code);
}
