// Does what the core says, and nothing else: fetches what it hands out from this very origin, and wakes it when it wants.
//
//   poll_transmit ─▶ fetch ─▶ handle_reply │ handle_failure        poll_timeout ─▶ setTimeout ─▶ handle_timeout
//   the tab goes ─▶ close ─▶ fetch, keepalive

/**
 * Times are whole: `now` in milliseconds of `performance.now()`, `clock` in seconds since 1970.
 * @typedef {{id: number, method: string, path: string, body: Uint8Array, limit: number, keepalive: boolean}} Transmit
 * @typedef {{poll_transmit(): Transmit | undefined, poll_timeout(): number | undefined,
 *   handle_timeout(now: number, clock: number): void,
 *   handle_reply(id: number, clock: number, status: number, body: Uint8Array): void,
 *   handle_failure(id: number, clock: number): void,
 *   close(clock: number): Transmit | undefined, shown(now: number): void}} Core
 */

export class Transport {
  /**
   * @param {Core} core @param {() => void} changed called whenever the core may know more
   * @param {(error: unknown) => void} broke called when the core threw, which it never should
   */
  constructor(core, changed, broke) {
    Object.assign(this, { core, changed, broke, ended: false });
  }

  /** Sends what is due, and sees to it that the core is woken. */
  run() {
    this.#guard(() => this.#poll());
  }

  /** Sends the last cell of a visit. The page may be gone before it is answered. */
  hide() {
    this.#guard(() => {
      this.open?.abort();
      const last = this.core.close(clock());
      if (last) this.#send(last);
      this.#poll();
    });
  }

  /** Begins a new visit. */
  show() {
    this.#guard(() => {
      this.core.shown(now());
      this.#poll();
    });
  }

  /** Ends for good. What is on its way with `keepalive` arrives all the same. */
  end() {
    this.ended = true;
    this.open?.abort();
    clearTimeout(this.timer);
  }

  #poll() {
    for (let next = this.core.poll_transmit(); next; next = this.core.poll_transmit()) this.#send(next);
    clearTimeout(this.timer);
    const due = this.core.poll_timeout();
    if (due === undefined) return;
    // A longer time would overflow, and fire at once.
    const wait = Math.min(Math.max(due - performance.now(), 0), 2 ** 31 - 1);
    this.timer = setTimeout(() => this.#told(() => this.core.handle_timeout(now(), clock())), wait);
  }

  #told(tell) {
    this.#guard(() => {
      tell();
      this.#poll();
      this.changed();
    });
  }

  #guard(run) {
    if (this.ended) return;
    try {
      run();
    } catch (error) {
      this.end();
      this.broke(error);
    }
  }

  async #send(transmit) {
    const request = read(transmit);
    const abort = new AbortController();
    if (!request.keepalive) this.open = abort;
    const timer = setTimeout(() => abort.abort(), LONGEST_MS);
    const reply = await answer(request, abort.signal);
    clearTimeout(timer);
    const { id } = request;
    this.#told(() => {
      if (reply) this.core.handle_reply(id, clock(), reply.status, reply.body);
      else this.core.handle_failure(id, clock());
    });
  }
}

/** Copies it out of the core's memory, which may move. */
function read(transmit) {
  const { id, method, path, body, limit, keepalive } = transmit;
  transmit.free?.();
  return { id, method, path, body, limit, keepalive };
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

/** On the clock of the core's timeouts. */
export function now() {
  return Math.floor(performance.now());
}

/** What this device takes for the time. */
export function clock() {
  return Math.floor(Date.now() / 1000);
}

// A request that has not ended by then is a network that failed.
const LONGEST_MS = 60_000;
