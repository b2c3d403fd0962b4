// `npm test`: the screens against a stand-in for the core, then the bundle against a real scheme.
//
//   node tests/run.mjs [fake|real|visits] [words of a test's name]

import { existsSync } from 'node:fs';
import { forget, runAll } from './harness.mjs';
import { serve } from './fake/server.mjs';
import { start } from './real/scheme.mjs';

const [first, ...rest] = process.argv.slice(2);
const which = ['fake', 'real', 'visits'].includes(first) ? first : undefined;
const only = (which ? rest : [first, ...rest].filter(Boolean)).join(' ');
const browsers = (process.env.BROLLY_BROWSERS ?? (existsSync('/usr/bin/firefox-esr') ? 'chromium firefox' : 'chromium')).split(' ');
const total = { passed: 0, failed: 0 };

if (which === undefined || which === 'fake') {
  const server = await serve();
  for (const name of ['sources', 'reading', 'report', 'photo', 'wrong', 'safety', 'languages', 'access', 'wire']) await import(`./page/${name}.mjs`);
  for (const browserName of browsers) add(await runAll(Object.assign(server, { browserName }), only));
  forget();
  server.close();
}

if (which !== 'fake') {
  const scheme = await start();
  try {
    for (const name of which === 'visits' ? ['wire'] : ['bundle', 'reading', 'safety', 'access', 'report']) await import(`./real/${name}.mjs`);
    add(await runAll({ origin: scheme.origin, scheme, browserArguments: scheme.browser }, only));
  } finally {
    await scheme.stop();
  }
}

console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

function add({ passed, failed }) {
  total.passed += passed;
  total.failed += failed;
}
