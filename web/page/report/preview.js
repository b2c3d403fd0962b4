// Looking it over: all that is sent, who sees what, what it may cost her, and how long it takes. Then she sends it, or not.

import { button, el, fill, painted } from '../dom.js';
import { alarm } from '../problems.js';
import { receipt } from '../receipt.js';
import { Problem } from '../session.js';
import { span } from '../span.js';
import { view } from './consent.js';
import { shown } from './photo.js';
import { said } from './said.js';

/** @type {import('../app.js').Screen} */
export function preview(app) {
  const place = el('div', { id: 'preview' });
  app.draft.looked = true;
  let drawn = false;
  const draw = () => {
    if (drawn) return;
    try {
      const findings = app.core.findings(app.draft.whole());
      const draft = app.draft.sent(findings);
      fill(place, content(app, draft, app.session.preview(draft)));
      drawn = true;
    } catch (caught) {
      const problem = caught instanceof Problem ? caught : new Problem('broken');
      if (place.dataset.problem === problem.code) return;
      place.dataset.problem = problem.code;
      fill(place, alarm(app.texts, problem), mend(app, problem));
    }
  };
  return { title: app.t('preview-title'), content: [place], changed: draw };
}

function content(app, draft, found) {
  const trouble = el('div', { id: 'trouble' });
  const go = button(app.t('send'), () => send(app, draft, found, trouble, go), { class: 'main', id: 'send' });
  return [
    app.session.status().drill && el('p', { class: 'card practice' }, app.t('drill')),
    el('h2', {}, app.t('preview-said')),
    el('dl', {}, said(app, found).map((line) => [
      el('dt', {}, line.label),
      el('dd', {}, el('p', { class: 'words', dir: 'auto' }, line.words), change(app, line.step, line.label)),
    ]).flat()),
    found.photo && [...shown(app, found.photo), change(app, 'photo', app.t('question-photo'))],
    el('h2', {}, app.t('preview-desks')),
    el('ul', { class: 'desks' },
      found.desks.map((desk) => el('li', { class: desk.report ? 'sees' : '' }, desks(app, desk))),
      el('li', {}, app.t(found.members_alert ? 'members-see' : 'members-see-not')),
      el('li', {}, app.t('relays-see'))),
    el('h2', {}, app.t('preview-risk')),
    el('p', { id: 'risk' }, app.t('risk-watch', { visit: found.observer.visit_one_in }), ' ', app.t('risk-stay')),
    found.observer.linked && el('p', {}, app.t('risk-linked')),
    el('p', {}, app.t('risk-code')),
    el('h2', {}, app.t('wait-title')),
    el('p', {}, wait(app, found)),
    found.ring && el('p', {}, ring(app)),
    trouble,
    go,
  ];
}

async function send(app, draft, found, trouble, go) {
  go.disabled = true;
  fill(trouble, el('p', { role: 'status' }, app.t('sending')));
  await painted();
  app.attempt(trouble, () => {
    const code = app.session.submit(draft);
    app.leaves = found.leaves;
    app.reports.push(code.number);
    app.unread = true;
    app.draft.erase();
    app.stack.length = 1;
    app.go(receipt, { words: code.words, digits: code.digits });
  });
  go.disabled = false;
}

function desks(app, desk) {
  const lines = [view(app, desk)];
  if (desk.slot === 'project' && desk.report) lines.push(app.t('project-knows'));
  if (desk.silent === 'window') lines.push(app.t('silent-window'));
  else if (desk.silent) lines.push(app.t('silent-days', { count: desk.silent.days }));
  return lines.join(' ');
}

function wait(app, { wait: way, leaves }) {
  if (way === null) return app.t('wait-unknown');
  const then = (part) => span(app.texts, way[part] + leaves[part]);
  return app.t('wait-known', { half: then('half'), most: then('most') });
}

function ring(app) {
  const { emergency, project, scheme } = app.session.status();
  return app.t('wait-urgent', { number: emergency, project, scheme });
}

function change(app, step, label) {
  const go = () => {
    app.draft.at = step;
    app.back();
  };
  return button(app.t('preview-change', { what: label }), go, { class: 'quiet' });
}

/** The question at which what is wrong can be put right. */
function mend(app, { code, args }) {
  const parts = { narrative: 'narrative', offenders: 'people-0', vehicles: 'vehicles-0', harm: 'harm' };
  const slot = args.slot ? `consent-${args.slot}` : 'consent-police';
  const steps = {
    silent: 'narrative',
    'too-long': parts[args.part],
    'no-room-for-photo': parts[args.part],
    'photo-does-not-fit': 'photo',
    'contact-too-long': 'contact',
    'no-desk': slot,
    'no-key': slot,
  };
  const step = steps[code];
  return step && button(app.t('back'), () => {
    app.draft.at = step;
    app.back();
  }, { class: 'main' });
}
