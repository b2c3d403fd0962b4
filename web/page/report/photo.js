// A photograph: made small by the browser before it is decoded whole, made anew by the core, and shown as it will be sent.

import { button, el, fill, painted } from '../dom.js';
import { hint } from './ask.js';
import { pixels } from './pixels.js';

export function photo(app) {
  return { id: 'photo', title: app.t('question-photo'), draw: () => draw(app) };
}

/** The photograph as it will be sent, with what was taken out of it. @param {{width: number, height: number, bytes: number, removed: string[]}} made */
export function shown(app, made) {
  const url = URL.createObjectURL(new Blob([app.session.jpeg()], { type: 'image/jpeg' }));
  const release = () => URL.revokeObjectURL(url);
  const size = { width: made.width, height: made.height, size: Math.ceil(made.bytes / 1024) };
  return [
    el('img', { src: url, alt: app.t('photo-alt'), width: made.width, height: made.height, onload: release, onerror: release }),
    el('p', { class: 'hint' }, app.t('photo-size', size)),
    made.removed.length === 0
      ? el('p', {}, app.t('photo-clean'))
      : [el('p', {}, app.t('photo-removed')), el('ul', {}, made.removed.map((what) => el('li', {}, app.t(`removed-${what}`))))],
  ];
}

function draw(app) {
  const { draft } = app;
  const trouble = el('div', { id: 'photo-trouble' });
  const result = el('div', { role: 'status' });
  const show = () => fill(result, draft.photo && [
    el('p', {}, app.t('photo-sent-so')),
    shown(app, draft.photo),
    button(app.t('photo-remove'), () => {
      app.session.dropPhotograph();
      draft.photo = undefined;
      show();
    }),
  ]);
  const chosen = async ({ target }) => {
    const [file] = target.files;
    target.value = '';
    if (!file) return;
    fill(trouble);
    fill(result, el('p', {}, app.t('photo-working')));
    await painted();
    try {
      const { original, image } = await pixels(app.core, file);
      draft.photo = app.core.photograph(image, original, draft.whole());
    } catch (problem) {
      app.fail(trouble, problem);
    }
    show();
  };
  app.attempt(trouble, show);
  const hidden = { type: 'file', accept: 'image/*', class: 'away', onchange: chosen, autocomplete: 'off' };
  return [
    hint(app, 'hint-photo'),
    el('label', { class: 'file' }, el('input', { ...hidden, id: 'gallery' }), el('span', {}, app.t('photo-gallery'))),
    el('label', { class: 'file' }, el('input', { ...hidden, id: 'camera', capture: 'environment' }), el('span', {}, app.t('photo-camera'))),
    trouble,
    result,
  ];
}
