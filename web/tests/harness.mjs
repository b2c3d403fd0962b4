// Tests, one after the other, each in a fresh phone-sized browser that complains to nobody and asks nobody else.

import { chromium, firefox } from 'playwright-core';

const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const SCREEN = { viewport: { width: 360, height: 740 }, locale: 'en-GB', timezoneId: 'Europe/London' };
/** A phone-sized window, as Chromium can have it. */
export const PHONE = { ...SCREEN, deviceScaleFactor: 1, isMobile: true, hasTouch: true };

const tests = [];

/**
 * Says what ought to be so, and how it is seen. `options` are of the browser's context; `strict: false` lets it go elsewhere;
 * `chromium: true` is for what is seen with its debugger alone.
 */
export function test(name, run, options = {}) {
  tests.push({ name, run, options });
}

/** Leaves all tests out that were said so far. */
export function forget() {
  tests.length = 0;
}

/** Runs all tests whose name contains `only`, and gives how many passed and failed. */
export async function runAll(environment, only = '') {
  const { browserName = 'chromium', browserArguments } = environment;
  const browser = browserName === 'firefox' ? await launchFirefox() : await launch(browserArguments);
  const tally = { passed: 0, failed: 0 };
  const here = ({ name, options }) => name.includes(only) && !(options.chromium && browserName === 'firefox');
  const mark = browserName === 'firefox' ? 'Firefox: ' : '';
  const chosen = tests.filter(here);
  for (const one of chosen) {
    const begun = Date.now();
    try {
      await alone(browser, environment, one);
      tally.passed += 1;
      console.log(`ok      ${mark}${one.name} (${Date.now() - begun} ms)`);
    } catch (error) {
      tally.failed += 1;
      console.log(`FAILED  ${mark}${one.name}\n        ${String(error.stack ?? error).replaceAll('\n', '\n        ')}`);
    }
  }
  await browser.close();
  return tally;
}

export function launch(more = []) {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: [...ARGUMENTS, ...more] });
}

function launchFirefox() {
  return firefox.launch({ channel: 'moz-firefox', executablePath: '/usr/bin/firefox-esr' });
}

async function alone(browser, environment, { run, options }) {
  const { strict = true, chromium: _, ...context } = options;
  const size = environment.browserName === 'firefox' ? SCREEN : PHONE;
  const phone = await browser.newContext({ ...size, ...context });
  const complaints = [];
  const requests = [];
  phone.setDefaultTimeout(30_000);
  phone.on('request', (request) => {
    const url = new URL(request.url());
    requests.push({ method: request.method(), path: url.pathname });
    const here = url.origin === new URL(environment.origin).origin || url.protocol === 'blob:';
    if (strict && !here) complaints.push(`asked ${request.url()}`);
  });
  phone.on('weberror', (error) => complaints.push(error.error().stack));
  phone.on('console', (message) => {
    if (/Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text());
  });
  try {
    environment.reset?.();
    await run({ ...environment, server: environment, phone, browser, requests });
    if (strict) await nothingKept(phone, complaints);
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  } finally {
    await phone.close();
  }
}

/** Looks for anything that a page can leave behind. */
async function nothingKept(phone, complaints) {
  if ((await phone.cookies()).length > 0) complaints.push('a cookie');
  for (const page of phone.pages()) {
    const kept = await page.evaluate(async () => ({
      local: localStorage.length,
      session: sessionStorage.length,
      databases: (await indexedDB.databases()).length,
      caches: (await caches.keys()).length,
      workers: (await navigator.serviceWorker.getRegistrations()).length,
    })).catch(() => ({}));
    for (const [where, count] of Object.entries(kept)) if (count > 0) complaints.push(`kept in ${where}`);
  }
}

/** Fails with `words` unless it is so. */
export function assert(so, words) {
  if (!so) throw new Error(words);
}

/** Fails unless both are the same. */
export function same(is, wanted) {
  const [a, b] = [JSON.stringify(is), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`is      ${a}\n should be ${b}`);
}

/** Waits until `what` gives something true. */
export async function until(what, words, most = 30_000) {
  const end = Date.now() + most;
  for (;;) {
    const value = await what();
    if (value) return value;
    if (Date.now() > end) throw new Error(`never: ${words}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}
