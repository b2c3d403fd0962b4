// From a file to pixels of a size that a cheap phone can hold.

import { Problem } from '../session.js';

/**
 * @param {import('../session.js').Session} session @param {File} file
 * @returns {Promise<{original: Uint8Array, image: ImageData}>}
 */
export async function pixels(session, file) {
  if (file.size > LARGEST) throw new Problem('photo-too-large');
  const original = await bytes(file);
  const found = look(session, original);
  const bitmap = await decoded(file, found);
  try {
    return { original, image: read(bitmap) };
  } finally {
    bitmap.close();
  }
}

async function bytes(file) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Problem('photo-damaged');
  }
}

/** What the header says. Of a HEIC the browser may know more than the core. */
function look(session, original) {
  try {
    return session.inspect(original);
  } catch (problem) {
    if (problem.code !== 'photo-heic') throw problem;
    return { problem };
  }
}

async function decoded(file, { width, height, problem }) {
  const longest = Math.max(width ?? 0, height ?? 0);
  // One side given: the other follows. What is small enough stays as it is.
  const side = width >= height ? 'resizeWidth' : 'resizeHeight';
  const scaled = longest > SIDE ? { [side]: SIDE, resizeQuality: 'high' } : {};
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image', ...scaled });
  } catch {
    throw problem ?? new Problem('photo-damaged');
  }
}

function read(bitmap) {
  const shrink = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * shrink));
  const height = Math.max(1, Math.round(bitmap.height * shrink));
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!honest(context)) throw new Problem('photo-hidden');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** Browsers that guard against recognition give noise in the place of what was drawn. */
function honest(context) {
  for (const [colour, ...wanted] of [['#123456', 0x12, 0x34, 0x56], ['#fedcba', 0xfe, 0xdc, 0xba]]) {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [...seen] = context.getImageData(0, 0, 1, 1).data;
    if (wanted.some((value, place) => seen[place] !== value)) return false;
  }
  return true;
}

// Bytes of a file, and pixels of a side.
const LARGEST = 64 << 20;
const SIDE = 1280;
