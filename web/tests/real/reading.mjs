// Being warned and looking up, with what a desk published.

import { assert, same, test } from '../harness.mjs';
import { press } from '../walk.mjs';
import { texts } from '../fake/texts.mjs';
import { LONG } from './scheme.mjs';
import { enter, revisiting } from './visit.mjs';

const PHONE = '07700 900461';
const ALERT = `area = "LS2"
status = "actual"
urgency = "expected"
severity = "severe"
certainty = "observed"
expires-in-days = 90
text = "Tall, shaved head. Warning canary JULIET-7710 <b>bold</b>."

[[identifiers]]
kind = "phone"
value = "${PHONE}"
`;

test('a warning is there, for its area alone, and a number is found in it on the device', async ({ phone, scheme, requests }) => {
  await scheme.say('scheme', ALERT, (file) => ['alert', 'publish', '--from', file]);
  const page = await enter(phone, scheme);
  await press(page, 'Read warnings');
  const warning = page.locator('.warning', { hasText: 'JULIET-7710' });
  await revisiting(page, async () => (await warning.count()) === 1, 'the warning', LONG);
  assert((await warning.innerText()).includes('<b>bold</b>'), 'its words are not as they were written');

  const before = requests.length;
  await page.locator('#area').fill('ls2 ');
  same(await warning.count(), 1);
  await page.locator('#area').fill('LS9');
  same(await warning.count(), 0);
  await press(page, 'Back');
  await press(page, 'Check a number or name');
  for (const [typed, found] of [['+44 7700 900461', 1], ['07700 900 461', 1], ['07700 900999', 0]]) {
    await page.locator('#wanted').fill(typed);
    await press(page, 'Look');
    await page.locator('#count').filter({ hasText: found ? '1 warning fits.' : 'Nothing was found' }).waitFor();
    same(await page.locator('.match').count(), found);
  }
  const caused = requests.slice(before).filter(({ path }) => !path.startsWith('/v1/'));
  same(caused, []);
});

test('every language renders in the bundle, and none is asked for', async ({ phone, scheme, requests }) => {
  const page = await enter(phone, scheme);
  const before = requests.filter(({ path }) => !path.startsWith('/v1/')).length;
  for (const [tag, { messages }] of Object.entries(await texts())) {
    await page.locator('#language').selectOption(tag);
    same(await page.locator('h1').textContent(), messages['home-title']);
    same(await page.locator('html').getAttribute('dir'), tag === 'ar' ? 'rtl' : 'ltr');
    same(await page.locator('.unreviewed').count(), tag === 'en' ? 0 : 1);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(wide <= 360, `${tag} is ${wide} wide`);
  }
  same(requests.filter(({ path }) => !path.startsWith('/v1/')).length, before);
});
