// Goes through the page as somebody does who sees it: by what is written on it, in English.

import { assert, until } from './harness.mjs';

/** Opens the page with an invitation, and waits until its warnings are there. */
export async function open(phone, origin, fragment = 'good', ready = true) {
  const page = await phone.newPage();
  await page.goto(`${origin}/#${fragment}`);
  await page.getByRole('heading', { level: 1 }).filter({ hasText: 'What would you like' }).waitFor();
  if (ready) await page.getByText(/Warnings as of/).waitFor();
  return page;
}

export async function press(page, name) {
  await page.getByRole('button', { name, exact: true }).click();
}

export async function title(page) {
  return plain(await page.locator('h1').textContent());
}

/** Without the marks that keep one direction of writing from turning another. */
export function plain(text) {
  return text.replace(/[\u2066-\u2069]/g, '');
}

/** Begins a report, up to its first question. */
export async function begin(page) {
  await press(page, 'Tell what happened');
  await press(page, 'Begin');
  assert((await title(page)) === 'What happened?', await title(page));
}

/** Presses “Next” until the title begins with `wanted`, answering on the way by title: text to type, or choices to tick. */
export async function upTo(page, wanted, answers = {}) {
  for (let step = 0; step < 60; step += 1) {
    const now = await title(page);
    if (now.startsWith(wanted)) return;
    const [, answer] = Object.entries(answers).find(([start]) => now.startsWith(start)) ?? [];
    await give(page, answer);
    await press(page, 'Next');
    await until(async () => (await title(page)) !== now || (await page.locator('.problem').count()) > 0, `something after “${now}”`);
    const problem = await page.locator('#trouble .problem').allTextContents();
    assert(problem.length === 0, `${now}: ${problem.join(' ')}`);
  }
  throw new Error(`there was no “${wanted}”`);
}

async function give(page, answer) {
  if (answer === undefined) return;
  if (Array.isArray(answer)) {
    for (const words of answer) await page.getByLabel(words, { exact: true }).check();
  } else if (typeof answer === 'function') {
    await answer(page);
  } else {
    await page.locator('#field').fill(answer);
  }
}
