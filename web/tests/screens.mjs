// `npm run screens`: a picture of every screen, as long as it is, in the languages that are named.
//
//   node tests/screens.mjs [en ar …]          into docs/screens/LANGUAGE/

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { serve } from './fake/server.mjs';
import { launch, PHONE } from './harness.mjs';
import { small } from './png.mjs';
import { tour } from './tour.mjs';

const SCREENS = new URL('../../docs/screens/', import.meta.url);
const languages = process.argv.length > 2 ? process.argv.slice(2) : ['en', 'ar'];

const server = await serve();
const browser = await launch();
for (const language of languages) {
  const folder = new URL(`${language}/`, SCREENS);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const phone = await browser.newContext(PHONE);
  const count = await tour(phone, server.origin, language, async (page, name) => {
    // The cursor blinks.
    const picture = await page.screenshot({ fullPage: true, caret: 'hide', animations: 'disabled' });
    await writeFile(new URL(`${name}.png`, folder), small(picture));
  });
  await phone.close();
  console.log(`${language}: ${count} screens`);
}
await browser.close();
server.close();
