/** Which parts of a gzip file can be read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import { inflated, stretchesOf } from '../../../src/files/gzip-members.ts';

const folder = mkdtempSync(join(tmpdir(), 'gzip-'));
const path = join(folder, 'file.gz');
afterAll(() => rmSync(folder, { recursive: true }));

const members = Array.from({ length: 300 }, (_, at) => gzipSync(`line ${at}\n`));
const torn = gzipSync('torn\n').subarray(0, 12);

async function lengths(...parts: Buffer[]): Promise<(readonly [string, number])[]> {
  writeFileSync(path, Buffer.concat(parts));
  return (await stretchesOf(path)).map(({ kind, start, end }) => [kind, end - start] as const);
}

describe('the stretches of a file', () => {
  const all = Buffer.concat(members);

  it('are one where all of it is whole, however many members it has', async () => {
    expect(await lengths(all)).toEqual([['whole', all.length]]);
    expect(await lengths()).toEqual([]);
  });

  it('tell zeros and damage from what is whole', async () => {
    const zeros = Buffer.alloc(70_000);
    expect(await lengths(all, zeros)).toEqual([
      ['whole', all.length],
      ['zeros', zeros.length],
    ]);
    expect(await lengths(all, torn, all, zeros, all)).toEqual([
      ['whole', all.length],
      ['damaged', torn.length],
      ['whole', all.length],
      ['zeros', zeros.length],
      ['whole', all.length],
    ]);
  });

  it('give back what the members hold', async () => {
    writeFileSync(path, Buffer.concat([all, torn, all]));
    const chunks: Buffer[] = [];
    for (const stretch of await stretchesOf(path)) {
      if (stretch.kind !== 'whole') continue;
      for await (const chunk of inflated(path, stretch)) chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).equals(gunzipSync(Buffer.concat([all, all])))).toBe(true);
  });
});
