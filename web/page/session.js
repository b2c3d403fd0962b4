// The core, as the screens use it: JSON is read here, and what goes wrong becomes a `Problem` with a sentence.

import init, { Page } from './brolly_web.js';
import { Transport } from './transport.js';

/** Something that went wrong, by the id of its sentence. */
export class Problem extends Error {
  /** @param {string} code @param {Record<string, string | number>} [args] */
  constructor(code, args = {}) {
    super(code);
    this.code = code;
    this.args = args;
  }
}

/** Fetches and compiles the core. It is the same for every visit, and can begin before there is an invitation. */
export async function load() {
  if (typeof WebAssembly !== 'object') throw new Problem('no-wasm');
  try {
    await init({ module_or_path: new URL('./brolly_web_bg.wasm', import.meta.url) });
  } catch (error) {
    throw new Problem(error instanceof TypeError ? 'network' : 'no-wasm');
  }
}

export class Session extends EventTarget {
  /** Opens an invitation. @param {string} link */
  constructor(link) {
    super();
    this.page = problem(() => Page.open(link, window.location.host, performance.now()));
    this.transport = new Transport(this.page, () => this.dispatchEvent(new Event('change')));
    this.transport.run();
  }

  hide() {
    this.transport.hide();
  }

  show() {
    this.transport.show();
  }

  /** Ends, and has the core erase what it holds. */
  end() {
    this.transport.end();
    this.page?.free();
    this.page = undefined;
  }

  get unsent() {
    return this.page?.unsent() ?? false;
  }

  status() {
    return read(() => this.page.status(clock()));
  }

  /** @param {string} area all of them where it is empty */
  alerts(area) {
    return read(() => this.page.alerts(area, clock()));
  }

  lookup(text) {
    return read(() => this.page.lookup(text, clock()));
  }

  desks(area) {
    return read(() => this.page.desks(area));
  }

  /** Bytes that are left; less than none where it is too long. */
  room(draft) {
    return problem(() => this.page.room(JSON.stringify(draft)));
  }

  findings(draft) {
    return read(() => this.page.findings(JSON.stringify(draft)));
  }

  /** What a file says of itself, before anything decodes it. @param {Uint8Array} original */
  inspect(original) {
    return read(() => this.page.inspect(original));
  }

  /** Has a photograph made ready, and keeps it. @param {ImageData} pixels @param {Uint8Array} original */
  photograph(pixels, original, draft) {
    const rgba = new Uint8Array(pixels.data.buffer);
    return read(() => this.page.photograph(rgba, pixels.width, pixels.height, original, JSON.stringify(draft)));
  }

  /** The photograph as it was last made ready: exactly the bytes that would be sent. */
  jpeg() {
    return problem(() => this.page.photograph_jpeg());
  }

  dropPhotograph() {
    problem(() => this.page.drop_photograph());
  }

  preview(draft) {
    return read(() => this.page.preview(JSON.stringify(draft), clock()));
  }

  submit(draft) {
    const code = read(() => this.page.submit(JSON.stringify(draft), clock()));
    this.transport.run();
    return code;
  }

  check(code) {
    return read(() => this.page.check(code, clock()));
  }

  progress() {
    return read(() => this.page.progress(clock()));
  }
}

function read(call) {
  return JSON.parse(problem(call));
}

function problem(call) {
  try {
    return call();
  } catch (error) {
    // Anything but a string is a mistake of ours.
    if (typeof error !== 'string') throw new Problem('broken');
    const { code, args } = JSON.parse(error);
    throw new Problem(code, args);
  }
}

function clock() {
  return Date.now() / 1000;
}
