// What somebody sees who takes the phone out of her hand, now or later.

import { assert, same, test, until } from '../harness.mjs';
import { begin, open, press, title, upTo } from '../walk.mjs';

test('the invitation is out of the address at once, and nothing else of the address changes', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  same(page.url(), `${origin}/`);
  const length = await page.evaluate(() => window.history.length);
  await begin(page);
  await upTo(page, 'On which day?', { 'What happened?': 'x' });
  same(page.url(), `${origin}/`);
  same(await page.evaluate(() => window.history.length), length);
});

test('title and icon say nothing', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  same(await page.title(), 'Notes');
  // In the page itself: a browser fetches an icon of its own when it likes.
  const icon = await page.locator('link[rel=icon]').getAttribute('href');
  assert(icon.startsWith('data:image/svg+xml,') && !/<(text|title)/.test(decodeURIComponent(icon)), icon);
  await begin(page);
  same(await page.title(), 'Notes');
});

for (const [how, leave] of [
  ['its button', (page) => page.locator('#exit').click()],
  ['Escape three times', async (page) => { for (let n = 0; n < 3; n += 1) await page.keyboard.press('Escape'); }],
]) {
  test(`by ${how} the last cell goes, the memory is cleared and the weather is there`, async ({ phone, origin, seen }) => {
    await weather(phone);
    const page = await open(phone, origin);
    await begin(page);
    await page.locator('#field').fill('a secret');
    await page.locator('#field').focus();
    const length = await page.evaluate(() => window.history.length);
    const before = seen.filter(({ path }) => path === '/v1/cells').length;
    await leave(page);
    await page.waitForURL(WEATHER);
    same(await page.evaluate(() => window.history.length), length);
    await until(() => seen.filter(({ path }) => path === '/v1/cells').length === before + 1, 'the last cell');
    await page.goBack().catch(() => {});
    assert(!(await page.content()).includes('a secret'), 'it came back');
  }, { strict: false });
}

test('Escape twice, or with something typed between, leaves nothing', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  for (const key of ['Escape', 'Escape', 'a', 'Escape', 'Escape']) await page.locator('#field').press(key);
  same(await page.locator('#field').inputValue(), 'a');
  same(await title(page), 'What happened?');
});

test('the button to leave is in reach on every screen, however far down', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await press(page, 'Read warnings');
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  const box = await page.locator('#exit').boundingBox();
  assert(box.y >= 0 && box.y + box.height < 120 && box.height >= 44, JSON.stringify(box));
});

test('leaving clears what the core holds, and goes away however the core is', async ({ phone, origin }) => {
  await weather(phone);
  const page = await open(phone, origin);
  await page.evaluate(() => {
    const { free } = window.fake;
    window.fake.constructor.prototype.free = function freed() {
      free.call(this);
      window.history.replaceState(null, '', '/freed');
      throw new Error('and then it broke');
    };
  });
  const gone = page.waitForURL(WEATHER);
  const freed = page.waitForURL(`${origin}/freed`);
  await page.locator('#exit').click({ noWaitAfter: true });
  await Promise.all([freed, gone]);
}, { strict: false });

test('after ten idle minutes the page clears itself, with a warning that can be answered', async ({ phone, origin }) => {
  const page = await phone.newPage();
  await page.clock.install();
  await page.goto(`${origin}/#good`);
  await page.getByText(/What would you like/).waitFor();
  await page.clock.runFor(2_000);
  await page.clock.runFor(9.5 * 60_000);
  await page.getByText('will clear itself in one minute').waitFor();
  await press(page, 'Do not clear it');
  await page.clock.runFor(8 * 60_000);
  same(await title(page), 'What would you like to do?');
  await page.clock.runFor(3 * 60_000);
  await page.getByText('This page was cleared.').waitFor();
  same(await page.locator('button').count(), 0);
  assert(await page.evaluate(() => window.freed), 'the core was not freed');
});

test('while something is unsent it is covered instead, and nothing is lost', async ({ phone, origin }) => {
  const page = await phone.newPage();
  await page.clock.install();
  await page.goto(`${origin}/#good`);
  await page.getByText(/What would you like/).waitFor();
  await begin(page);
  await page.locator('#field').fill('not sent yet');
  await page.clock.runFor(30 * 60_000);
  await page.getByText('The page is covered. Nothing is lost.').waitFor();
  assert(await page.locator('#exit').isVisible(), 'the way out');
  await press(page, 'Show it again');
  same(await page.locator('#field').inputValue(), 'not sent yet');
});

test('a hidden tab is blurred, ends the visit with one last cell, and begins another when it is seen', async ({ phone, origin, seen }) => {
  const page = await open(phone, origin);
  await sessionOver(page);
  await visible(page, 'hidden');
  assert((await page.locator('main').evaluate((main) => getComputedStyle(main).filter)).includes('blur'), 'blurred');
  await until(() => seen.filter(({ path }) => path === '/v1/cells').length === 2, 'the last cell');
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide')));
  await visible(page, 'visible');
  same(await page.locator('main').evaluate((main) => getComputedStyle(main).filter), 'none');
  await until(() => seen.filter(({ path }) => path === '/v1/directory').length === 2, 'the next visit');
  same(seen.filter(({ path }) => path === '/v1/cells').length <= 3, true);
});

test('closing the tab sends the last cell', async ({ phone, origin, seen }) => {
  const page = await open(phone, origin);
  await sessionOver(page);
  await page.close();
  await until(() => seen.filter(({ path }) => path === '/v1/cells').length === 2, 'the last cell');
});

test('no field lets the browser remember, correct or look up what is typed', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  const look = async () => {
    for (const field of await page.locator('input:not([type=radio], [type=checkbox], [type=file]), textarea').all()) {
      same([await field.getAttribute('autocomplete'), await field.getAttribute('spellcheck')], ['off', 'false']);
    }
  };
  for (const button of ['Read warnings', 'Check a number or name', 'See what became of your report']) {
    await press(page, button);
    await look();
    await press(page, 'Back');
  }
  await begin(page);
  await look();
  await upTo(page, 'What could tell', { 'What happened?': 'x' });
  await look();
});

/** Waits for the answer to a session's cell: with that one outstanding, two cells would be more than a page may leave behind. */
function sessionOver(page) {
  const answers = () => window.fake.calls.filter(([what]) => what === 'reply').length;
  return until(async () => (await page.evaluate(answers)) === 6, 'the answer to the cell of the session');
}

/** The site that the stand-in's scheme chose. */
function weather(phone) {
  return phone.route(WEATHER, (route) => route.fulfill({ contentType: 'text/html', body: '<title>Weather</title><p>Rain later.' }));
}

const WEATHER = 'https://weather.example/';

/** As when she goes to another tab, and comes back. */
function visible(page, state) {
  return page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}
