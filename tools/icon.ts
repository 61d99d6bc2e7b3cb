// Draws the icons of the extension and its task: bars of activity, and the line that is drawn under them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { png } from './png.ts';

type Colour = readonly [red: number, green: number, blue: number];

export const ICONS: Readonly<Record<string, number>> = {
  'azure-pipelines/images/icon.png': 128,
  'azure-pipelines/collect/icon.png': 32,
};

const GROUND: Colour = [15, 82, 87];
const BAR: Colour = [120, 214, 190];
const LINE: Colour = [255, 255, 255];
/** Left edge and height of each bar, of a picture that is 1 wide and 1 high. */
const BARS = [
  [0.18, 0.2],
  [0.35, 0.42],
  [0.52, 0.3],
  [0.69, 0.55],
] as const;
const BAR_WIDTH = 0.13;
const FOOT = 0.72;
/** Looks at each pixel in so many places, both ways, for edges without steps. */
const SAMPLES = 4;

/** The picture's pixels, four bytes each. */
export function iconPixels(size: number): Buffer {
  const pixels = Buffer.alloc(size * size * 4);
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1) pixels.set(pixelAt(x, y, size), (y * size + x) * 4);
  return pixels;
}

function pixelAt(x: number, y: number, size: number): number[] {
  const sums = [0, 0, 0];
  let covered = 0;
  for (let at = 0; at < SAMPLES * SAMPLES; at += 1) {
    const dx = ((at % SAMPLES) + 0.5) / SAMPLES;
    const dy = (Math.floor(at / SAMPLES) + 0.5) / SAMPLES;
    const colour = colourAt((x + dx) / size, (y + dy) / size);
    if (colour === undefined) continue;
    covered += 1;
    for (const [channel, value] of colour.entries()) sums[channel] = (sums[channel] ?? 0) + value;
  }
  const alpha = Math.round((255 * covered) / (SAMPLES * SAMPLES));
  return [...sums.map((sum) => (covered === 0 ? 0 : Math.round(sum / covered))), alpha];
}

/** undefined outside of the rounded square */
function colourAt(x: number, y: number): Colour | undefined {
  if (!isInSquare(x, y)) return undefined;
  if (y > FOOT + 0.04 && y < FOOT + 0.1 && x > 0.14 && x < 0.86) return LINE;
  const isBar = BARS.some(
    ([left, height]) => x >= left && x < left + BAR_WIDTH && y > FOOT - height && y < FOOT,
  );
  return isBar ? BAR : GROUND;
}

function isInSquare(x: number, y: number, radius = 0.18): boolean {
  const [dx, dy] = [x, y].map((at) => Math.max(radius - at, at - (1 - radius), 0));
  return Math.hypot(dx ?? 0, dy ?? 0) <= radius;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, size] of Object.entries(ICONS)) {
    const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, png(size, size, iconPixels(size)));
  }
}
