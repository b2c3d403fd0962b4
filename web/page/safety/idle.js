// A phone that was put down: after ten minutes the page clears itself, or is covered while something of hers would be lost.

import { button, el } from '../dom.js';

export class Idle {
  /** @param {import('../app.js').App} app @param {import('./exit.js').Exit} exit @param {import('./veil.js').Veil} veil */
  constructor(app, exit, veil) {
    Object.assign(this, { app, exit, veil, touched: Date.now() });
    for (const name of ['pointerdown', 'keydown', 'input', 'scroll', 'touchstart']) {
      window.addEventListener(name, (event) => this.#touched(event), { capture: true, passive: true });
    }
    this.timer = setInterval(() => this.#look(), EVERY_MS);
    document.addEventListener('visibilitychange', () => this.#look());
  }

  #touched({ target }) {
    // The warning is answered by its button: it must not be gone before that is let go.
    if (!this.warning?.contains(target)) this.#touch();
  }

  #touch() {
    this.touched = Date.now();
    this.warning?.remove();
    this.warning = undefined;
  }

  #look() {
    if (this.app.left) return;
    const idle = Date.now() - this.touched;
    const kept = this.app.session?.unsent || this.app.draft.begun || this.app.unread;
    if (idle >= CLEAR_MS) {
      if (kept) this.veil.cover();
      else this.#clear();
    } else if (idle >= WARN_MS && !kept) {
      this.#warn();
    }
  }

  #warn() {
    if (this.warning) return;
    const { app } = this;
    this.warning = el('div', { class: 'warn', role: 'alert' },
      el('p', {}, app.t('idle-warning')),
      button(app.t('idle-stay'), () => this.#touch(), { class: 'main' }));
    document.body.append(this.warning);
  }

  #clear() {
    const { app } = this;
    clearInterval(this.timer);
    const words = [app.t('cleared'), app.t('reopen')];
    this.exit.forget();
    document.body.replaceChildren(el('main', {}, words.map((line) => el('p', {}, line))));
    document.title = app.t('page-title');
  }
}

const EVERY_MS = 5_000;
const WARN_MS = 9 * 60_000;
const CLEAR_MS = 10 * 60_000;
