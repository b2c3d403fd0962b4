// The phone's own way back, where the browser hands it to the page: it then goes one screen back instead of away.
// Elsewhere the browser asks before it leaves a page on which something was written.

export class CloseRequests {
  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.app = app;
    app.moved = () => this.watch();
    window.addEventListener('beforeunload', (event) => {
      if (!app.left && (app.draft.begun || app.session?.unsent)) event.preventDefault();
    });
  }

  /** Takes the next request, if there is a screen to go back to. */
  watch() {
    if (!('CloseWatcher' in window) || this.app.isHome || this.watcher) return;
    this.watcher = new window.CloseWatcher();
    this.watcher.onclose = () => {
      this.watcher = undefined;
      this.app.back();
    };
  }
}
