// Covers what is on the screen: while the tab is hidden, so that a list of open tabs shows nothing of it, and when asked.
// That is also when a visit ends and begins.

import { button, el } from '../dom.js';

export class Veil {
  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#hidden();
      else this.#seen();
    });
    window.addEventListener('pagehide', () => this.#hidden());
    window.addEventListener('pageshow', (event) => {
      if (event.persisted) this.#seen();
    });
  }

  /** Covers the page until she takes the cover off. */
  cover() {
    if (this.covered) return;
    const { app } = this;
    const open = button(app.t('veiled-open'), () => this.#uncover(), { class: 'main' });
    this.covered = el('div', { class: 'cover', role: 'dialog', 'aria-modal': 'true', 'aria-label': app.t('page-title') },
      el('p', {}, app.t('veiled')), open);
    for (const part of PARTS) document.getElementById(part).inert = true;
    document.documentElement.classList.add('veiled');
    document.body.append(this.covered);
    open.focus();
  }

  #uncover() {
    this.covered.remove();
    this.covered = undefined;
    for (const part of PARTS) document.getElementById(part).inert = false;
    document.documentElement.classList.remove('veiled');
    document.getElementById('title')?.focus();
  }

  #hidden() {
    document.documentElement.classList.add('veiled');
    this.app.session?.hide();
  }

  #seen() {
    if (!this.covered) document.documentElement.classList.remove('veiled');
    this.app.session?.show();
  }
}

// All but the bar with the way out.
const PARTS = ['note', 'main', 'foot'];
