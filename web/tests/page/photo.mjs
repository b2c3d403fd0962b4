// Photographs: made small before they are decoded, shown as they go, and refused in a sentence.

import { assert, same, test } from '../harness.mjs';
import { grey as png } from '../png.mjs';
import { begin, open, plain, press, title, upTo } from '../walk.mjs';

test('a photograph is shown as it will be sent, with what was taken out, and can be left out again', async ({ phone, origin }) => {
  const page = await atPhoto(phone, origin);
  await choose(page, 'evidence.png', png(1600, 1200));
  await page.locator('img').waitFor();
  same(await page.locator('main li').allTextContents(), ['where it was taken', 'which phone or camera took it', 'when it was taken']);
  same(await page.evaluate(() => [window.fake.photo.width, window.fake.photo.height]), [1280, 960]);
  await press(page, 'Do not send it');
  same(await page.locator('img').count(), 0);
  await choose(page, 'evidence.png', png(300, 200));
  await page.locator('img').waitFor();
  same(await page.evaluate(() => [window.fake.photo.width, window.fake.photo.height]), [300, 200]);
  await upTo(page, 'Look it over');
  await page.locator('img').waitFor();
  assert(!(await page.locator('main').innerText()).includes('evidence'), 'its name is on the screen');
});

test('a photograph of 50 megapixels is made small before it is held whole', async ({ phone, origin }) => {
  const page = await atPhoto(phone, origin);
  await page.evaluate(() => {
    const whole = window.createImageBitmap;
    window.createImageBitmap = (file, options) => {
      window.scaled = options;
      return whole(file, options);
    };
  });
  await choose(page, 'huge.png', png(8000, 6250));
  await page.locator('img').waitFor({ timeout: 60_000 });
  same(await page.evaluate(() => [window.fake.photo.width, window.fake.photo.height]), [1280, 1000]);
  same(await page.evaluate(() => window.scaled.resizeWidth), 1280);
});

// Of a picture that was cut off, Firefox shows her what there is of it.
for (const [what, bytes, words, options] of [
  ['a HEIC file', Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic'), Buffer.alloc(100)]), 'This is a HEIC picture'],
  ['a PDF', Buffer.from('%PDF-1.7 something'), 'This is a PDF'],
  ['a text', Buffer.from('nothing to see'), 'This is not a photograph'],
  ['an empty file', Buffer.alloc(0), 'This is not a photograph'],
  ['a picture that was cut off', png(400, 300).subarray(0, 60), 'This photograph is damaged', { chromium: true }],
]) {
  test(`${what} is refused in a sentence, and nothing is lost`, async ({ phone, origin }) => {
    const page = await atPhoto(phone, origin);
    await choose(page, 'file', bytes);
    await page.locator('#photo-trouble .problem').filter({ hasText: words }).waitFor();
    await upTo(page, 'Look it over');
    assert(plain(await page.locator('dd').first().innerText()).includes('kept'), 'what was typed');
  }, options);
}

test('a browser that hides what is in a picture is noticed before noise is sent', async ({ phone, origin }) => {
  const page = await atPhoto(phone, origin);
  await page.evaluate(() => {
    CanvasRenderingContext2D.prototype.getImageData = (x, y, width, height) => new ImageData(new Uint8ClampedArray(width * height * 4).fill(255), width, height);
  });
  await choose(page, 'evidence.png', png(30, 20));
  await page.getByText('Your browser does not let the page see').waitFor();
  same(await page.evaluate(() => window.fake.photo), undefined);
});

async function atPhoto(phone, origin) {
  const page = await open(phone, origin);
  await begin(page);
  await upTo(page, 'Do you have a photograph', { 'What happened?': 'kept' });
  assert((await title(page)).includes('photograph'), 'the question');
  return page;
}

function choose(page, name, buffer) {
  return page.locator('#gallery').setInputFiles({ name, mimeType: 'image/png', buffer });
}
