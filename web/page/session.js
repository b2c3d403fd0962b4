// The core, as the screens use it: JSON is read here, and what goes wrong becomes a `Problem` with a sentence.

import init, { Page } from './brolly_web.js';
import { clock, now, Transport } from './transport.js';

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
    throw new Problem(error instanceof TypeError ? 'loading' : 'no-wasm');
  }
}

/** Says by `change` that more may be known. */
export class Session extends EventTarget {
  /** Opens an invitation. @param {string} link */
  constructor(link) {
    super();
    const changed = () => this.dispatchEvent(new Event('change'));
    this.broken = false;
    this.page = this.#do(() => Page.open(link, window.location.host, now()));
    this.transport = new Transport(this.page, changed, () => {
      this.broken = true;
      changed();
    });
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
    const { page } = this;
    this.page = undefined;
    // What broke cannot be freed; it goes with the page.
    if (!this.broken) page?.free();
  }

  get unsent() {
    return this.broken ? false : this.#do(() => this.page.unsent());
  }

  /** What is known. Once the core broke, that and nothing else. */
  status() {
    if (this.broken) return { problem: { code: 'broken', args: {} } };
    return this.#read(() => this.page.status(clock()));
  }

  /** @param {string} area all of them where it is empty */
  alerts(area) {
    return this.#read(() => this.page.alerts(area, clock()));
  }

  lookup(text) {
    return this.#read(() => this.page.lookup(text, clock()));
  }

  desks(area) {
    return this.#read(() => this.page.desks(area));
  }

  /** Bytes that are left; less than none where it is too long. */
  room(draft) {
    return this.#do(() => this.page.room(JSON.stringify(draft)));
  }

  findings(draft) {
    return this.#read(() => this.page.findings(JSON.stringify(draft)));
  }

  /** What a file says of itself, before anything decodes it. @param {Uint8Array} original */
  inspect(original) {
    return this.#read(() => this.page.inspect(original));
  }

  /** Has a photograph made ready, and keeps it. @param {ImageData} pixels @param {Uint8Array} original */
  photograph(pixels, original, draft) {
    const rgba = new Uint8Array(pixels.data.buffer);
    return this.#read(() => this.page.photograph(rgba, pixels.width, pixels.height, original, JSON.stringify(draft)));
  }

  /** The photograph as it was last made ready: exactly the bytes that would be sent. */
  jpeg() {
    return this.#do(() => this.page.photograph_jpeg());
  }

  dropPhotograph() {
    this.#do(() => this.page.drop_photograph());
  }

  preview(draft) {
    return this.#read(() => this.page.preview(JSON.stringify(draft), clock()));
  }

  submit(draft) {
    const code = this.#read(() => this.page.submit(JSON.stringify(draft), clock()));
    this.transport.run();
    return code;
  }

  check(code) {
    return this.#read(() => this.page.check(code, clock()));
  }

  progress() {
    return this.#read(() => this.page.progress(clock()));
  }

  #read(call) {
    return JSON.parse(this.#do(call));
  }

  #do(call) {
    if (this.broken) throw new Problem('broken');
    try {
      return call();
    } catch (error) {
      if (typeof error === 'string') {
        const { code, args } = JSON.parse(error);
        throw new Problem(code, args);
      }
      // A mistake of ours: what is left of the core is not trusted with anything any more.
      this.broken = true;
      this.transport?.end();
      throw new Problem('broken');
    }
  }
}
