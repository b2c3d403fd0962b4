// A whole scheme on this machine, as `cargo demo -- --serve` starts it, and its desks.

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { until } from '../harness.mjs';

const ROOT = new URL('../../../', import.meta.url);
const run = promisify(execFile);

/**
 * @typedef {{page: string, spki: string, invitation: string, desks: Record<string, string>, programs: Record<string, string>, folder: string}} Served
 */

/** What `demo --serve --json` prints: of one that runs, in the file that BROLLY_SCHEME names, or of one that is started. */
export async function start() {
  const file = process.env.BROLLY_SCHEME;
  const [served, stop] = file ? [JSON.parse(await readFile(file, 'utf8')), async () => {}] : await demo();
  if (!served.page) throw new Error('the scheme has no page: its message above says why');
  return new Scheme(served, stop);
}

async function demo() {
  const command = (process.env.BROLLY_DEMO ?? 'cargo demo --').split(' ');
  const child = spawn(command[0], [...command.slice(1), '--serve', '--json'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => child.once('exit', done));
  const first = new Promise((done) => createInterface({ input: child.stdout }).once('line', done));
  // Whoever stops the tests stops what they started.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => child.kill('SIGTERM') && ended.then(() => process.exit(130)));
  const line = await Promise.race([first, ended.then(() => undefined)]);
  if (line === undefined) throw new Error(`${command.join(' ')} ended before it served anything`);
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return [JSON.parse(line), stop];
}

export class Scheme {
  /** @param {Served} served @param {() => Promise<void>} stop */
  constructor(served, stop) {
    Object.assign(this, served, { stop });
    this.origin = new URL(served.page).origin;
  }

  /** How Chromium is told to believe the page's certificate. */
  get browser() {
    return [`--ignore-certificate-errors-spki-list=${this.spki}`];
  }

  /** Runs the program of a desk, and reads what it prints. @param {string} name @param {string[]} words */
  async desk(name, ...words) {
    const { stdout } = await run(this.programs['brolly-desk'], ['--config', this.desks[name], ...words], { maxBuffer: 64 << 20 });
    return JSON.parse(stdout);
  }

  /** All reports that a desk has, once it has fetched what there is. */
  async cases(name) {
    await this.desk(name, 'sync', '--json');
    return this.desk(name, 'export', '--json');
  }

  /** The report with `mark` in it, once it has come to a desk. */
  async arrived(name, mark) {
    const found = async () => (await this.cases(name)).find((one) => JSON.stringify(one).includes(mark));
    return until(found, `“${mark}” at the desk ${name}`, LONG);
  }

  /** Runs a desk's command with a text in a file of its own: `say('scheme', text, (file) => ['reply', id, '--text-file', file])`. */
  async say(name, text, words) {
    const folder = await mkdtemp(join(tmpdir(), 'brolly-said-'));
    try {
      const file = join(folder, 'said');
      await writeFile(file, text);
      return await this.desk(name, ...words(file), '--yes', '--json');
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** Runs `brolly`, with a text on its standard input. @returns {Promise<{code: number, out: string, err: string}>} */
  brolly(home, words, input = '') {
    return new Promise((done) => {
      const child = execFile(this.programs.brolly, ['--home', home, ...words], (error, out, err) => done({ code: error?.code ?? 0, out, err }));
      child.stdin.end(input);
    });
  }
}

/** As long as a report may take through three pools with little in them. */
export const LONG = 240_000;
