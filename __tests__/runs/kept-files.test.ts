/** The files that a run carries to the next one: where they really lie, and who may read them. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import { keptFile } from '../../src/files/kept-file.ts';
import { written } from '../support/hosts.ts';
import {
  between,
  closeAll,
  eventsFrom,
  HOUR,
  hourBack,
  number,
  openFolder,
  openTenant,
  step,
  titles,
} from '../support/steps.ts';

afterAll(closeAll);

const START = hourBack(60);
const WINDOW = between(START, START + 2 * HOUR);
const INPUTS = ['state-file', 'rejected-file', 'replay-file'] as const;
const TITLES = {
  'state-file': 'State file not usable',
  'rejected-file': 'Rejected rows could not be kept',
  'replay-file': 'Replay file not usable',
};

describe.each(INPUTS)('%s', (input) => {
  it.each(['a pipe', 'a folder'])('that is %s is refused before anything is called', async (what) => {
    const emulator = await openTenant();
    const folder = openFolder();
    const path = join(folder, 'file');
    if (what === 'a pipe') spawnSync('mkfifo', [path]);
    if (what === 'a folder') mkdirSync(path);
    const run = await step(emulator, { ...WINDOW, [input]: path });
    expect([run.code, titles(run.errors)]).toEqual([1, [TITLES[input]]]);
    expect(run.errors[0]?.text).toContain(`expected a regular file, got ${what}`);
    expect(emulator.requests).toEqual([]);
  });
});

// Not in a run: one with a fault here would replace the machine's own device.
it('a device is refused, also where a link leads to it', () => {
  const link = join(openFolder(), 'link');
  symlinkSync('/dev/null', link);
  for (const path of ['/dev/null', link])
    expect(() => keptFile(path, 'state-file')).toThrow(
      /^State file not usable: expected a regular file, got a device at /,
    );
});

describe('a symbolic link', () => {
  it.each(['to a file', 'that dangles', 'through a folder', 'over two links'])(
    '%s leads to the file that is kept',
    async (how) => {
      const emulator = await openTenant();
      emulator.addEvents(eventsFrom(START, 5));
      const [folder, lasting] = [openFolder(), openFolder()];
      const link = join(folder, 'state');
      const real = join(lasting, 'state');
      let path = link;
      if (how === 'to a file')
        await step(emulator, {
          ...WINDOW,
          'state-file': real,
          'end-time': new Date(START + HOUR).toISOString(),
        });
      if (how === 'through a folder') {
        symlinkSync(lasting, link);
        path = join(link, 'state');
      } else if (how === 'over two links') {
        symlinkSync('second', link);
        symlinkSync(real, join(folder, 'second'));
      } else symlinkSync(real, link);
      await step(emulator, { ...WINDOW, 'state-file': path });
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(readlinkSync(link)).toBe(
        how === 'through a folder' ? lasting : how === 'over two links' ? 'second' : real,
      );
      expect(readdirSync(lasting)).toEqual(['state']);
      const again = await step(emulator, { ...WINDOW, 'state-file': path });
      expect([number(again, 'source-requests'), emulator.rowCount]).toEqual([0, 5]);
    },
  );

  it('to the file that another input names is the same file', async () => {
    const emulator = await openTenant();
    const folder = openFolder();
    const [file, link] = [join(folder, 'rows.gz'), join(folder, 'link')];
    writeFileSync(file, gzipSync('{"row":{"ActivityId":"one"}}\n'));
    symlinkSync(file, link);
    const replay = await step(emulator, { 'replay-file': link, 'rejected-file': file });
    expect([replay.code, replay.outputs['activities-ingested']]).toEqual([0, '1']);
    for (const other of ['rejected-file', 'replay-file']) {
      const run = await step(emulator, { 'state-file': link, [other]: file });
      expect(titles(run.errors)).toEqual(['Inputs refused']);
      expect(run.errors[0]?.text).toContain(
        `${written('state-file')} and ${written(other)}: expected two different paths, got the same`,
      );
    }
  });

  it('as replay-file stays one', async () => {
    const emulator = await openTenant();
    const [folder, lasting] = [openFolder(), openFolder()];
    const link = join(folder, 'rejected.gz');
    writeFileSync(join(lasting, 'rows.gz'), gzipSync('{"row":{"ActivityId":"one"}}\n'));
    symlinkSync(join(lasting, 'rows.gz'), link);
    expect((await step(emulator, { 'replay-file': link })).code).toBe(0);
    expect([lstatSync(link).isSymbolicLink(), emulator.rowCount]).toEqual([true, 1]);
    expect((await step(emulator, { 'replay-file': link })).outputs['activities-ingested']).toBe('0');
  });
});

describe('rights', () => {
  it.each(INPUTS)('of a %s that others could read are taken back', async (input) => {
    const emulator = await openTenant();
    emulator.addEvents(eventsFrom(START, 5, { ReportName: 'Bad' }));
    emulator.addEvents(eventsFrom(START + HOUR, 5));
    emulator.fault({
      service: 'ingestion',
      rejectRows: ({ ReportName }) => ReportName === 'Bad',
      times: Number.POSITIVE_INFINITY,
    });
    const path = join(openFolder(), 'file');
    writeFileSync(path, input === 'replay-file' ? gzipSync('{"row":{"ActivityId":"one"}}\n') : '');
    chmodSync(path, 0o664);
    await step(emulator, { ...WINDOW, [input]: path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe('a file of rejected rows', () => {
  it('that inflates to a gigabyte is looked through in flat memory', async () => {
    const emulator = await openTenant();
    const path = join(openFolder(), 'rejected.gz');
    const member = gzipSync(`${'x'.repeat(64 * 2 ** 20)}\n`);
    writeFileSync(path, Buffer.concat(Array.from({ length: 16 }, () => member)));
    const plain = await step(emulator, WINDOW, { measurePeak: true });
    const run = await step(emulator, { ...WINDOW, 'rejected-file': path }, { measurePeak: true });
    expect([run.code, run.peakKb > 0]).toEqual([0, true]);
    expect(run.peakKb).toBeLessThan(plain.peakKb + 60_000);
  });
});
