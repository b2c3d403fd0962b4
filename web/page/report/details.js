// What she knows about a person, a vehicle or the harm: first which things, then a question for each of those.

import { el, PLAIN } from '../dom.js';
import { hint, line, many } from './ask.js';
import { number } from './draft.js';
import { LISTS, NUMBERS } from './fields.js';

/** @param {import('./fields.js').Thing} one */
export function checklist(app, name, title, one, all) {
  return {
    id: name,
    title,
    draw: () => [hint(app, 'hint-people'), many(all.map((field) => [field, app.t(field)]), one.knows)],
  };
}

/** One thing of one of them. @param {import('./fields.js').Thing} one */
export function detail(app, name, one, field) {
  const about = LISTS.has(field) ? 'hint-list' : undefined;
  const step = line(app, `${name}-${field}`, title(app, name, app.t(field)), one.values, field, about,
    NUMBERS.has(field) ? { inputmode: 'numeric' } : {});
  return { ...step, wrong: () => (NUMBERS.has(field) ? bad(one.values[field]) : undefined) };
}

/** @param {import('./fields.js').Thing} one */
export function age(app, name, one) {
  return {
    id: `${name}-age`,
    title: title(app, name, app.t('age')),
    draw: () => ['age-from', 'age-to'].flatMap((field) => {
      const input = el('input', {
        ...PLAIN, id: field, type: 'text', dir: 'auto', inputmode: 'numeric', value: one.values[field] ?? '',
        oninput: () => { one.values[field] = input.value; },
      });
      return [el('label', { for: field }, app.t(field)), input];
    }),
    wrong: () => bad(one.values['age-from']) ?? bad(one.values['age-to']),
  };
}

/** Whose it is, where there is more than one. */
function title(app, name, field) {
  const [kind, place] = name.split('-');
  if (kind === 'harm' || place === '0') return field;
  return `${app.t(kind === 'people' ? 'person' : 'vehicle', { number: Number(place) + 1 })}: ${field}`;
}

function bad(text = '') {
  return text.trim() !== '' && number(text) === null ? { code: 'number' } : undefined;
}
