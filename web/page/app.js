// What the screens share: words, the core, what she is writing, and which screen is shown.
//
//   home ─ go ─▶ screen ─ go ─▶ screen          back takes the last one off; nothing typed lives in a screen,
//                                                so drawing one again, in another language too, loses nothing

import { button, el, fill } from './dom.js';
import { apply, chooser } from './language.js';
import { alarm } from './problems.js';
import { Draft } from './report/draft.js';
import { Problem } from './session.js';

/**
 * A screen draws itself: its title and what is below. It runs anew whenever it is shown.
 * @typedef {(app: App, ...args: unknown[]) => {title: string, content: unknown[], fixed?: boolean, changed?: () => void,
 *   back?: () => boolean}} Screen `fixed`: there is no way back from it; `back`: whether it went back inside itself
 */

export class App {
  /** @param {import('./text.js').Texts} texts */
  constructor(texts) {
    this.texts = texts;
    /** @type {import('./session.js').Session | undefined} */
    this.session = undefined;
    this.draft = new Draft();
    /** Of reports that were sent in this visit, by the numbers that the core gave them. */
    this.reports = [];
    /** Whether a code is on the screen that she has not said she has. */
    this.unread = false;
    this.area = '';
    this.stack = [];
    this.main = document.getElementById('main');
    this.spoken = document.getElementById('spoken');
  }

  t(id, values) {
    return this.texts.format(id, values);
  }

  /** The core, for what cannot be done without it. */
  get core() {
    if (!this.session) throw new Problem('not-ready');
    return this.session;
  }

  /** Who would be at each desk, as far as is known. @returns {{slot: string, name: string | null}[]} */
  desks() {
    return this.session?.status().ready ? this.session.desks(this.draft.area) : [];
  }

  /** Shows a screen on top of the others. @param {Screen} screen */
  go(screen, ...args) {
    this.stack.push([screen, args]);
    this.show();
  }

  /** Shows a screen in the place of the one that is shown. @param {Screen} screen */
  instead(screen, ...args) {
    this.stack.pop();
    this.go(screen, ...args);
  }

  back() {
    if (this.current?.fixed || this.current?.back?.()) return;
    if (this.stack.length > 1) this.stack.pop();
    this.show();
  }

  get isHome() {
    return this.stack.length <= 1;
  }

  /** Draws what is shown anew, and moves the focus to its title. */
  show() {
    const heading = this.#draw();
    heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    this.moved?.();
  }

  /** Draws it without moving the focus from what is not drawn anew. */
  redraw() {
    this.#draw();
  }

  /** Something may have come. Only what a screen says itself is changed, so that nobody loses her place. */
  changed() {
    this.current?.changed?.();
  }

  /** Has a screen reader say something. */
  say(words) {
    this.spoken.textContent = words;
  }

  /** Does something that may go wrong: the sentence is then put into `place`. Says whether it went well. */
  attempt(place, action, asked = true) {
    fill(place);
    try {
      action();
      return true;
    } catch (problem) {
      this.fail(place, problem, asked);
      return false;
    }
  }

  /** Puts the sentence about a problem into `place`. Whatever is none of ours is a mistake of ours. */
  fail(place, problem, asked = true) {
    fill(place, alarm(this.texts, problem instanceof Problem ? problem : new Problem('broken')));
    // What she did not ask for moves nothing.
    if (asked) place.scrollIntoView({ block: 'nearest' });
  }

  /** The header, in the language that is chosen. @param {() => void} leave */
  frame(leave) {
    this.leave = leave;
    const { texts } = this;
    apply(texts);
    const choose = (language) => {
      texts.choose(language);
      this.frame(leave);
      this.redraw();
      document.getElementById('language').focus();
    };
    fill(
      document.getElementById('bar'),
      chooser(texts, choose),
      button(this.t('exit'), leave, { id: 'exit', title: this.t('exit-hint') }),
    );
    fill(document.getElementById('note'), texts.unreviewed && el('p', { class: 'unreviewed' }, this.t('unreviewed')));
    fill(document.getElementById('foot'), el('p', {}, this.t('exit-hint')));
  }

  #draw() {
    const [screen, args] = this.stack.at(-1);
    const drawn = screen(this, ...args);
    this.current = drawn;
    const heading = el('h1', { tabindex: '-1', id: 'title' }, drawn.title);
    const way = !this.isHome && !drawn.fixed && el('nav', { class: 'way', 'aria-label': this.t('back') },
      button(this.t('back'), () => this.back(), { class: 'back' }));
    fill(this.main, way, heading, drawn.content);
    drawn.changed?.();
    return heading;
  }
}
