// Everything that a report says, as it will be sent, in the order in which it is asked.

import { HARM, PEOPLE, VEHICLES } from './fields.js';

/**
 * Lines of a preview: what is said, and the question at which it can be changed.
 * @param {import('../app.js').App} app
 * @returns {{step: string, label: string, words: string}[]}
 */
export function said(app, { report, contact }) {
  const { incident, harm } = report;
  const choice = (kind, name) => (name ? app.t(`${kind}-${name}`) : '');
  const kinds = (incident.kinds ?? []).map((name) => choice('kinds', name));
  const lines = [
    ['narrative', app.t('question-narrative'), incident.narrative],
    ['source', app.t('question-source'), choice('source', incident.source)],
    ['kinds', app.t('question-kinds'), kinds.length > 0 ? app.texts.list(kinds) : ''],
    ['date', app.t('question-date'), incident.date ? app.texts.day(Date.parse(incident.date) / 1000) : ''],
    ['part-of-day', app.t('question-part-of-day'), choice('part-of-day', incident['part-of-day'])],
    ['area', app.t('question-area'), incident.area],
    ['setting', app.t('question-setting'), choice('setting', incident.setting)],
    ...report.offenders.map((one, place) => [`people-${place}`, app.t('person', { number: place + 1 }), person(app, one)]),
    ...report.vehicles.map((one, place) => [`vehicles-${place}`, app.t('vehicle', { number: place + 1 }), together(app, one, VEHICLES)]),
    ...HARM.map((name) => [`harm-${name}`, app.t(name), harm[name]]),
    ['contact', app.t('consent-contact'), contact],
    ['reply', app.t('question-reply'), choice('reply', report.reply)],
  ];
  return lines.map(([step, label, words]) => ({ step, label, words: String(words ?? '').trim() })).filter(({ words }) => words !== '');
}

function person(app, one) {
  const found = { ...one, names: (one.names ?? []).join(', ') };
  const parts = PEOPLE.flatMap((name) => {
    if (name === 'age') return [age(app, one)];
    const identifiers = one.identifiers.filter(({ kind }) => kind === name).map(({ value }) => value);
    return [labelled(app, name, identifiers.length > 0 ? identifiers.join(', ') : found[name])];
  });
  return parts.filter(Boolean).join('\n');
}

function age(app, one) {
  const parts = ['age-from', 'age-to'].filter((name) => one[name] !== null && one[name] !== undefined);
  if (parts.length === 0) return '';
  return `${app.t('age')}: ${parts.map((name) => `${app.t(name)} ${app.texts.numbers.format(one[name])}`).join(', ')}`;
}

function together(app, one, names) {
  return names.map((name) => labelled(app, name, one[name])).filter(Boolean).join('\n');
}

function labelled(app, name, words) {
  return words === null || words === undefined || words === '' ? '' : `${app.t(name)}: ${words}`;
}
