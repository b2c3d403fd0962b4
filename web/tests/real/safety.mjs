// Leaving, and what is left: with the real core.

import { assert, same, test, until } from '../harness.mjs';
import { begin, press, title } from '../walk.mjs';
import { enter, ready } from './visit.mjs';

test('quick exit sends the last cell, and the site that the scheme chose is in the place of the page', async ({ phone, scheme, requests }) => {
  await phone.route((url) => url.origin !== scheme.origin, (route) => route.fulfill({ contentType: 'text/html', body: '<title>Weather</title>' }));
  const page = await enter(phone, scheme);
  await begin(page);
  await page.locator('#field').fill('a secret');
  const before = cells(requests);
  await page.locator('#exit').click({ noWaitAfter: true });
  await page.waitForURL(WEATHER);
  await until(() => cells(requests) === before + 1, 'the last cell');
  await page.goBack().catch(() => {});
  assert(!(await page.content()).includes('a secret'), 'it came back');
}, { strict: false });

test('a link that is damaged, or for other relays, gets a sentence and asks for nothing', async ({ phone, scheme, requests }) => {
  const [, fragment] = scheme.invitation.split('#');
  for (const [link, words] of [[fragment.slice(0, -9), 'Part of the link is missing'], ['x'.repeat(40), 'link']]) {
    const page = await phone.newPage();
    await page.goto(`${scheme.page}#${link}`);
    await page.getByRole('heading', { name: 'Open your link' }).waitFor();
    await page.locator('.problem').filter({ hasText: words }).waitFor();
    same(page.url(), scheme.page);
    await page.close();
  }
  same(requests.filter(({ path }) => path.startsWith('/v1/')).length, 0);
});

test('a pasted link opens the page', async ({ phone, scheme }) => {
  const page = await phone.newPage();
  await page.goto(scheme.page);
  await page.locator('#link').fill(scheme.invitation);
  await press(page, 'Open it');
  await ready(page);
});

test('a clock a day off is said, and the warnings are there all the same or a sentence says why not', async ({ phone, scheme }) => {
  for (const days of [-1, 1]) {
    const page = await phone.newPage();
    await page.addInitScript((off) => {
      const { now } = Date;
      Date.now = () => now() + off * 86_400_000;
    }, days);
    const [, fragment] = scheme.invitation.split('#');
    await page.goto(`${scheme.page}#${fragment}`);
    await page.locator('#news').getByText(/The clock of your phone is wrong|is the date/).waitFor();
    await begin(page);
    await page.locator('#field').fill('kept');
    await press(page, 'Next');
    await press(page, 'Back');
    same(await page.locator('#field').inputValue(), 'kept');
    await page.close({ runBeforeUnload: false });
  }
});

test('a network that drops in the middle of a report loses nothing', async ({ phone, scheme }) => {
  const page = await enter(phone, scheme);
  await begin(page);
  await page.locator('#field').fill('kept through a tunnel');
  await phone.setOffline(true);
  await page.evaluate(() => {
    for (const state of ['hidden', 'visible']) {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }
  });
  await press(page, 'Back');
  await page.locator('#news').getByText('cannot reach its computer').waitFor();
  await phone.setOffline(false);
  await press(page, 'Go on with what you were writing');
  same(await title(page), 'What happened?');
  same(await page.locator('#field').inputValue(), 'kept through a tunnel');
});

function cells(requests) {
  return requests.filter(({ path }) => path === '/v1/cells').length;
}

/** As the plan of a demonstration has it. */
const WEATHER = 'https://weather.example/leeds';
