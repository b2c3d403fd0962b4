// The bundle as a relay serves it: its headers, its hashes, its size, and how soon it can be used.

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createSecureServer } from 'node:http2';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, same, test, until } from '../harness.mjs';
import { LONG } from './scheme.mjs';
import { enter } from './visit.mjs';

const HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

test('every file is served as it is listed, and with the headers that keep others out', async ({ scheme }) => {
  const { files } = JSON.parse((await fetched(`${scheme.page}integrity.json`)).body);
  assert(Object.keys(files).length > 40, 'few files');
  for (const [name, hash] of [...Object.entries(files), ['', files['index.html']]]) {
    const { body, headers } = await fetched(scheme.page + name);
    same([name, hashOf(body)], [name, hash]);
    const policy = headers['content-security-policy'];
    for (const part of HEADERS['content-security-policy'].split('; ')) assert(policy.includes(part), `${name}: ${policy} lacks ${part}`);
    same([name, headers['referrer-policy'], headers['x-content-type-options']], [name, HEADERS['referrer-policy'], HEADERS['x-content-type-options']]);
  }
});

test('`brolly verify-page` knows the right page by the notice, and one changed byte', async ({ scheme }) => {
  const list = (await fetched(`${scheme.page}integrity.json`)).body;
  await scheme.say('scheme', list, (file) => ['notice', 'publish', '--page', file]);
  const home = await mkdtemp(join(tmpdir(), 'brolly-home-'));
  const liar = await lying(scheme, 'main.js');
  try {
    const joined = await scheme.brolly(home, ['join', '-'], scheme.invitation);
    same([joined.code, joined.err], [0, joined.err]);
    const verified = await until(async () => {
      const ran = await scheme.brolly(home, ['verify-page', scheme.page, '--json']);
      return ran.code === 0 && JSON.parse(ran.out);
    }, 'the right page', LONG);
    same(verified.hash, hashOf(list));
    const refused = await scheme.brolly(home, ['verify-page', `https://127.0.0.1:${liar.address().port}/`]);
    same([refused.code, refused.err.includes('main.js')], [5, true]);
  } finally {
    liar.close();
    await rm(home, { recursive: true });
  }
});

test('350 KiB over the wire, and a whole look-up visit in 1 MiB', async ({ phone, scheme }) => {
  const page = await phone.newPage();
  const client = await phone.newCDPSession(page);
  await client.send('Network.enable');
  const paths = new Map();
  const sizes = new Map();
  client.on('Network.requestWillBeSent', ({ requestId, request }) => paths.set(requestId, new URL(request.url).pathname));
  const atLeast = (id, length) => sizes.set(id, Math.max(sizes.get(id) ?? 0, length));
  // A body of which the page has read the end may never count as loaded.
  client.on('Network.responseReceived', ({ requestId, response }) => atLeast(requestId, Number(response.headers['content-length'] ?? 0)));
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => atLeast(requestId, encodedDataLength));
  const [, fragment] = scheme.invitation.split('#');
  await page.goto(`${scheme.page}#${fragment}`);
  await page.getByText(/Warnings as of/).first().waitFor();
  const sum = (wanted) => [...sizes].filter(([id]) => wanted(paths.get(id) ?? '')).reduce((all, [, size]) => all + size, 0);
  const [bundle, visit] = [sum((path) => !path.startsWith('/v1/')), sum(() => true)];
  console.log(`        bundle ${kib(bundle)} KiB, look-up visit ${kib(visit)} KiB`);
  assert(bundle > 0 && bundle <= 350 * 1024, `${kib(bundle)} KiB of files`);
  assert(visit <= 1024 * 1024, `${kib(visit)} KiB in a visit`);
});

test('at 1.5 Mbit/s and a processor four times slower it can be used, and how soon is printed', async ({ phone, scheme }) => {
  const page = await phone.newPage();
  const client = await phone.newCDPSession(page);
  await client.send('Network.enable');
  await client.send('Network.emulateNetworkConditions', { offline: false, latency: 40, downloadThroughput: 1_500_000 / 8, uploadThroughput: 750_000 / 8 });
  await client.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  const begun = Date.now();
  const [, fragment] = scheme.invitation.split('#');
  const core = page.waitForRequest((request) => request.url().endsWith('/v1/directory'));
  await page.goto(`${scheme.page}#${fragment}`, { waitUntil: 'commit' });
  await page.getByRole('heading', { name: 'What would you like to do?' }).waitFor();
  const read = Date.now() - begun;
  await core;
  const used = Date.now() - begun;
  console.log(`        read after ${read} ms, used after ${used} ms`);
});

test('the headers let no other site hold the page, and the page is not kept', async ({ phone, scheme }) => {
  await enter(phone, scheme);
  const { headers } = await fetched(scheme.page);
  assert(/no-store|no-cache|max-age=0/.test(headers['cache-control'] ?? ''), `cache-control: ${headers['cache-control']}`);
  assert(headers['x-frame-options'] === 'DENY' || headers['content-security-policy'].includes("frame-ancestors 'none'"), 'framed');
});

/** Whatever its certificate: the hash is what counts. */
function fetched(url) {
  return new Promise((done, failed) => {
    get(url, { rejectUnauthorized: false }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => (response.statusCode === 200
        ? done({ body: Buffer.concat(parts), headers: response.headers })
        : failed(new Error(`${url}: ${response.statusCode}`))));
    }).on('error', failed);
  });
}

/** Serves the same page with one byte of one file changed. */
async function lying(scheme, name) {
  const folder = join(scheme.folder, 'scheme/relays/entry');
  const [cert, key] = [await readFile(join(folder, 'page-chain.pem')), await readFile(join(folder, 'page-key.pem'))];
  const server = createSecureServer({ cert, key }, async (request, response) => {
    const { body } = await fetched(new URL(request.url, scheme.page).href);
    if (request.url === `/${name}`) body[body.length - 2] ^= 1;
    response.end(body);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return server;
}

function hashOf(bytes) {
  return `sha256-${createHash('sha256').update(bytes).digest('base64')}`;
}

function kib(bytes) {
  return Math.ceil(bytes / 1024);
}
