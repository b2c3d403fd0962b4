// A visit to the page that a relay serves.

import { until } from '../harness.mjs';

/** Opens the page with the project's invitation, and waits until its warnings are there. */
export async function enter(phone, scheme) {
  const page = await phone.newPage();
  const [, fragment] = scheme.invitation.split('#');
  await page.goto(`${scheme.page}#${fragment}`);
  await ready(page);
  return page;
}

export function ready(page) {
  return page.getByText(/Warnings as of/).first().waitFor();
}

/** She goes to another tab and comes back: one visit ends, and the next begins. */
export async function renew(page) {
  await visibility(page, 'hidden');
  await visibility(page, 'visible');
}

export function visibility(page, state) {
  return page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}

/** Ends one visit after the other until `what` gives something true. */
export function revisiting(page, what, words, most) {
  return until(async () => {
    const value = await what();
    if (!value) {
      await renew(page);
      // A session takes a moment; what is asked in a row is no visit of anybody.
      await page.waitForResponse((response) => response.url().endsWith('/v1/alerts'));
    }
    return value;
  }, words, most);
}

/** The words of the code that is on the screen. */
export async function code(page) {
  await page.getByRole('heading', { name: 'Your code' }).waitFor({ timeout: 60_000 });
  return (await page.locator('.code.words li').allTextContents()).join(' ');
}
