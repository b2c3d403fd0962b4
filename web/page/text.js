// What Fluent messages become: `build-page` compiles l10n/*.ftl to patterns, and here they get their values.

/**
 * A pattern is a string, or parts: a string, `{v: name}` for a value, or `{s: name, c: {category: pattern}, d: category}`
 * for a choice by a value.
 * @typedef {string | Array<string | {v: string} | {s: string, c: Record<string, Pattern>, d: string}>} Pattern
 * @typedef {Record<string, {unreviewed: boolean, messages: Record<string, Pattern>}>} Languages
 */

/**
 * All languages from one file, which names each message once for all of them. A stand-in for tests names them in each.
 * @param {Languages | {ids: string[], languages: Record<string, {unreviewed: boolean, messages: Pattern[]}>}} file
 * @returns {Languages}
 */
export function read(file) {
  if (!('ids' in file)) return file;
  const { ids, languages } = file;
  const named = (messages) => Object.fromEntries(ids.map((id, place) => [id, messages[place]]));
  return Object.fromEntries(Object.entries(languages).map(([tag, { unreviewed, messages }]) => (
    [tag, { unreviewed, messages: named(messages) }])));
}

export class Texts {
  /** @param {Languages} languages @param {string} language one of them */
  constructor(languages, language) {
    this.languages = languages;
    this.choose(language);
  }

  /** @param {string} language one of `languages` */
  choose(language) {
    this.language = language;
    // Days and numbers as they are written where most read it.
    const place = PLACES[language] ?? language;
    this.numbers = new Intl.NumberFormat(place);
    this.plurals = new Intl.PluralRules(language);
    this.days = new Intl.DateTimeFormat(place, { dateStyle: 'long', timeZone: 'UTC' });
    this.moments = new Intl.DateTimeFormat(place, { dateStyle: 'medium', timeStyle: 'short' });
  }

  get unreviewed() {
    return this.languages[this.language].unreviewed;
  }

  /**
   * The words of a message; English where a language lacks it.
   * @param {string} id @param {Record<string, string | number>} [values]
   */
  format(id, values = {}) {
    const pattern = this.languages[this.language].messages[id] ?? this.languages.en.messages[id];
    return pattern === undefined ? id : this.#resolve(pattern, values);
  }

  has(id) {
    return id in this.languages.en.messages;
  }

  /** A day, from seconds since 1970 at its beginning. */
  day(seconds) {
    return this.days.format(seconds * 1000);
  }

  /** A moment on this device's clock, from seconds since 1970. */
  moment(seconds) {
    return this.moments.format(seconds * 1000);
  }

  /** Words one after the other, as the language has it. */
  list(words) {
    return new Intl.ListFormat(this.language, { type: 'conjunction' }).format(words);
  }

  #resolve(pattern, values) {
    if (typeof pattern === 'string') return pattern;
    return pattern.map((part) => this.#part(part, values)).join('');
  }

  #part(part, values) {
    if (typeof part === 'string') return part;
    if ('v' in part) return this.#shown(values[part.v]);
    const value = values[part.s];
    const category = typeof value === 'number' && !(value in part.c) ? this.plurals.select(value) : String(value);
    return this.#resolve(part.c[category] ?? part.c[part.d], values);
  }

  #shown(value) {
    if (typeof value === 'number') return this.numbers.format(value);
    // Isolated, so that a name written from right to left does not turn the sentence around it.
    return `\u2068${value ?? ''}\u2069`;
  }
}

const PLACES = { en: 'en-GB', pt: 'pt-PT', es: 'es-ES' };
