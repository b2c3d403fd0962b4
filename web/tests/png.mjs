// Makes the browser's pictures small: a palette instead of true colours.

import { deflateSync, inflateSync } from 'node:zlib';

/** @param {Buffer} png as Chromium makes them: eight bits, RGB or RGBA, not interlaced @returns {Buffer} with at most 256 colours */
export function small(png) {
  const { width, height, pixels } = decode(png);
  for (let bits = 8; bits > 2; bits -= 1) {
    const indexed = index(pixels, bits);
    if (indexed) return encode(width, height, indexed);
  }
  throw new Error('more colours than a palette can have');
}

function decode(png) {
  const data = [];
  let head;
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') head = body;
    if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  const [width, height, channels] = [head.readUInt32BE(0), head.readUInt32BE(4), head[9] === 6 ? 4 : 3];
  const raw = inflateSync(Buffer.concat(data));
  const line = width * channels;
  const lines = Buffer.alloc(line * height);
  for (let row = 0; row < height; row += 1) unfilter(raw, lines, row, line, channels);
  return { width, height, pixels: { bytes: lines, channels } };
}

function unfilter(raw, lines, row, line, channels) {
  const [from, to] = [row * (line + 1), row * line];
  for (let at = 0; at < line; at += 1) {
    const left = at >= channels ? lines[to + at - channels] : 0;
    const up = row > 0 ? lines[to + at - line] : 0;
    const corner = row > 0 && at >= channels ? lines[to + at - line - channels] : 0;
    const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][raw[from]];
    lines[to + at] = raw[from + 1 + at] + guess;
  }
}

function paeth(left, up, corner) {
  const near = [left, up, corner].map((one) => Math.abs(left + up - corner - one));
  const least = Math.min(...near);
  return [left, up, corner][near.indexOf(least)];
}

/** Each pixel's place in a palette; `undefined` when there are too many colours. Those alike in so many bits are shown by the commonest. */
function index({ bytes, channels }, bits) {
  const kinds = new Map();
  const all = new Uint32Array(bytes.length / channels);
  const rough = (colour) => [16, 8, 0].map((shift) => ((colour >> shift) & 255) >> (8 - bits)).join();
  const counts = new Map();
  for (let at = 0; at < all.length; at += 1) {
    all[at] = (bytes[at * channels] << 16) | (bytes[at * channels + 1] << 8) | bytes[at * channels + 2];
    counts.set(all[at], (counts.get(all[at]) ?? 0) + 1);
  }
  const places = new Map();
  for (const [colour] of [...counts].sort(([, a], [, b]) => b - a)) {
    const kind = rough(colour);
    if (!kinds.has(kind)) kinds.set(kind, { place: kinds.size, colour });
    places.set(colour, kinds.get(kind).place);
  }
  if (kinds.size > 256) return undefined;
  return { palette: [...kinds.values()].map(({ colour }) => colour), places: Buffer.from(all.map((colour) => places.get(colour))) };
}

function encode(width, height, { palette, places }) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const lines = Buffer.alloc((width + 1) * height);
  for (let row = 0; row < height; row += 1) places.copy(lines, row * (width + 1) + 1, row * width, (row + 1) * width);
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('PLTE', colours), chunk('IDAT', deflateSync(lines, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

/** A grey picture, for tests. @param {number} width @param {number} height */
export function grey(width, height) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.alloc((width + 1) * height), { level: 1 })), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  const check = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc(body));
  return Buffer.concat([length, body, check]);
}

function crc(bytes) {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (0xedb88320 & -(value & 1));
  }
  return ~value >>> 0;
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
