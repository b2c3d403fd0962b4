// node web/tests/packet.mjs: the time that one entry packet takes in WebAssembly, beside the native one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROUNDS = 200;
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const out = join(root, 'target/page-measure');
const cargo = (...args) => execFileSync('cargo', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

cargo('run', '--quiet', '--package', 'brolly-web', '--bin', 'build-page', '--', '--measure', out);
const { initSync, Packets } = await import(pathToFileURL(join(out, 'brolly_web.js')));
initSync({ module: readFileSync(join(out, 'brolly_web_bg.wasm')) });

const packets = Packets.prepare(1);
const times = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const begun = performance.now();
  if (packets.build() === 0) throw new Error('no packet was built');
  times.push((performance.now() - begun) * 1000);
}
times.sort((a, b) => a - b);
const wasm = Math.round(times[ROUNDS / 2]);

const features = ['--no-default-features', '--features', 'measure'];
const native = Number.parseInt(cargo('run', '--quiet', '--release', '--package', 'brolly-web', ...features, '--bin', 'packet'), 10);
console.log(`${wasm} microseconds a packet, median of ${ROUNDS}, wasm32 under Node ${process.version}`);
console.log(`${native} microseconds a packet, native: ${(wasm / native).toFixed(2)} times as long in WebAssembly`);
