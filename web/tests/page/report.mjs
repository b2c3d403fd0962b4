// A report, from its first question to what becomes of it.

import { assert, same, test, until } from '../harness.mjs';
import { begin, open, plain, press, title, upTo } from '../walk.mjs';

const ANSWERS = {
  'What happened?': 'He called from 07700 900999 and had a knife.',
  'Did it happen': ['No, somebody told me'],
  'What was it?': ['Robbery', 'Threats'],
  'On which day?': '2026-11-20',
  'At what time': ['At night'],
  'In which area?': 'LS2',
  'In what kind': ['Indoors, where I work'],
  'What do you know about who': ['Names they used', 'Age', 'Their phone number'],
  'Names they used': 'Dave, Davey',
  Age: async (page) => {
    await page.getByLabel('At least').fill('30');
    await page.getByLabel('At most').fill('40');
  },
  'Their phone number': '07700 900999',
  'Was there another person?': async (page) => {
    const second = await page.evaluate(() => window.asked || !(window.asked = true));
    if (!second) await page.getByLabel('Yes', { exact: true }).check();
  },
  'What do you know about person': ['Hair'],
  'Person 2: Hair': 'grey',
  'Was there a car': ['Number plate, or part of it', 'How many people were in it'],
  'Number plate, or part of it': 'AB12',
  'How many people were in it': '2',
  'Do you want to say more?': ['A weapon'],
  'A weapon': 'a knife',
  'What could tell': async (page) => page.getByLabel('Your phone numbers').fill('07700 900111, 07700 900222'),
  'May other workers': ['Yes'],
  'May the police desk': ['Yes'],
  'May the police know': ['Yes'],
  'How can the police': 'Ring my project',
  'May the special team': ['No'],
  'May your project': ['Yes'],
  'Would you like': ['Yes, when there is time'],
};

const WANTED = {
  incident: {
    narrative: 'He called from 07700 900999 and had a knife.', source: 'relayed', kinds: ['robbery', 'threats'], date: '2026-11-20',
    'part-of-day': 'night', area: 'LS2', setting: 'indoor',
  },
  offenders: [
    { identifiers: [{ kind: 'phone', value: '07700 900999' }], names: ['Dave', 'Davey'], 'age-from': 30, 'age-to': 40 },
    { identifiers: [], hair: 'grey' },
  ],
  vehicles: [{ registration: 'AB12', make: '', model: '', colour: '', features: '', occupants: 2 }],
  harm: { weapon: 'a knife', injuries: '', 'medical-help': '', 'evidence-kept': '' },
  reply: 'whenever',
  consent: { 'members-alert': true, police: true, 'police-contact': true, specialist: false, project: true },
  contact: 'Ring my project',
  own: { names: [], phones: ['07700 900111', '07700 900222'], emails: [], addresses: [] },
};

test('a full report reaches the core exactly as it was told', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  await upTo(page, 'Look it over', ANSWERS);
  const shown = plain(await page.locator('#preview').innerText());
  for (const words of ['Dave, Davey', 'a knife', 'The police desk (Serious Crime Desk) sees all of it, and how to reach you.', 'The special team for the area (Leeds Team) sees nothing',
    'Your project will know', 'It has not read reports for 6 days', '1 time in 7', 'ring 999 in an emergency', 'Leeds Project', 'At least 30, At most 40']) {
    assert(shown.includes(words), `the preview lacks: ${words}\n${shown}`);
  }
  await press(page, 'Send it now');
  await page.getByRole('heading', { name: 'Your code' }).waitFor();
  same(await page.evaluate(() => window.fake.submitted), WANTED);
});

test('nothing is compulsory but what happened', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  await press(page, 'Next');
  await page.getByText('Please say what happened').waitFor();
  await upTo(page, 'Look it over', { 'What happened?': 'x' });
  await press(page, 'Send it now');
  await page.getByRole('heading', { name: 'Your code' }).waitFor();
  const { consent, contact } = await page.evaluate(() => window.fake.submitted);
  same(consent, { 'members-alert': false, police: false, 'police-contact': false, specialist: false, project: false });
  same(contact, '');
});

test('going back loses nothing, nor does a change of mind, nor leaving for the warnings', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  await upTo(page, 'Look it over', ANSWERS);
  for (let step = 0; (await title(page)) !== 'What happened?' && step < 60; step += 1) await press(page, 'Back');
  same(await page.locator('#field').inputValue(), WANTED.incident.narrative);
  await press(page, 'Back');
  await press(page, 'Read warnings');
  await press(page, 'Back');
  await press(page, 'Go on with what you were writing');
  await upTo(page, 'Was there another person?');
  await page.getByLabel('No', { exact: true }).check();
  await press(page, 'Next');
  assert((await title(page)).startsWith('Was there a car'), 'the second person is not asked about');
  await press(page, 'Back');
  await page.getByLabel('Yes', { exact: true }).check();
  await upTo(page, 'Look it over');
  await press(page, 'Send it now');
  await page.getByRole('heading', { name: 'Your code' }).waitFor();
  same(await page.evaluate(() => window.fake.submitted), WANTED);
});

test('the phone’s own way back asks before it loses what was written', async ({ phone, origin }) => {
  const page = await phone.newPage();
  await page.goto(`${origin}/weather`);
  await page.goto(`${origin}/#good`);
  await page.getByText(/Warnings as of/).waitFor();
  await begin(page);
  await page.locator('#field').pressSequentially('He had');
  const asked = page.waitForEvent('dialog');
  const going = page.goBack({ timeout: 2_000 }).catch(() => {});
  const dialog = await asked;
  same(dialog.type(), 'beforeunload');
  await dialog.dismiss();
  await going;
  same(await page.locator('#field').inputValue(), 'He had');
});

test('words that may be hers are underlined, and go only where she says so', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  await upTo(page, 'Words that may tell', {
    'What happened?': 'My number is 07700 900111, his is 07700 900999, mail me@example.org.',
    'What could tell': async (one) => one.getByLabel('Your phone numbers').fill('07700 900111'),
  });
  same(await page.locator('mark').allTextContents(), ['07700 900111', '07700 900999', 'me@example.org']);
  same(plain(await page.locator('.findings li p').first().innerText()), '“07700 900111” is yours');
  await page.getByRole('button', { name: 'Take it out' }).first().click();
  same(await page.locator('del').allTextContents(), ['07700 900111']);
  await page.getByRole('button', { name: 'Take it out' }).last().click();
  await press(page, 'Put it back').catch(() => page.getByRole('button', { name: 'Put it back' }).last().click());
  await upTo(page, 'Look it over');
  await press(page, 'Send it now');
  await page.getByRole('heading', { name: 'Your code' }).waitFor();
  const { incident } = await page.evaluate(() => window.fake.submitted);
  same(incident.narrative, 'My number is […], his is 07700 900999, mail me@example.org.');
});

test('each answer about consent says at once what follows from it', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  await upTo(page, 'May the police desk', { 'What happened?': 'x' });
  const follows = async () => plain(await page.locator('.card').innerText());
  assert((await follows()).includes('sees nothing, and cannot tell that you wrote'), 'no by default');
  await page.getByLabel('Yes', { exact: true }).check();
  assert((await follows()).includes('sees all of it, but not how to reach you'), 'yes');
  await press(page, 'Next');
  await page.getByLabel('Yes', { exact: true }).check();
  assert((await follows()).includes('and how to reach you'), 'with contact');
  await press(page, 'Back');
  await page.getByLabel('No', { exact: true }).check();
  await press(page, 'Next');
  assert(!(await title(page)).includes('police'), 'nothing more about the police');
});

test('the code is shown as words and digits, two words can be tried, and then it is gone', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  await upTo(page, 'Look it over', { 'What happened?': 'x' });
  await press(page, 'Send it now');
  await page.getByRole('heading', { name: 'Your code' }).waitFor();
  same(await page.locator('.code.words li').allTextContents(), ['winter', 'cabin', 'lemon', 'gravity', 'pencil', 'orbit', 'salad', 'trumpet']);
  same(await page.locator('.code.digits li').count(), 8);
  same(await page.getByRole('button', { name: 'Back' }).count(), 0);
  await press(page, 'I have it');
  const labels = await page.locator('main label').allTextContents();
  same(labels.length, 2);
  await page.locator('main input').first().fill('nothing');
  await press(page, 'Try');
  await page.getByText('That is not it').waitFor();
  const words = ['winter', 'cabin', 'lemon', 'gravity', 'pencil', 'orbit', 'salad', 'trumpet'];
  for (const [at, label] of labels.entries()) await page.locator('main input').nth(at).fill(` ${words[Number(label.match(/\d/)[0]) - 1].toUpperCase()}`);
  await press(page, 'Try');
  await page.getByText('Both are right.').waitFor();
  await press(page, 'Next');
  same(await title(page), 'How far your report is');
  await press(page, 'Back');
  const everything = await page.evaluate(() => document.documentElement.outerHTML);
  assert(!everything.includes('trumpet'), 'the code is still there');
});

test('while it waits she is told whether she may close the page', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  await upTo(page, 'Look it over', { 'What happened?': 'x' });
  await press(page, 'Send it now');
  await press(page, 'I have it');
  await press(page, 'Go on without trying');
  await page.getByText('Keep this page open. Half go within').waitFor();
  assert(plain(await page.locator('#may').innerText()).includes('60 seconds'), 'how long');
  same(await page.locator('.stages .done').count(), 1);
  await page.evaluate(() => { window.fake.due = performance.now(); });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.locator('#may').getByText('You may close this page.').waitFor();
  same(await page.locator('.stages .done').count(), 3);
  await until(async () => (await page.locator('#spoken').textContent()).includes('You may close'), 'a screen reader hears it');
});
