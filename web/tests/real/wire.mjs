// What somebody sees who watches her line: thirty visits in which she reports, and thirty in which she reads.

import { assert, PHONE, same, test, until } from '../harness.mjs';
import { begin, press, upTo } from '../walk.mjs';
import { visibility } from './visit.mjs';

const PAIRS = Number(process.env.BROLLY_PAIRS ?? 30);
const SECONDS = 45;
const AT_ONCE = 3;

test(`${PAIRS} visits with a report and ${PAIRS} with none look the same`, async ({ browser, scheme }) => {
  const pairs = [...Array(PAIRS).keys()];
  const different = [];
  const kinds = new Set();
  const work = async () => {
    for (let pair = pairs.shift(); pair !== undefined; pair = pairs.shift()) {
      // The same draws: whatever differs then comes from what she does.
      const [telling, reading] = [await visit(browser, scheme, pair, tell), await visit(browser, scheme, pair, read)];
      if (JSON.stringify(telling) !== JSON.stringify(reading)) different.push({ pair, telling, reading });
      assert(telling.filter(([, path]) => path === '/v1/cells').length > 1, `pair ${pair} sent no cells`);
      kinds.add(telling.length);
    }
  };
  await Promise.all([...Array(AT_ONCE)].map(work));
  same(different, []);
  assert(PAIRS < 10 || kinds.size > 1, 'all visits were alike: nothing was drawn');
});

/** A visit of so many seconds of the page's own time. What it asked for, in order: method, path, length of what went and came. */
async function visit(browser, scheme, seed, does) {
  const phone = await browser.newContext(PHONE);
  const asked = [];
  let open = 0;
  phone.on('request', (request) => {
    open += 1;
    asked.push(request);
  });
  phone.on('requestfinished', () => { open -= 1; });
  phone.on('requestfailed', () => { open -= 1; });
  try {
    const page = await phone.newPage();
    await page.addInitScript(draws, seed);
    const begun = Date.now();
    await page.clock.install({ time: begun });
    await page.clock.pauseAt(begun + 1_000);
    const [, fragment] = scheme.invitation.split('#');
    await page.goto(`${scheme.page}#${fragment}`);
    await page.getByRole('heading', { name: 'What would you like to do?' }).waitFor();
    const idle = () => until(async () => open === 0, 'an answer');
    for (let second = 0; second < SECONDS; second += 1) {
      await page.clock.runFor(1_000);
      await idle();
      await does(page, second);
    }
    await visibility(page, 'hidden');
    await until(() => cells(asked) > 1, 'the last cell');
    await idle();
    return await Promise.all(asked.map(seen));
  } finally {
    await phone.close();
  }
}

async function seen(request) {
  const { requestBodySize, requestHeadersSize, responseBodySize } = await request.sizes();
  const response = await request.response();
  const { pathname } = new URL(request.url());
  // The logs and the warnings grow meanwhile, for all alike.
  const grows = pathname.startsWith('/v1/') && request.method() === 'GET';
  const length = grows ? 0 : responseBodySize;
  return [request.method(), pathname, requestBodySize, requestHeadersSize, response.status(), length];
}

function cells(asked) {
  return asked.filter((request) => new URL(request.url()).pathname === '/v1/cells').length;
}

/** She writes and sends a report while the page goes on. */
async function tell(page, second) {
  if (second === 3) {
    await begin(page);
    await page.locator('#field').fill('A report among others. Narrative canary KILO-5519');
  } else if (second === 5) {
    await upTo(page, 'Look it over', { 'May the police desk': ['Yes'] });
  } else if (second === 6) {
    await press(page, 'Send it now');
    const code = page.getByRole('heading', { name: 'Your code' });
    // The page paints before it derives the code, by timers that stand still here.
    for (let waits = 0; waits < 50 && !(await code.isVisible()); waits += 1) await page.clock.runFor(5);
    await code.waitFor();
  }
}

/** She looks something up, and checks a code. */
async function read(page, second) {
  if (second === 3) {
    await press(page, 'Check a number or name');
    await page.locator('#wanted').fill('07700 900123');
    await press(page, 'Look');
    await press(page, 'Back');
  }
}

/** Random numbers of which the first draws of two visits are the same. Runs in the page. */
function draws(seed) {
  let state = (seed + 1) * 0x9e3779b9;
  crypto.getRandomValues = (bytes) => {
    const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < view.length; at += 1) {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
      view[at] = state >>> 24;
    }
    return bytes;
  };
}
