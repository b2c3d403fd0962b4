// Wrong input, and what is wrong around her: each a sentence, nothing lost, nothing sent that was not meant.

import { assert, same, test, until } from '../harness.mjs';
import { begin, open, plain, press, title, upTo } from '../walk.mjs';

for (const [fragment, words] of [
  ['damaged', 'Part of the link is missing or changed.'],
  ['version', 'This link is for a newer page.'],
  ['elsewhere', 'This link belongs to another address: other.example:443.'],
]) {
  test(`a link that is ${fragment} gets a sentence and a place to paste another`, async ({ phone, origin, seen }) => {
    const page = await phone.newPage();
    await page.goto(`${origin}/#${fragment}`);
    await page.locator('.problem').waitFor();
    assert(plain(await page.locator('.problem').innerText()).includes(words), await page.locator('.problem').innerText());
    same(seen.filter(({ path }) => path.startsWith('/v1/')).length, 0);
    await page.locator('#link').fill(`${origin}/#good`);
    await press(page, 'Open it');
    await page.getByText(/Warnings as of/).waitFor();
  });
}

test('without a link there is a place to paste it, and what is no link gets a sentence', async ({ phone, origin }) => {
  const page = await phone.newPage();
  await page.goto(origin);
  await page.getByRole('heading', { name: 'Open your link' }).waitFor();
  await page.locator('#link').fill('hello');
  await press(page, 'Open it');
  await page.getByText('This is not a whole link.').waitFor();
  same(await page.locator('#link').inputValue(), 'hello');
});

for (const [code, words] of [
  ['invitation-revoked', 'Your link is no longer good.'],
  ['clock-wrong', 'The clock of your phone is wrong.'],
  ['clock-off', 'The clock of your phone is wrong.'],
  ['log-forked', 'shows different people different things'],
  ['quota', 'Too much was sent with your project’s link'],
]) {
  test(`${code} is said, and what was typed stays`, async ({ phone, origin }) => {
    const page = await open(phone, origin, code, false);
    await page.locator('#news').getByText(words).waitFor();
    await begin(page);
    await page.locator('#field').fill('kept');
    await press(page, 'Next');
    await press(page, 'Back');
    same(await page.locator('#field').inputValue(), 'kept');
  });
}

test('a relay that is away and comes back is said while she goes on writing', async ({ phone, origin, server }) => {
  server.status = 503;
  const page = await open(phone, origin, 'good', false);
  await page.locator('#news').getByText('has no room just now').waitFor();
  await begin(page);
  await upTo(page, 'May other workers', { 'What happened?': 'kept' });
  await press(page, 'Next');
  await page.getByText('does not have what it needs yet').waitFor();
  server.status = 200;
  await again(page);
  await until(() => page.evaluate(() => window.fake.ready), 'ready');
  await upTo(page, 'Look it over');
  assert(plain(await page.locator('dd').first().innerText()).includes('kept'), 'what was typed');
});

test('a network that drops is said, and nothing is lost', async ({ phone, origin }) => {
  await phone.route('**/v1/window', (route) => route.abort());
  const page = await open(phone, origin, 'good', false);
  await page.locator('#news').getByText('cannot reach its computer').waitFor();
  await begin(page);
  await page.locator('#field').fill('kept');
  await phone.unroute('**/v1/window');
  await again(page);
  await until(() => page.evaluate(() => window.fake.alerts_ready), 'fetched');
  same(await page.locator('#field').inputValue(), 'kept');
});

test('a core that breaks is said, and what was typed can be copied', async ({ phone, origin, seen }) => {
  const page = await open(phone, origin);
  await begin(page);
  await page.locator('#field').fill('kept');
  await page.evaluate(() => window.fake.words.add('breaks'));
  await again(page);
  await press(page, 'Back');
  await page.locator('#news').getByText('This page broke. Copy your words').waitFor();
  await press(page, 'Go on with what you were writing');
  same(await page.locator('#field').inputValue(), 'kept');
  await upTo(page, 'Words that may tell');
  const asked = seen.length;
  await press(page, 'Next');
  await page.locator('#trouble .problem').waitFor();
  await again(page);
  same(seen.length, asked);
});

test('100,000 letters are kept whole, and she is told while she writes', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  const long = 'Words. '.repeat(14_286).slice(0, 100_000);
  await page.locator('#field').fill(long);
  await page.locator('#room').getByText('Nothing is cut off').waitFor();
  await upTo(page, 'Look it over');
  await page.locator('.problem').getByText('letters too long').waitFor();
  await page.locator('#preview').getByRole('button').click();
  same(await title(page), 'What happened?');
  same((await page.locator('#field').inputValue()).length, 100_000);
});

test('emoji and writing from right to left arrive as they were typed', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  const words = 'كان معه سكين 🔪👩🏽‍🦱 он кричал ‏(שלום)‏ น้ำ';
  await upTo(page, 'Look it over', { 'What happened?': words });
  assert(plain(await page.locator('dd').first().innerText()).includes('🔪👩🏽‍🦱'), 'shown');
  await press(page, 'Send it now');
  await page.getByRole('heading', { name: 'Your code' }).waitFor();
  same(await page.evaluate(() => window.fake.submitted.incident.narrative), words);
});

const MARKUP = '<img src=x onerror=alert(1)>{$name}</textarea><script>alert(1)</script>"\'&amp;';

test('markup in every field is text and nothing else', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  page.on('dialog', () => { throw new Error('it ran'); });
  const before = await page.locator('script').count();
  await press(page, 'Check a number or name');
  await page.locator('#wanted').fill(MARKUP);
  await press(page, 'Look');
  await press(page, 'Back');
  await begin(page);
  const all = ['Names they used', 'Man, woman or other', 'Ethnic group', 'Height', 'Build', 'Hair', 'Eyes', 'Tattoos, scars or other marks', 'Accent or language', 'Clothes',
    'How they behaved', 'Their phone number', 'Their e-mail address', 'Their user name, and on which site', 'Their advert', 'How they paid, or to whom'];
  const vehicle = ['Number plate, or part of it', 'Make', 'Model', 'Colour', 'Anything to know it by'];
  const harm = ['A weapon', 'Injuries', 'Help from a doctor', 'Things kept as proof'];
  const typed = Object.fromEntries([...all, ...vehicle, ...harm].map((name) => [name, MARKUP]));
  await upTo(page, 'Look it over', {
    'What happened?': MARKUP, 'In which area?': MARKUP, 'What do you know about who': all, 'Was there a car': vehicle, 'Do you want': harm,
    'What could tell': async (one) => { for (const field of await one.locator('main input').all()) await field.fill(MARKUP); },
    'May the police': ['Yes'], 'How can the police': MARKUP, ...typed,
  });
  const shown = plain(await page.locator('#preview').innerText());
  assert(shown.split('<img src=x onerror=alert(1)>{$name}</textarea>').length > 25, 'it is shown as it was typed');
  same(await page.locator('script').count(), before);
  same(await page.locator('main img').count(), 0);
  await press(page, 'Send it now');
  await page.getByRole('heading', { name: 'Your code' }).waitFor();
  same(await page.evaluate(() => window.fake.submitted.contact), MARKUP);
});

test('an age that is none and a day that is not yet are asked again, and stay as typed', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  await upTo(page, 'On which day?', { 'What happened?': 'x' });
  await page.locator('#field').fill('2099-01-01');
  await press(page, 'Next');
  await page.getByText('This is not a day that has been.').waitFor();
  await page.locator('#field').fill('');
  await upTo(page, 'Age', { 'What do you know about who': ['Age'] });
  await page.getByLabel('At least').fill('about 30');
  await press(page, 'Next');
  await page.getByText('Type a number from 0 to 255').waitFor();
  same(await page.getByLabel('At least').inputValue(), 'about 30');
});

test('a browser without WebAssembly gets a sentence', async ({ phone, origin }) => {
  await phone.addInitScript(() => { delete window.WebAssembly; });
  const page = await phone.newPage();
  await page.goto(`${origin}/#good`);
  await page.getByText('This browser is too old for this page.').waitFor();
});

test('a page that could not be fetched whole says so after a while', async ({ phone, origin }) => {
  await phone.route('**/text.js', (route) => route.abort());
  const page = await phone.newPage();
  await page.clock.install();
  await page.goto(`${origin}/#good`);
  await page.clock.fastForward(20_000);
  assert(await page.getByText('This page did not start.').isVisible(), 'in English');
  assert(await page.locator('#stuck p[lang="ar"]').isVisible(), 'in Arabic');
});

test('the words are there before the core is', async ({ phone, origin }) => {
  await phone.addInitScript(() => { window.fakeLoad = new Promise((done) => { window.loaded = done; }); });
  const page = await phone.newPage();
  await page.goto(`${origin}/#good`);
  await page.getByText('The newest warnings are on their way').waitFor();
  await begin(page);
  await page.locator('#field').fill('typed before it came');
  await page.evaluate(() => window.loaded());
  await until(() => page.evaluate(() => window.fake?.alerts_ready), 'the core');
  same(await page.locator('#field').inputValue(), 'typed before it came');
});

/** The next session begins, as if time had passed. */
async function again(page) {
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
}
