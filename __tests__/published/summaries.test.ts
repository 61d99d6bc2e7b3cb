/** docs/summaries.md shows what summaries look like now: every scene, with pictures that are there, small, and no others. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { galleryOf, PICTURES, picturesOf } from '../../tools/picture/gallery.ts';
import { HOSTS, type HostName, SCENES, summaryOfScene } from '../../tools/picture/scenes/scenes.ts';

const docs = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('summaries.md', docs), 'utf8');
const scenes = Object.values(SCENES).flat();
const MEBIBYTE = 2 ** 20;

it('is what the scenes come to (npm run picture -- summaries)', () => {
  expect(page).toBe(galleryOf());
});

describe.each(scenes)('the scene $name', (scene) => {
  it('is named, with one sentence on when it is seen', () => {
    const section = page.split(/^###? /m).filter((one) => one.startsWith(`${scene.title}\n`));
    expect(section).toHaveLength(1);
    expect(section[0]).toContain(`\n\n${scene.when}\n\n`);
    expect(scene.when).toMatch(/^[A-Z].*\.$/);
    expect(scene.when).not.toMatch(/\. [A-Z]/);
  });

  it.each(picturesOf(scene))('has its picture $file', ({ file, columns }) => {
    expect(page).toContain(file);
    const picture = readFileSync(new URL(file, docs));
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    expect(picture.readUInt32BE(16)).toBe(columns.reduce((sum, column) => sum + column));
  });

  it.each(Object.keys(HOSTS) as HostName[])('has no table that a narrow page cannot hold, on %s', (host) => {
    for (const [row = ''] of summaryOfScene(scene, host).matchAll(/^\|.*\|$/gm))
      expect(row.split(/(?<!\\)\|/).length - 2).toBeLessThanOrEqual(6);
  });
});

it('no scene is there twice, and no picture of none', () => {
  expect(new Set(scenes.map(({ name }) => name)).size).toBe(scenes.length);
  const files = scenes.flatMap((scene) => picturesOf(scene).map(({ file }) => file));
  expect(
    readdirSync(new URL(PICTURES, docs))
      .map((file) => `${PICTURES}/${file}`)
      .sort(),
  ).toEqual(files.sort());
});

it('the pictures are small enough to be kept with the sources', () => {
  const sizes = readdirSync(new URL(PICTURES, docs)).map(
    (file) => readFileSync(new URL(`${PICTURES}/${file}`, docs)).length,
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4.5 * MEBIBYTE);
});
