// Serves the page as a relay does, with the same headers, and answers the core's requests with noise.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { texts } from './texts.mjs';

const PAGE = new URL('../../page/', import.meta.url);
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', json: 'application/json' };

export const HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** Starts on a free port. `seen` is every request; `answer` may be replaced to answer the core in another way. */
export async function serve() {
  const languages = JSON.stringify(await texts());
  const server = {
    seen: [],
    status: 200,
    reset() {
      server.seen.length = 0;
      server.status = 200;
    },
  };
  const http = createServer(async (request, response) => {
    const path = request.url.split('?')[0];
    let length = 0;
    for await (const part of request) length += part.length;
    server.seen.push({ method: request.method, path, length, headers: request.headers });
    const send = (status, type, body) => response.writeHead(status, { ...HEADERS, 'content-type': type }).end(body);
    if (path.startsWith('/v1/')) return send(server.status, 'application/octet-stream', Buffer.alloc(1024));
    if (path === '/texts.json') return send(200, TYPES.json, languages);
    if (path === '/weather') return send(200, TYPES.html, '<!doctype html><title>Weather</title><p>Rain later.');
    try {
      const name = path === '/' ? 'index.html' : path.slice(1);
      const file = name === 'brolly_web.js' ? new URL('brolly_web.js', import.meta.url) : new URL(name, PAGE);
      return send(200, TYPES[name.split('.').at(-1)], await readFile(file));
    } catch {
      return send(404, 'text/plain', 'not here');
    }
  });
  await new Promise((ready) => http.listen(0, '127.0.0.1', ready));
  server.origin = `http://127.0.0.1:${http.address().port}`;
  server.close = () => http.close();
  return server;
}
