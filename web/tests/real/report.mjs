// Reports, from the page to the desks, and back by the code.

import { readdir, readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, same, test } from '../harness.mjs';
import { begin, plain, press, title, upTo } from '../walk.mjs';
import { CANARIES, photograph } from './jpeg.mjs';
import { LONG } from './scheme.mjs';
import { code, enter, revisiting } from './visit.mjs';

const FIRST = 'He had a knife. Narrative canary FOXTROT-3301';
const SECOND = 'He did not pay. Narrative canary GOLF-8842';
const CONTACT = 'contact canary HOTEL-6127';
let words;

test('a report with a photograph arrives at the right desks and nowhere else', async ({ phone, scheme }) => {
  const page = await enter(phone, scheme);
  await begin(page);
  await upTo(page, 'Look it over', {
    'What happened?': FIRST, 'What was it?': ['Robbery'], 'In which area?': 'LS2 7AB',
    'Do you have': async () => {
      await page.locator('#gallery').setInputFiles({ name: 'IMG_canary.jpg', mimeType: 'image/jpeg', buffer: await photograph(page, 1600, 1200) });
      await page.locator('main img').waitFor({ timeout: 60_000 });
    },
    'May the police desk': ['Yes'], 'May the police know': ['Yes'], 'How can the police': CONTACT, 'Would you like': ['Yes, as soon as somebody can'],
  });
  const removed = await page.locator('#preview ul:not(.desks) li').allTextContents();
  for (const what of ['where it was taken', 'when it was taken', 'which phone or camera took it', 'a comment']) assert(removed.includes(what), `${what}: ${removed}`);
  const shown = plain(await page.locator('#preview').innerText());
  assert(shown.includes('LS2') && !shown.includes('7AB'), 'the whole postcode goes');
  await press(page, 'Send it now');
  words = await code(page);
  same(words.split(' ').length, 8);
  await press(page, 'I have it');
  await press(page, 'Go on without trying');
  await page.locator('#may').getByText('You may close this page.').waitFor({ timeout: LONG });
  await page.close();

  const [here, there] = [await scheme.arrived('scheme', 'FOXTROT-3301'), await scheme.arrived('police', 'FOXTROT-3301')];
  assert(!JSON.stringify(here).includes('HOTEL-6127'), 'the scheme knows how to reach her');
  assert(JSON.stringify(there).includes('HOTEL-6127'), 'the police do not know how to reach her');
  await picture(scheme, there.id);
  const found = await search(scheme.folder, ['FOXTROT-3301', 'HOTEL-6127', 'IMG_canary', ...CANARIES]);
  same(found, []);
});

test('closing the tab straight after “send” still delivers it, and a desk that was not named gets nothing', async ({ phone, scheme }) => {
  const page = await enter(phone, scheme);
  await begin(page);
  await upTo(page, 'Look it over', { 'What happened?': SECOND, 'May the police desk': ['No'] });
  await press(page, 'Send it now');
  await code(page);
  await page.close();
  await scheme.arrived('scheme', 'GOLF-8842');
  assert(!JSON.stringify(await scheme.cases('police')).includes('GOLF-8842'), 'the police read it');
});

test('the code shows that it arrived, who has read it, and the answer', async ({ phone, scheme }) => {
  const { id } = await scheme.arrived('scheme', 'FOXTROT-3301');
  const answer = 'We believe you. Answer canary INDIA-2096.';
  await scheme.say('scheme', answer, (file) => ['reply', id, '--text-file', file]);
  const page = await enter(phone, scheme);
  await press(page, 'See what became of your report');
  await page.locator('#code').fill(words);
  const standing = await revisiting(page, async () => {
    for (const desk of ['scheme', 'police']) await scheme.desk(desk, 'sync', '--json');
    await press(page, 'Look');
    await page.locator('#standing .card').first().waitFor({ timeout: 60_000 });
    const text = plain(await page.locator('#standing').innerText());
    return text.includes('INDIA-2096') && text.includes('Read by') && text;
  }, 'the answer', LONG);
  assert(standing.includes('Your report arrived, just as you sent it.'), standing);
  same(await title(page), 'See what became of your report');
  same(await search(scheme.folder, ['INDIA-2096']), []);
});

/** The photograph that a desk opened: its size, as a PNG made anew. */
async function picture(scheme, id) {
  const folder = await mkdtemp(join(tmpdir(), 'brolly-photo-'));
  try {
    const out = join(folder, 'out.png');
    await scheme.desk('police', 'show', id, '--json', '--photo', out);
    const png = await readFile(out);
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    same([png.toString('latin1', 1, 4), Math.round((width / height) * 100)], ['PNG', 133]);
    assert(width >= 320 && width <= 1280, `${width} wide`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Where one of the texts stands in what any party keeps, or in what went over any wire. */
async function search(folder, texts) {
  const found = [];
  let seen = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // Daemons replace files meanwhile.
    const bytes = await readFile(join(entry.parentPath ?? entry.path, entry.name)).catch(() => undefined);
    for (const text of texts) if (bytes?.includes(text)) found.push([entry.name, text]);
    seen += bytes?.length ?? 0;
  }
  assert(seen > 1_000_000, 'nothing was searched');
  return found;
}
