// Pictures of text have few colours: with a palette of sixteen a file is a quarter as large, and reads the same.
import { deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { chunk, SIGNATURE } from '../png.ts';

const INDEXED = 3;
const COLOURS = 16;
/** Two pixels a byte. */
const BITS = 4;
const ROUNDS = 6;

/** A screenshot in sixteen colours. */
export function withPalette(screenshot) {
  const { width, height, data } = PNG.sync.read(screenshot);
  const pixels = new Uint32Array(width * height);
  const counts = new Map();
  for (let at = 0; at < pixels.length; at += 1) {
    const colour = (data[at * 4] << 16) | (data[at * 4 + 1] << 8) | data[at * 4 + 2];
    pixels[at] = colour;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = paletteOf(counts);
  const indexOf = new Map([...counts.keys()].map((colour) => [colour, nearest(palette, channels(colour))]));
  return indexed(width, height, palette, (at) => indexOf.get(pixels[at]));
}

/** Colours far from each other, weighed by how much of the picture has them, so that a thin red line keeps its red. */
function paletteOf(counts) {
  const colours = [...counts].map(([colour, count]) => ({ at: channels(colour), weight: Math.sqrt(count) }));
  colours.sort((a, b) => b.weight - a.weight);
  const palette = [colours[0].at];
  const least = colours.map(({ at }) => distance(at, palette[0]));
  while (palette.length < Math.min(COLOURS, colours.length)) {
    const worst = colours.reduce(
      (best, { weight }, index) =>
        weight * least[index] > colours[best].weight * least[best] ? index : best,
      0,
    );
    palette.push(colours[worst].at);
    for (const [index, { at }] of colours.entries())
      least[index] = Math.min(least[index], distance(at, colours[worst].at));
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    const sums = palette.map(() => [0, 0, 0, 0]);
    for (const { at, weight } of colours) {
      const sum = sums[nearest(palette, at)];
      for (const channel of [0, 1, 2]) sum[channel] += at[channel] * weight;
      sum[3] += weight;
    }
    // The page stays as it is: the first colour is its background.
    for (const [index, [red, green, blue, weight]] of sums.entries())
      if (index > 0 && weight > 0) palette[index] = [red, green, blue].map((sum) => Math.round(sum / weight));
  }
  return palette;
}

function channels(colour) {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

function distance(one, other) {
  return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2;
}

function nearest(palette, colour) {
  let best = 0;
  for (let index = 1; index < palette.length; index += 1)
    if (distance(palette[index], colour) < distance(palette[best], colour)) best = index;
  return best;
}

function indexed(width, height, palette, indexAt) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([BITS, INDEXED], 8);
  const length = 1 + Math.ceil((width * BITS) / 8);
  const rows = Buffer.alloc(length * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      rows[y * length + 1 + (x >> 1)] |= indexAt(y * width + x) << (x % 2 === 0 ? BITS : 0);
    }
  }
  const data = deflateSync(rows, { level: 9, memLevel: 9 });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
