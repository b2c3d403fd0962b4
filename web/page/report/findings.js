// Words that may tell who she is: underlined where they stand, with an offer to take each out.

import { button, el, fill, PLAIN } from '../dom.js';
import { hint } from './ask.js';
import { mark } from './draft.js';
import { OWN } from './fields.js';

/** What could give her away. It is compared with her words on this device, and goes nowhere. */
export function own(app) {
  const { own: holder } = app.draft;
  return {
    id: 'own',
    title: app.t('question-own'),
    draw: () => [hint(app, 'hint-own'), hintList(app), OWN.flatMap((name) => {
      const field = el('input', {
        ...PLAIN, id: `own-${name}`, type: 'text', dir: 'auto', value: holder[name], oninput: () => { holder[name] = field.value; },
      });
      return [el('label', { for: `own-${name}` }, app.t(`own-${name}`)), field];
    })],
  };
}

export function findings(app) {
  const place = el('div', {});
  let looked = false;
  const look = () => {
    looked = app.attempt(place, () => show(app, place));
  };
  return {
    id: 'findings',
    title: app.t('findings-title'),
    draw: () => {
      look();
      return [place];
    },
    wrong: () => (looked ? undefined : { code: app.session?.broken ? 'broken' : 'not-ready' }),
    changed: () => looked || look(),
  };
}

function show(app, place) {
  const all = app.core.findings(app.draft.whole());
  if (all.length === 0) {
    fill(place, el('p', {}, app.t('findings-none')));
    return;
  }
  const fields = [...new Set(all.map((finding) => finding.field))];
  fill(place,
    el('p', { class: 'hint' }, app.t('findings-hint')),
    fields.map((field) => marked(app, field, all)),
    el('ul', { class: 'findings' }, all.map((finding) => offer(app, finding, all, () => show(app, place)))));
}

/** A text of hers with what was found underlined, and struck through where it is taken out. */
function marked(app, field, all) {
  const text = field.split('.').reduce((inside, name) => inside?.[name], app.draft.whole()) ?? '';
  const parts = [];
  let at = 0;
  for (const finding of all.filter((one) => one.field === field)) {
    const gone = app.draft.out.has(mark(finding, all));
    parts.push(text.slice(at, finding.start), el(gone ? 'del' : 'mark', {}, text.slice(finding.start, finding.end)));
    at = finding.end;
  }
  return el('p', { class: 'words card', dir: 'auto' }, parts, text.slice(at));
}

function offer(app, finding, all, draw) {
  const { out } = app.draft;
  const name = mark(finding, all);
  const gone = out.has(name);
  const why = app.t(finding.own ? 'finding-own' : `finding-${finding.kind}`);
  const line = app.t('finding-line', { text: finding.text, why });
  const id = `finding-${all.indexOf(finding)}`;
  const toggle = () => {
    if (gone) out.delete(name);
    else out.add(name);
    draw();
    document.getElementById(id)?.focus();
  };
  return el('li', {}, el('p', { id: `${id}-line` }, line),
    button(app.t(gone ? 'put-back' : 'take-out'), toggle, { id, 'aria-describedby': `${id}-line` }));
}

function hintList(app) {
  return el('p', { class: 'hint' }, app.t('hint-list'));
}
