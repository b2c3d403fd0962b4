// Every screen there is, in any language, one after the other.

import { texts } from './fake/texts.mjs';

/**
 * `link` is an invitation. Calls `see(page, name)` at each screen, and gives how many there were.
 * @param {import('playwright-core').BrowserContext} phone
 */
export async function tour(phone, origin, language, see, link = `${origin}/#good`) {
  const { messages } = (await texts())[language];
  const page = await phone.newPage();
  let count = 0;
  const at = async (name) => {
    count += 1;
    await see(page, name);
  };
  const press = (id) => page.getByRole('button', { name: messages[id], exact: true }).first().click();
  const choose = (id) => page.getByLabel(messages[id], { exact: true }).check();

  await page.goto(`${origin}/`);
  await page.locator('#language').selectOption(language);
  const still = () => page.evaluate(() => document.activeElement.blur());
  await still();
  await at('link');
  await page.goto('about:blank');
  await page.goto(link);
  await page.locator('#language').selectOption(language);
  const [fetched] = [messages.fetched].flat();
  await page.locator('#news').getByText(fetched).waitFor();
  await still();
  await at('home');
  await press('home-warnings');
  await at('warnings');
  await press('back');
  await press('home-lookup');
  await page.locator('#wanted').fill('07700 900123');
  await press('lookup-go');
  await at('lookup');
  await press('back');
  await press('home-check');
  await page.locator('#code').fill('winter cabin lemon gravity pencil orbit salad trumpet');
  await press('check-go');
  await page.locator('#standing .card, #trouble .problem').first().waitFor({ timeout: 60_000 });
  await at('check');
  await press('back');
  await press('home-limits');
  await at('limits');
  await press('back');
  await press('home-report');
  await at('begin');
  await press('begin-go');

  const answers = {
    narrative: () => page.locator('#field').fill('He came at nine. My number is 07700 900111, and he had a knife.'),
    area: () => page.locator('#field').fill('LS2'),
    'people-0': () => choose('names').then(() => choose('age')),
    'people-0-names': () => page.locator('#field').fill('Dave'),
    'vehicles-0': () => choose('registration'),
    harm: () => choose('weapon'),
    photo: async () => {
      await page.locator('#gallery').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(await picture(page), 'base64') });
      await page.locator('main img').waitFor();
    },
    'consent-police': () => choose('yes'),
    'consent-police-contact': () => choose('yes'),
    contact: () => page.locator('#field').fill('Through my project'),
  };
  for (let step = 0; step < 40; step += 1) {
    const name = await question(page, messages);
    await answers[name]?.();
    await at(`report-${String(step + 1).padStart(2, '0')}-${name}`);
    await press('next');
    if ((await page.locator('h1').textContent()) === messages['preview-title']) break;
  }
  await page.locator('#send').waitFor();
  await at('preview');
  await press('send');
  await page.locator('.code.words').waitFor();
  await at('receipt');
  await press('receipt-next');
  await at('practise');
  await press('practise-skip');
  await at('waiting');
  await press('back');
  await at('home-unsent');
  await page.close();
  return count;
}

/** Which question is shown, from its title. */
async function question(page, messages) {
  const title = await page.locator('h1').textContent();
  const titles = {
    narrative: 'question-narrative', source: 'question-source', kinds: 'question-kinds', date: 'question-date', 'part-of-day': 'question-part-of-day', area: 'question-area',
    setting: 'question-setting', 'people-0': 'question-people', 'people-0-names': 'names', 'people-0-age': 'age', another: 'add-person', 'vehicles-0': 'question-vehicles',
    'vehicles-0-registration': 'registration', 'another-vehicle': 'add-vehicle', harm: 'question-harm', 'harm-weapon': 'weapon', photo: 'question-photo', own: 'question-own',
    findings: 'findings-title', 'consent-members-alert': 'consent-members-alert', 'consent-police': 'consent-police', 'consent-police-contact': 'consent-police-contact',
    contact: 'consent-contact', 'consent-specialist': 'consent-specialist', 'consent-project': 'consent-project', reply: 'question-reply',
  };
  const start = (id) => [messages[id]].flat()[0];
  const found = Object.entries(titles).filter(([, id]) => title.startsWith(start(id)));
  // The longest fits best: one question may begin as another does.
  found.sort(([, a], [, b]) => start(b).length - start(a).length);
  if (found.length === 0) throw new Error(`what is “${title}”?`);
  return found[0][0];
}

/** A photograph, drawn by the browser itself. */
function picture(page) {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 640, height: 480 });
    const context = canvas.getContext('2d');
    // A street at night: sky, road, and a van under a lamp.
    for (const [colour, ...box] of [['#26324a', 0, 0, 640, 480], ['#3a3a3a', 0, 330, 640, 150], ['#d8c26a', 96, 90, 40, 24], ['#5a5a5a', 112, 114, 8, 216],
      ['#2f6690', 250, 200, 290, 150], ['#9fc4dd', 470, 220, 60, 50], ['#161616', 290, 330, 50, 44], ['#161616', 450, 330, 50, 44]]) {
      context.fillStyle = colour;
      context.fillRect(...box);
    }
    return canvas.toDataURL('image/jpeg').split(',')[1];
  });
}
