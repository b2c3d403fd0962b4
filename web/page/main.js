// Begins: the invitation out of the address, the words on the screen, then the core.

import { App } from './app.js';
import { CloseRequests } from './back.js';
import { home } from './home.js';
import { take } from './invitation.js';
import { preferred } from './language.js';
import { opening } from './opening.js';
import { load, Session } from './session.js';
import { Exit } from './safety/exit.js';
import { Idle } from './safety/idle.js';
import { Veil } from './safety/veil.js';
import { read, Texts } from './text.js';

const link = take();
const core = load();
// Whoever waits for it below says what went wrong.
core.catch(() => {});

const languages = await words();
const app = new App(new Texts(languages, preferred(navigator.languages, Object.keys(languages))));
const exit = new Exit(app);
const veil = new Veil(app);
new Idle(app, exit, veil);
new CloseRequests(app);

app.open = async (text) => {
  await core;
  app.session?.end();
  app.session = new Session(text);
  app.session.addEventListener('change', () => app.changed());
};
app.frame(() => exit.leave());
document.documentElement.dataset.drawn = '';
if (link === undefined) {
  app.stack.push([opening, []]);
  app.redraw();
  await core.catch((problem) => app.fail(document.getElementById('trouble'), problem));
} else {
  app.stack.push([home, []]);
  app.redraw();
  try {
    await app.open(link);
    app.changed();
  } catch (problem) {
    app.stack.splice(0, 1, [opening, [problem]]);
    app.show();
  }
}

async function words() {
  // As it is preloaded: with anything else said it would be fetched twice.
  const response = await fetch('/texts.json');
  if (!response.ok) throw new Error('the words are missing');
  return read(await response.json());
}
