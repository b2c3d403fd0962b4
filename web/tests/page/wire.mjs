// What is on the wire: what the core hands out, as it hands it out, and nothing that says who asks.

import { assert, same, test, until } from '../harness.mjs';
import { begin, open, press, upTo } from '../walk.mjs';

const SESSION = ['/v1/directory', '/v1/keys', '/v1/window', '/v1/alerts', '/v1/tokens', '/v1/cells'];

test('requests carry no cookie, no referrer and nothing else of hers', async ({ phone, origin, seen }) => {
  await open(phone, origin);
  await until(() => seen.some(({ path }) => path === '/v1/cells'), 'a session');
  for (const { path, headers } of seen) {
    for (const never of ['cookie', 'referer', 'authorization']) assert(!(never in headers), `${path}: ${never}`);
  }
});

test('every file is asked for once', async ({ phone, origin, seen }) => {
  await open(phone, origin);
  const files = seen.map(({ path }) => path).filter((path) => !path.startsWith('/v1/'));
  same(files.filter((path, place) => files.indexOf(path) !== place), []);
  assert(files.includes('/texts.json'), 'the words');
});

test('telling and reading make the same requests', async ({ phone, origin, seen }) => {
  const asked = () => seen.filter(({ path }) => path.startsWith('/v1/')).map(({ method, path, length }) => [method, path, length]);
  const told = await open(phone, origin);
  await begin(told);
  await upTo(told, 'Look it over', { 'What happened?': 'x' });
  await press(told, 'Send it now');
  await told.close();
  await until(() => asked().length === SESSION.length + 1, 'the last cell');
  const telling = asked();
  seen.length = 0;
  const read = await open(phone, origin);
  await press(read, 'Check a number or name');
  await read.locator('#wanted').fill('07700 900123');
  await press(read, 'Look');
  await until(() => asked().length === SESSION.length, 'a session');
  await read.close();
  await until(() => asked().length === SESSION.length + 1, 'the last cell');
  same(asked(), telling);
  same(telling.map(([, path]) => path), [...SESSION, '/v1/cells']);
});

test('an answer longer than it may be is cut off and counts as none', async ({ phone, origin }) => {
  await phone.route('**/v1/directory', (route) => route.fulfill({ status: 200, body: Buffer.alloc((1 << 20) + 1) }));
  const page = await open(phone, origin, 'good', false);
  await until(() => page.evaluate(() => window.fake.calls.some(([what]) => what === 'failure')), 'a failure');
  same(await page.evaluate(() => window.fake.calls.filter(([what]) => what === 'reply').length), 0);
});

test('an answer that leads elsewhere is not followed', async ({ phone, origin }) => {
  await phone.route('**/v1/directory', (route) => route.fulfill({ status: 302, headers: { location: `${origin}/weather` } }));
  const page = await open(phone, origin, 'good', false);
  await until(() => page.evaluate(() => window.fake.calls.some(([what]) => what === 'failure')), 'a failure');
});
