// What she typed, as she typed it. Nothing is ever dropped from it but by her; what is sent is worked out anew each time.

import { counted, HARM, LISTS, PEOPLE, thing, VEHICLES } from './fields.js';

export class Draft {
  constructor() {
    this.erase();
  }

  /** Forgets all of it. */
  erase() {
    Object.assign(this, {
      at: undefined,
      narrative: '',
      source: 'first-hand',
      kinds: new Set(),
      date: '',
      'part-of-day': '',
      area: '',
      setting: '',
      people: [thing()],
      vehicles: [thing()],
      harm: thing(),
      own: { names: '', phones: '', emails: '', addresses: '' },
      /** Findings that she takes out, by `mark`. */
      out: new Set(),
      photo: undefined,
      consent: {},
      contact: '',
      reply: 'no',
    });
  }

  /** Whether anything would be lost with it. */
  get begun() {
    const { people, vehicles, harm } = this;
    const said = [...people, ...vehicles, harm].some((one) => one.knows.size > 0);
    const typed = [this.narrative, this.date, this.area, this.contact, ...Object.values(this.own)].some((text) => text !== '');
    return typed || said || this.kinds.size > 0 || this.photo !== undefined;
  }

  /** As the core reads it, before anything is taken out. */
  whole() {
    return {
      incident: {
        narrative: this.narrative,
        source: this.source,
        kinds: [...this.kinds],
        date: this.date || null,
        'part-of-day': this['part-of-day'] || null,
        area: this.area,
        setting: this.setting || null,
      },
      offenders: counted(this.people).filter((one) => one.knows.size > 0).map(offender),
      vehicles: counted(this.vehicles).filter((one) => one.knows.size > 0).map(vehicle),
      harm: Object.fromEntries(HARM.map((name) => [name, value(this.harm, name)])),
      reply: this.reply,
      consent: {
        'members-alert': this.consent['members-alert'] === true,
        police: this.consent.police === true,
        'police-contact': this.mayContact && this.contact.trim() !== '',
        specialist: this.consent.specialist === true,
        project: this.consent.project === true,
      },
      contact: this.mayContact ? this.contact : '',
      own: Object.fromEntries(Object.entries(this.own).map(([name, text]) => [name, list(text)])),
    };
  }

  get mayContact() {
    return this.consent.police === true && this.consent['police-contact'] === true;
  }

  /** As it would be sent. @param {Finding[]} findings those of `whole` */
  sent(findings) {
    const draft = this.whole();
    // From the end, so that the places before stay what they are.
    for (const finding of [...findings].reverse()) {
      if (this.out.has(mark(finding, findings))) replace(draft, finding);
    }
    return draft;
  }
}

/** @typedef {{field: string, start: number, end: number, kind: string, text: string, own: boolean}} Finding */

/** A name for a finding that stays the same when the words around it change. @param {Finding} finding @param {Finding[]} all */
export function mark(finding, all) {
  const same = all.filter(({ field, text }) => field === finding.field && text === finding.text);
  return `${finding.field} ${same.indexOf(finding)} ${finding.text}`;
}

/** Words apart by commas, in whatever script. */
export function list(text) {
  return text.split(/[,،、，\n]/u).map((word) => word.trim()).filter((word) => word !== '');
}

/** What she said of a thing, if she still says that she knows it. */
export function value(one, name) {
  return one.knows.has(name) ? (one.values[name] ?? '').trim() : '';
}

function replace(draft, { field, start, end, text }) {
  const path = field.split('.');
  const last = path.pop();
  const holder = path.reduce((inside, name) => inside?.[name], draft);
  const old = holder?.[last];
  if (old?.slice(start, end) === text) holder[last] = `${old.slice(0, start)}[…]${old.slice(end)}`;
}

function offender(one) {
  const person = { identifiers: [] };
  for (const name of PEOPLE) {
    if (!one.knows.has(name)) continue;
    if (name === 'age') {
      person['age-from'] = number(one.values['age-from']);
      person['age-to'] = number(one.values['age-to']);
    } else if (name === 'names') {
      person.names = list(one.values.names ?? '');
    } else if (LISTS.has(name)) {
      person.identifiers.push(...list(one.values[name] ?? '').map((text) => ({ kind: name, value: text })));
    } else {
      person[name] = value(one, name);
    }
  }
  return person;
}

function vehicle(one) {
  const words = VEHICLES.filter((name) => name !== 'occupants').map((name) => [name, value(one, name)]);
  return { ...Object.fromEntries(words), occupants: number(value(one, 'occupants')) };
}

/** @returns {number | null} a number that fits a byte */
export function number(text = '') {
  const trimmed = text.trim();
  return /^\d{1,3}$/.test(trimmed) && Number(trimmed) <= 255 ? Number(trimmed) : null;
}
