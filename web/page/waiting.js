// How far what was sent in this visit has come, and whether the page may be closed.

import { answer } from './check.js';
import { el, fill } from './dom.js';
import { state, tell } from './home.js';
import { span } from './span.js';

/** @type {import('./app.js').Screen} */
export function waiting(app) {
  const far = el('div', { id: 'far' });
  const news = el('div', { role: 'status' });
  let seen;
  return {
    title: app.t('waiting-title'),
    content: [far, news],
    changed: () => {
      tell(news, state(app));
      if (app.session.broken) return;
      const reports = app.session.progress();
      const now = JSON.stringify(reports);
      if (now === seen) return;
      if (seen !== undefined) app.say(may(app, reports).join(' '));
      seen = now;
      fill(far,
        el('div', { class: 'card', id: 'may' }, may(app, reports).map((line) => el('p', {}, line))),
        reports.map((report) => stages(app, report)));
    },
  };
}

/** Whether she may close the page, and what then. */
function may(app, reports) {
  const stage = new Set(reports.map((report) => report.stage));
  const { half, most } = app.leaves;
  if (stage.has('waiting') || stage.has('sending')) {
    const times = { half: span(app.texts, half), most: span(app.texts, most) };
    return [app.t('waiting-unsent', times), app.t('waiting-close')];
  }
  const gone = stage.has('unsure') ? app.t('waiting-unsure') : app.t('waiting-later');
  return [app.t('waiting-gone'), gone];
}

function stages(app, { stage, standing }) {
  // What is not sure is shown as far as it is.
  const reached = STAGES.indexOf({ unsure: 'sending', logged: 'witnessed' }[stage] ?? stage);
  return [
    el('ol', { class: 'stages' }, STAGES.map((name, place) => el('li', { class: place <= reached ? 'done' : 'open' },
      app.t(`stage-${name}`), ' – ',
      el('span', { class: 'hint' }, app.t(place <= reached ? 'stage-done' : 'stage-open'))))),
    standing && el('div', {}, answer(app, standing)),
  ];
}

const STAGES = ['waiting', 'sending', 'sent', 'logged', 'witnessed', 'read', 'answered'];
