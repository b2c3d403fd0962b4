// WCAG 2.2 AA: what axe-core can see on every screen, and what it cannot: the keyboard, the focus, and text twice as large.

import { audit } from '../audit.mjs';
import { assert, same, test } from '../harness.mjs';
import { begin, open, press, title } from '../walk.mjs';
import { tour } from '../tour.mjs';

for (const [language, scheme] of [['en', 'light'], ['en', 'dark'], ['ar', 'light'], ['th', 'dark']]) {
  test(`axe-core finds nothing at AA on any screen: ${language}, ${scheme}`, ({ phone, origin }) => audit(phone, origin, language), { colorScheme: scheme, chromium: true });
}

test('with text twice as large nothing is cut off or beside the screen', async ({ phone, origin }) => {
  const cut = [];
  await tour(phone, origin, 'pl', async (page, name) => {
    await page.evaluate(() => { document.documentElement.classList.add('large'); });
    await page.addStyleTag({ url: '/style.css' });
    const wide = await page.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
      const is = document.documentElement.scrollWidth;
      document.documentElement.style.fontSize = '';
      return is;
    });
    if (wide > 360) cut.push([name, wide]);
  });
  same(cut, []);
});

test('a report can be told and sent by the keyboard alone', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  const go = async (name) => {
    for (let press = 0; press < 40; press += 1) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(() => document.activeElement.textContent)) === name) {
        await page.keyboard.press('Enter');
        return;
      }
    }
    throw new Error(`no way to ${name}`);
  };
  await go('Tell what happened');
  await go('Begin');
  await page.keyboard.press('Tab');
  await page.keyboard.type('He had a knife.');
  for (let step = 0; (await title(page)) !== 'Look it over' && step < 40; step += 1) {
    const before = await title(page);
    if (before === 'Did it happen to you?') {
      await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowDown');
    }
    await go('Next');
    assert((await title(page)) !== before, before);
  }
  await go('Send it now');
  await page.getByRole('heading', { name: 'Your code' }).waitFor();
  same(await page.evaluate(() => window.fake.submitted.incident.source), 'relayed');
});

test('the focus is on the title of each new screen, and what has it can be seen', async ({ phone, origin }) => {
  const page = await open(phone, origin);
  await begin(page);
  same(await page.evaluate(() => document.activeElement.id), 'title');
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press('Tab');
    const seen = await page.evaluate(() => {
      const one = document.activeElement;
      const box = one.getBoundingClientRect();
      const bar = document.getElementById('bar');
      return bar.contains(one) || one === document.body || box.top >= bar.getBoundingClientRect().bottom - 1;
    });
    assert(seen, 'the bar is over what has the focus');
  }
});

test('what can be pressed is large enough for a thumb', async ({ phone, origin }) => {
  const small = [];
  await tour(phone, origin, 'en', async (page, name) => {
    for (const one of await page.locator('button:visible, select:visible, .choice:visible, .file:visible').all()) {
      const box = await one.boundingBox();
      if (box && (box.height < 24 || box.width < 24)) small.push([name, await one.textContent(), box]);
    }
  });
  same(small, []);
});
