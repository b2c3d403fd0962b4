// Which questions there are, from what she said so far: one a screen.

import { counted, HARM, PEOPLE, VEHICLES } from './fields.js';
import * as ask from './ask.js';
import { age, checklist, detail } from './details.js';
import { contact, consent, reply } from './consent.js';
import { findings, own } from './findings.js';
import { photo } from './photo.js';

/**
 * A question: `draw` gives what is below the title, `wrong` the problem that keeps her here, if there is one; `changed` is called when more may be known.
 * @typedef {{id: string, title: string, draw: () => unknown[], wrong?: () => {code: string} | undefined, changed?: () => void}} Step
 */

/** @param {import('../app.js').App} app @returns {Step[]} */
export function steps(app) {
  const { draft } = app;
  return [
    ask.narrative(app),
    ask.source(app),
    ask.kinds(app),
    ask.date(app),
    ask.partOfDay(app),
    ask.area(app),
    ask.setting(app),
    ...things(app, 'people', PEOPLE),
    ...things(app, 'vehicles', VEHICLES),
    checklist(app, 'harm', app.t('question-harm'), draft.harm, HARM),
    ...known(app, 'harm', draft.harm, HARM),
    photo(app),
    own(app),
    findings(app),
    ...consents(app),
    reply(app),
  ];
}

function things(app, kind, all) {
  const list = app.draft[kind];
  return counted(list).flatMap((one, place) => {
    const title = place === 0 ? app.t(`question-${kind}`) : app.t(`question-${kind}-more`, { number: place + 1 });
    const name = `${kind}-${place}`;
    const more = one.knows.size > 0 && list.length < MOST && [ask.another(app, kind, place)];
    return [checklist(app, name, title, one, all), ...known(app, name, one, all), ...(more || [])];
  });
}

function known(app, name, one, all) {
  return all.filter((field) => one.knows.has(field)).map((field) => (
    field === 'age' ? age(app, name, one) : detail(app, name, one, field)));
}

function consents(app) {
  const { draft } = app;
  const there = new Map(app.desks().map(({ slot, name }) => [slot, name]));
  const has = (slot) => (there.get(slot) ?? null) !== null;
  return [
    consent(app, 'members-alert', there),
    has('police') && consent(app, 'police', there),
    has('police') && draft.consent.police === true && consent(app, 'police-contact', there),
    has('police') && draft.mayContact && contact(app),
    has('specialist') && consent(app, 'specialist', there),
    has('project') && consent(app, 'project', there),
  ].filter(Boolean);
}

// More people or vehicles than that do not fit a report with anything said about them.
const MOST = 8;
