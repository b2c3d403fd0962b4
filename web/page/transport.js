// Does what the core says, and nothing else: fetches what it hands out from this very origin, and wakes it when it wants.
//
//   poll_transmit ─▶ fetch ─▶ handle_reply │ handle_failure        poll_timeout ─▶ setTimeout ─▶ handle_timeout
//   the tab goes ─▶ close ─▶ fetch, keepalive

/**
 * @typedef {{method: string, path: string, body: Uint8Array, limit: number, keepalive: boolean}} Transmit
 * @typedef {{poll_transmit(): Transmit | undefined, poll_timeout(): number | undefined,
 *   handle_timeout(now: number, clock: number): void,
 *   handle_reply(now: number, clock: number, status: number, body: Uint8Array): void,
 *   handle_failure(now: number, clock: number): void,
 *   close(now: number, clock: number): Transmit | undefined, shown(now: number, clock: number): void}} Core
 */

export class Transport {
  /** @param {Core} core @param {() => void} changed called whenever the core may know more */
  constructor(core, changed) {
    this.core = core;
    this.changed = changed;
    this.ended = false;
  }

  /** Sends what is due, and sees to it that the core is woken. */
  run() {
    if (this.ended) return;
    for (let next = this.core.poll_transmit(); next; next = this.core.poll_transmit()) this.#send(next);
    this.#wake();
  }

  /** Sends the last cell of a visit. The page may be gone before it is answered. */
  hide() {
    if (this.ended) return;
    this.open?.abort();
    const last = this.core.close(...times());
    if (last) this.#send({ ...last, keepalive: true });
    this.#wake();
  }

  /** Begins a new visit. */
  show() {
    if (this.ended) return;
    this.core.shown(...times());
    this.run();
  }

  /** Ends for good. What is on its way with `keepalive` arrives all the same. */
  end() {
    this.ended = true;
    this.open?.abort();
    clearTimeout(this.timer);
  }

  #wake() {
    clearTimeout(this.timer);
    const due = this.core.poll_timeout();
    if (due === undefined) return;
    // A longer time would overflow, and fire at once.
    const wait = Math.min(Math.max(due - performance.now(), 0), 2 ** 31 - 1);
    this.timer = setTimeout(() => {
      this.core.handle_timeout(...times());
      this.run();
      this.changed();
    }, wait);
  }

  async #send(transmit) {
    const abort = new AbortController();
    if (!transmit.keepalive) this.open = abort;
    const timer = setTimeout(() => abort.abort(), LONGEST_MS);
    const reply = await answer(transmit, abort.signal);
    clearTimeout(timer);
    if (this.ended) return;
    if (reply) this.core.handle_reply(...times(), reply.status, reply.body);
    else this.core.handle_failure(...times());
    this.run();
    this.changed();
  }
}

async function answer({ method, path, body, limit, keepalive }, signal) {
  try {
    const response = await fetch(path, {
      method,
      body: method === 'GET' ? undefined : body,
      keepalive,
      signal,
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      redirect: 'error',
      mode: 'same-origin',
    });
    return { status: response.status, body: await bounded(response, limit) };
  } catch {
    return undefined;
  }
}

/** Reads no more than `limit` bytes, whatever the other side says it sends. */
async function bounded(response, limit) {
  const parts = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw new Error('longer than it may be');
    }
    parts.push(value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

function times() {
  return [performance.now(), Date.now() / 1000];
}

// A request that has not ended by then is a network that failed.
const LONGEST_MS = 60_000;
