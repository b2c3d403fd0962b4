// How much may still be written, told while she writes and not at the end.

import { fill } from '../dom.js';

/** Says how many letters fit, where that is worth saying. @param {import('../app.js').App} app @param {HTMLElement} place */
export function left(app, place) {
  clearTimeout(timer);
  // Not at every letter: a screen reader would say each.
  timer = setTimeout(() => show(app, place), 300);
}

function show(app, place) {
  const bytes = room(app);
  if (bytes === undefined) return;
  const { narrative } = app.draft;
  const each = narrative === '' ? 1 : new TextEncoder().encode(narrative).length / [...narrative].length;
  const letters = Math.floor(Math.abs(bytes) / each);
  place.classList.toggle('problem', bytes < 0);
  if (bytes < 0) fill(place, app.t('length-over', { count: letters + 1 }));
  else fill(place, letters < WORTH && app.t('length-left', { count: letters }));
}

function room(app) {
  try {
    return app.session.room(app.draft.whole());
  } catch {
    return undefined;
  }
}

let timer;
// Letters from which it is told.
const WORTH = 1_000;
