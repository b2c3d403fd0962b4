// The questions about what happened.

import { el, PLAIN } from '../dom.js';
import { thing, KINDS, PARTS_OF_DAY, SETTINGS, SOURCES } from './fields.js';
import { left } from './room.js';

export function narrative(app) {
  const { draft } = app;
  return {
    id: 'narrative',
    title: app.t('question-narrative'),
    draw: () => {
      const room = el('p', { class: 'hint', id: 'room', role: 'status' });
      const field = el('textarea', {
        ...PLAIN, autocapitalize: 'sentences', id: 'field', dir: 'auto', rows: '8', 'aria-labelledby': 'title', 'aria-describedby': 'hint', value: draft.narrative,
        oninput: () => {
          draft.narrative = field.value;
          left(app, room);
        },
      });
      left(app, room);
      return [hint(app, 'hint-narrative'), field, room];
    },
    wrong: () => (draft.narrative.trim() === '' ? { code: 'silent' } : undefined),
  };
}

export function source(app) {
  const options = SOURCES.map((name) => [name, app.t(`source-${name}`)]);
  return one(app, 'source', app.t('question-source'), options);
}

export function kinds(app) {
  const chosen = app.draft.kinds;
  return {
    id: 'kinds',
    title: app.t('question-kinds'),
    draw: () => [hint(app, 'hint-choose'), many(KINDS.map((name) => [name, app.t(`kinds-${name}`)]), chosen)],
  };
}

export function date(app) {
  const { draft } = app;
  let field;
  return {
    id: 'date',
    title: app.t('question-date'),
    draw: () => {
      field = el('input', {
        ...PLAIN, id: 'field', type: 'date', 'aria-labelledby': 'title', max: iso(Date.now() + DAY_MS), value: draft.date,
        onchange: () => { draft.date = field.value; },
      });
      return [field];
    },
    wrong: () => {
      const late = draft.date > iso(Date.now() + DAY_MS);
      return field?.validity.badInput || late || draft.date.length > 10 ? { code: 'date' } : undefined;
    },
  };
}

export function partOfDay(app) {
  const options = PARTS_OF_DAY.map((name) => [name, app.t(`part-of-day-${name}`)]);
  return one(app, 'part-of-day', app.t('question-part-of-day'), [...options, ['', app.t('choose-none')]]);
}

export function area(app) {
  return line(app, 'area', app.t('question-area'), app.draft, 'area', 'hint-area');
}

export function setting(app) {
  const options = SETTINGS.map((name) => [name, app.t(`setting-${name}`)]);
  return one(app, 'setting', app.t('question-setting'), [...options, ['', app.t('choose-none')]]);
}

/** Whether there was another person or vehicle. What was said about one stays, should she change her mind. */
export function another(app, kind, place) {
  const things = app.draft[kind];
  const id = `${kind}-${place}-another`;
  const answer = { [id]: things[place].another ? 'yes' : 'no' };
  const set = (value) => {
    things[place].another = value === 'yes';
    if (value === 'yes' && things.length === place + 1) things.push(thing());
  };
  const options = ['yes', 'no'].map((name) => [name, app.t(name)]);
  return one(app, id, app.t(kind === 'people' ? 'add-person' : 'add-vehicle'), options, answer, set);
}

/** A question with one answer of several. */
export function one(app, id, title, options, holder = app.draft, set = undefined) {
  return { id, title, draw: () => [radios(id, options, holder[id], set ?? ((value) => { holder[id] = value; }))] };
}

/** A question with a line for an answer. */
export function line(app, id, title, holder, name, about, properties = {}) {
  return {
    id,
    title,
    draw: () => {
      const field = el('input', {
        ...PLAIN, id: 'field', type: 'text', dir: 'auto', 'aria-labelledby': 'title', 'aria-describedby': about && 'hint',
        value: holder[name] ?? '', oninput: () => { holder[name] = field.value; }, ...properties,
      });
      return [about && hint(app, about), field];
    },
  };
}

export function radios(name, options, chosen, set) {
  return el('fieldset', { class: 'choices', 'aria-labelledby': 'title' }, options.map(([value, words]) => (
    choice('radio', name, value, words, value === chosen, () => set(value)))));
}

export function many(options, chosen) {
  return el('fieldset', { class: 'choices', 'aria-labelledby': 'title' }, options.map(([value, words]) => (
    choice('checkbox', value, value, words, chosen.has(value), (on) => (on ? chosen.add(value) : chosen.delete(value))))));
}

export function hint(app, id) {
  return el('p', { class: 'hint', id: 'hint' }, app.t(id));
}

function choice(type, name, value, words, checked, set) {
  const input = el('input', { type, name, value, checked, autocomplete: 'off', onchange: () => set(input.checked) });
  return el('label', { class: 'choice' }, input, el('span', {}, words));
}

function iso(time) {
  return new Date(time).toISOString().slice(0, 10);
}

// Where it is tomorrow already.
const DAY_MS = 86_400_000;
