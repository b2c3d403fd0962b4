// What axe-core finds on every screen.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { assert, same } from './harness.mjs';
import { tour } from './tour.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Fails if it finds anything on any screen. `link` is an invitation. */
export async function audit(phone, origin, language, link) {
  const found = [];
  const screens = await tour(phone, origin, language, async (page, name) => {
    // By the debugger's door: the page's own policy lets nothing in.
    const client = await phone.newCDPSession(page);
    await client.send('Runtime.evaluate', { expression: axe });
    const expression = `axe.run({ runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] }).then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 120))])))`;
    const { result } = await client.send('Runtime.evaluate', { expression, awaitPromise: true });
    for (const violation of JSON.parse(result.value)) found.push([name, ...violation]);
    await client.detach();
  }, link);
  assert(screens > 25, `only ${screens} screens`);
  same(found, []);
}
