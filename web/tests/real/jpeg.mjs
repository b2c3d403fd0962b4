// A photograph as a phone makes them: with what it says of where, when and by which camera.

/** A picture drawn by the browser, with a place, a time, a camera and a comment in its file. @returns {Promise<Buffer>} */
export async function photograph(page, width, height) {
  const plain = await page.evaluate(([wide, high]) => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: wide, height: high });
    const context = canvas.getContext('2d');
    for (let x = 0; x < wide; x += 40) {
      for (let y = 0; y < high; y += 40) {
        context.fillStyle = `rgb(${(x * 7) % 256} ${(y * 5) % 256} ${(x + y) % 256})`;
        context.fillRect(x, y, 40, 40);
      }
    }
    return canvas.toDataURL('image/jpeg', 0.9).split(',')[1];
  }, [width, height]);
  const jpeg = Buffer.from(plain, 'base64');
  const parts = [segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif()])), segment(0xfe, Buffer.from(CANARIES[2]))];
  return Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]);
}

/** What must never leave the device: the camera, the time, and a comment. */
export const CANARIES = ['CanaryCam 9000', '2026:11:20 23:15:42', 'comment canary ECHO-1180'];

function segment(marker, body) {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

/** TIFF, little-endian: one directory with the camera and the time, one with the place. */
function exif() {
  const [camera, time] = CANARIES.slice(0, 2).map((text) => Buffer.from(`${text}\0`));
  const first = 8;
  const values = first + 2 + 3 * 12 + 4;
  const gps = values + camera.length + time.length;
  const places = gps + 2 + 4 * 12 + 4;
  const head = Buffer.from([0x49, 0x49, 0x2a, 0, first, 0, 0, 0]);
  const directory = (entries) => Buffer.concat([short(entries.length), ...entries, long(0)]);
  const degrees = (...all) => Buffer.concat(all.flatMap((one) => [long(one), long(1)]));
  return Buffer.concat([
    head,
    directory([
      entry(0x0110, 2, camera.length, long(values)),
      entry(0x0132, 2, time.length, long(values + camera.length)),
      entry(0x8825, 4, 1, long(gps)),
    ]),
    camera, time,
    directory([
      entry(1, 2, 2, Buffer.from('N\0\0\0')),
      entry(2, 5, 3, long(places)),
      entry(3, 2, 2, Buffer.from('W\0\0\0')),
      entry(4, 5, 3, long(places + 24)),
    ]),
    degrees(53, 47, 59), degrees(1, 32, 57),
  ]);
}

function entry(tag, type, count, value) {
  return Buffer.concat([short(tag), short(type), long(count), value]);
}

function short(value) {
  return Buffer.from([value & 255, value >> 8]);
}

function long(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
