// Leaving at once: the last cell goes, nothing stays, and the weather is on the screen.

export class Exit {
  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    this.presses = [];
    // In the capture phase: nothing on the page may keep it from being heard.
    window.addEventListener('keydown', (event) => this.#pressed(event), true);
  }

  /** Sends the last cell, forgets everything, and puts another site in the place of this page. */
  leave() {
    const to = site(this.app);
    try {
      this.forget();
    } catch {
      // A core that broke keeps nobody here.
    }
    window.location.replace(to);
  }

  /** Sends the last cell and forgets everything, and what was on the screen. */
  forget() {
    const { app } = this;
    app.left = true;
    document.body.replaceChildren();
    document.title = '';
    try {
      app.session?.hide();
      app.session?.end();
    } finally {
      app.session = undefined;
      app.draft.erase();
      for (const name of ['reports', 'wanted', 'code', 'area', 'pasted', 'stack', 'current']) app[name] = undefined;
    }
  }

  #pressed(event) {
    if (event.key !== 'Escape') {
      this.presses = [];
      return;
    }
    // Otherwise the browser would take it for the phone's way back.
    event.preventDefault();
    this.presses = [...this.presses, event.timeStamp].slice(-3);
    if (this.presses.length === 3 && event.timeStamp - this.presses[0] < WITHIN_MS) this.leave();
  }
}

/** The site that the scheme chose (SPEC 4.2). Only an https address is gone to. */
function site(app) {
  try {
    const { exit_url: url } = app.session.status();
    if (new URL(url).protocol === 'https:') return url;
  } catch {
    // Before a scheme is known, where it chose none, and whatever else is wrong: away all the same.
  }
  return NEUTRAL;
}

const WITHIN_MS = 3_000;
const NEUTRAL = 'https://www.bbc.co.uk/weather';
