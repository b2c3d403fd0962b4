// Being warned, looking up, and checking a code: all of it on the device.

import { assert, same, test } from '../harness.mjs';
import { open, plain, press, title } from '../walk.mjs';

test('warnings are shown with their words as text, and the area is chosen on the device', async ({ phone, origin, seen }) => {
  const page = await open(phone, origin, 'markup');
  const before = seen.length;
  await press(page, 'Read warnings');
  same(await page.locator('.warning').count(), 2);
  assert((await page.locator('.warning').first().innerText()).includes('<b>Dave</b>'), 'its words are not as they were written');
  assert((await page.locator('#count').innerText()) === '2 warnings', 'how many');
  await page.locator('#area').fill('ls2');
  same(await page.locator('.warning').count(), 1);
  await page.locator('#area').fill('LS9');
  same(await page.locator('.warning').count(), 0);
  assert((await page.locator('#count').innerText()).includes('does not mean it is safe'), 'that none is not safe');
  same(seen.length, before);
});

test('a number is found on the device, and nothing found is not called safe', async ({ phone, origin, seen }) => {
  const page = await open(phone, origin);
  const before = seen.length;
  await press(page, 'Check a number or name');
  await page.locator('#wanted').fill('07700 900123');
  await page.keyboard.press('Enter');
  await page.getByText('The same number').waitFor();
  same(await page.locator('.warning').count(), 1);
  await page.locator('#wanted').fill('Somebody');
  await press(page, 'Look');
  same(await page.locator('.warning').count(), 0);
  assert((await page.locator('#count').innerText()).includes('does not mean he is safe'), 'not safe');
  await page.locator('#wanted').fill(' ');
  await press(page, 'Look');
  await page.getByText('Type a phone number, a number plate').waitFor();
  same(seen.length, before);
});

test('a code shows where the report stands, who has read it and what was answered', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await press(page, 'See what became of your report');
  await page.locator('#code').fill('winter cabin lemon');
  await press(page, 'Look');
  await page.getByText('This has 3.').waitFor();
  same(await page.locator('#code').inputValue(), 'winter cabin lemon');
  await page.locator('#code').fill('wintr cabin lemon gravity pencil orbit salad trumpet');
  await press(page, 'Look');
  assert(plain(await page.locator('.problem').innerText()).includes('Did you mean “winter”?'), 'a slip is mended');
  await page.locator('#code').fill('winter cabin lemon gravity pencil orbit salad trumpet');
  await press(page, 'Look');
  await page.getByText('Your report arrived, just as you sent it.').waitFor();
  assert((await page.locator('.answer').innerText()).includes('Are you safe?'), 'the answer');
  await page.locator('#code').fill('cabin winter lemon gravity pencil orbit salad trumpet');
  await press(page, 'Look');
  await page.getByText('not in the log yet').waitFor();
});

test('what the page cannot do is said on one screen, with Tor and the program', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await press(page, 'What this page cannot do');
  same(await title(page), 'What this page cannot do');
  const words = await page.locator('main').innerText();
  for (const part of ['how long you stay', 'history', 'the computer that serves it', 'Tor Browser', 'brolly']) assert(words.includes(part), part);
  assert((await page.locator('main').boundingBox()).height < 900, 'it is not short');
});

test('a drill is said aloud, and the number for an emergency is there', async ({ phone, origin }) => {
  const page = await open(phone, origin, 'drill');
  assert((await page.locator('#news').innerText()).includes('only practice'), 'drill');
  assert(plain(await page.locator('#news').innerText()).includes('Ring 999'), '999');
});
