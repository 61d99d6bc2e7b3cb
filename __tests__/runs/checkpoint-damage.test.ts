/** What becomes of a state file that is not what this run would have written. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { keyOf } from '../../src/rows/event-key.ts';
import { HOUR } from '../../src/time/clock.ts';
import { bytesOf, inFolder, key, open, readBack, stateOf } from '../support/checkpoint.ts';
import {
  between,
  closeAll,
  eventsFrom,
  hourBack,
  number,
  openFolder,
  openTenant,
  step,
  titles,
} from '../support/steps.ts';

afterAll(closeAll);

const NOW = Date.parse('2026-11-20T12:34:00Z');
const SEVEN = Date.parse('2026-11-20T07:00:00Z');

interface Sample {
  /** The file as a killed run leaves it: a snapshot, and what was appended behind it. */
  readonly bytes: Buffer;
  readonly snapshotEnd: number;
  /** The states that were on record at some time since the snapshot, as text. */
  readonly states: readonly string[];
  /** Lengths of the file at which they were. */
  readonly lengths: readonly number[];
}

const text = (state: unknown) => JSON.stringify(state);

function sample(folder: string): Sample {
  const path = join(folder, 'sample');
  const first = open(path, NOW).state;
  first.begin({ since: SEVEN - 30 * HOUR, at: NOW - HOUR });
  first.acknowledged([key(SEVEN, 1), key(SEVEN, 2), key(SEVEN, 3, true), key(SEVEN - HOUR, 4)]);
  first.final({ start: SEVEN - 30 * HOUR, end: SEVEN - 29 * HOUR });
  first.close(NOW);
  const { state } = open(path, NOW);
  const snapshotEnd = bytesOf(path).length;
  const states = [text(stateOf(state.checkpoint))];
  const lengths = [snapshotEnd];
  const note = () => {
    states.push(text(stateOf(state.checkpoint)));
    lengths.push(bytesOf(path).length);
  };
  state.begin({ since: SEVEN - 30 * HOUR, at: NOW });
  note();
  state.acknowledged([key(SEVEN, 5), key(SEVEN, 3, true), key(SEVEN + HOUR, 6)]);
  note();
  state.final({ start: SEVEN - 29 * HOUR, end: SEVEN - 28 * HOUR });
  note();
  state.acknowledged([key(SEVEN, 7), key(SEVEN, 8)]);
  note();
  const bytes = bytesOf(path);
  state.close(NOW);
  return { bytes, snapshotEnd, states, lengths };
}

const FIRST_RUN = text({ mark: undefined, hours: [] });

/** Opens a file with these bytes, and says what was made of it. */
function outcome(
  folder: string,
  name: string,
  bytes: Buffer,
): { state: string; told: readonly string[]; aside: string[] } {
  const home = join(folder, name);
  mkdirSync(home);
  const path = join(home, 'state');
  writeFileSync(path, bytes);
  const { state, told } = open(path, NOW);
  const found = text(stateOf(state.checkpoint));
  expect(state.close(NOW)).toBeUndefined();
  const aside = readdirSync(home).filter((one) => one !== 'state');
  return { state: found, told, aside: aside.map((one) => join(home, one)) };
}

/** Set aside: told in a sentence that names both files, the bytes kept, and this run a first run. */
function expectSetAside(found: ReturnType<typeof outcome>, bytes: Buffer, kind: string): void {
  expect(found.state).toBe(FIRST_RUN);
  expect(found.told).toHaveLength(1);
  expect(found.aside).toHaveLength(1);
  const [aside = ''] = found.aside;
  expect(aside).toContain(`state.${kind}-`);
  expect(found.told[0]).toContain(aside);
  expect(found.told[0]).toMatch(/first run/);
  expect(readFileSync(aside).equals(bytes)).toBe(true);
}

describe('a damaged state file', () => {
  it('cut at any length is an earlier state of itself, or set aside', () =>
    inFolder((folder) => {
      const { bytes, snapshotEnd, states, lengths } = sample(folder);
      for (let length = 0; length <= bytes.length; length += 1) {
        const cut = bytes.subarray(0, length);
        const found = outcome(folder, `cut-${length}`, cut);
        if (length < snapshotEnd) {
          expectSetAside(found, cut, 'damaged');
        } else {
          const at = lengths.findLastIndex((one) => one <= length);
          expect(found).toEqual({ state: states[at], told: [], aside: [] });
        }
      }
    }));

  it('with any byte changed is set aside, or, cut short, an earlier state of itself', () =>
    inFolder((folder) => {
      const { bytes, snapshotEnd, states } = sample(folder);
      for (let at = 0; at < bytes.length; at += 1) {
        for (const bit of [0x01, 0x80]) {
          const flipped = Buffer.from(bytes);
          flipped[at] = (flipped[at] ?? 0) ^ bit;
          const found = outcome(folder, `flip-${at}-${bit}`, flipped);
          if (found.told.length > 0) {
            expectSetAside(found, flipped, 'damaged');
            continue;
          }
          // A length that reaches past the end looks like an append that was cut short.
          expect(at).toBeGreaterThanOrEqual(snapshotEnd);
          expect(states.slice(0, -1)).toContain(found.state);
        }
      }
    }));

  it('whose damage lies in front of whole records is set aside, not taken for one that was cut short', () =>
    inFolder((folder) => {
      const { bytes, lengths } = sample(folder);
      // The length of the first of four appended records now reaches past the end of the file.
      const damaged = Buffer.from(bytes);
      damaged.writeUInt32LE(0x00ff_ffff, lengths[0] ?? 0);
      expectSetAside(outcome(folder, 'long', damaged), damaged, 'damaged');
    }));

  it.each([
    ['empty', Buffer.alloc(0)],
    ['a few zeros', Buffer.alloc(20)],
    ['zeros', Buffer.alloc(4096)],
    ['text', Buffer.from('{"version":1,"hours":{}}\n'.repeat(20))],
    ['noise', Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 7919 + (at >> 3) * 31) & 0xff))],
    ['a length of four gigabytes', Buffer.concat([Buffer.alloc(4, 0xff), Buffer.alloc(100, 1)])],
  ])('%s is set aside', (title, bytes) =>
    inFolder((folder) => expectSetAside(outcome(folder, title, bytes), bytes, 'damaged')),
  );

  it('followed by zeros, as a power cut leaves them, is set aside or its own state', () =>
    inFolder((folder) => {
      const { bytes, states } = sample(folder);
      for (const zeros of [1, 8, 9, 100]) {
        const file = Buffer.concat([bytes, Buffer.alloc(zeros)]);
        const found = outcome(folder, `zeros-${zeros}`, file);
        if (found.told.length > 0) expectSetAside(found, file, 'damaged');
        else expect(found.state).toBe(states.at(-1));
      }
    }));

  it('never takes the name of one that was set aside before', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      for (const content of ['one', 'two', 'three']) {
        writeFileSync(path, content);
        open(path, NOW).state.close(NOW);
      }
      const aside = readdirSync(folder).filter((name) => name !== 'state');
      expect(aside.map((name) => readFileSync(join(folder, name), 'utf8')).sort()).toEqual([
        'one',
        'three',
        'two',
      ]);
    }));

  it('is left where it is in a dry run', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      writeFileSync(path, 'garbage');
      const { state, told } = open(path, NOW, { readOnly: true });
      expect(text(stateOf(state.checkpoint))).toBe(FIRST_RUN);
      expect(told[0]).toMatch(/dry run/);
      state.acknowledged([key(SEVEN, 1)]);
      expect(state.close(NOW)).toBeUndefined();
      expect(readdirSync(folder)).toEqual(['state']);
      expect(readFileSync(path, 'utf8')).toBe('garbage');
    }));
});

describe('a state file of somebody else', () => {
  it('of another configuration is set aside, and can be put back', () =>
    inFolder((folder) => {
      const { bytes, states } = sample(folder);
      const path = join(folder, 'state');
      writeFileSync(path, bytes);
      const other = open(path, NOW, { fingerprint: '0'.repeat(64) });
      expect(text(stateOf(other.state.checkpoint))).toBe(FIRST_RUN);
      expect(other.told[0]).toMatch(/belongs to another tenant, source, filter, rule or stream/);
      other.state.close(NOW);
      const aside = readdirSync(folder).find((name) => name.startsWith('state.other-configuration-')) ?? '';
      expect(readFileSync(join(folder, aside)).equals(bytes)).toBe(true);
      expect(text(readBack(join(folder, aside), NOW).state)).toBe(states.at(-1));
    }));

  it('of a newer version is set aside unread', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      open(path, NOW).state.close(NOW);
      const bytes = bytesOf(path);
      const older = bytes.toString('latin1');
      expect(older).toContain('"version":1');
      const newer = reframed(Buffer.from(older.replace('"version":1', '"version":9'), 'latin1'));
      expectSetAside(outcome(folder, 'newer', newer), newer, 'newer');
    }));
});

/** Puts the checksum of the first record right again. */
function reframed(bytes: Buffer): Buffer {
  const end = 13 + bytes.readUInt32LE(0);
  bytes.writeUInt32LE(crc(bytes.subarray(12, end)), 8);
  return bytes;
}

function crc(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

describe('the file itself', () => {
  it('begins where there was none, with its folders, for the owner only', () =>
    inFolder((folder) => {
      const path = join(folder, 'a', 'b', 'state');
      open(path, NOW).state.close(NOW);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['state']);
    }));

  it('is a clear error below what is no folder', () =>
    inFolder((folder) => {
      writeFileSync(join(folder, 'file'), '');
      for (const path of [join(folder, 'file', 'state'), folder]) {
        expect(() => open(path, NOW)).toThrow(
          expect.objectContaining({
            code: 'state-file',
            message: expect.stringMatching(/^State file not usable: E/),
          }),
        );
        expect(existsSync(`${path}.lock`)).toBe(false);
      }
    }));

  it('is at most 16 MB for a million events in unsettled hours, and read back whole', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const { state } = open(path, NOW);
      for (let batch = 0; batch < 1000; batch += 1) {
        const of = SEVEN - (batch % 25) * HOUR;
        state.acknowledged(Array.from({ length: 1000 }, (_, at) => key(of, batch * 1000 + at)));
      }
      const journal = bytesOf(path).length;
      state.close(NOW);
      const compact = bytesOf(path).length;
      expect(journal).toBeLessThan(16_000_000);
      expect(compact).toBeLessThan(8_100_000);
      const again = open(path, NOW).state;
      const counted = [...again.checkpoint.hours.values()].reduce((sum, { count }) => sum + count, 0);
      expect(counted).toBe(1_000_000);
      expect(again.checkpoint.has(key(SEVEN, 0))).toBe(true);
      again.close(NOW);
    }));

  const onPosix = process.platform === 'win32' ? it.skip : it;
  onPosix('on a full disk holds what was told before, and says that it lacks the rest', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      open(path, NOW).state.close(NOW);
      const support = JSON.stringify(new URL('../support/checkpoint.ts', import.meta.url).href);
      const script = `
        import { key, open } from ${support};
        const { state } = open(${JSON.stringify(path)}, ${NOW});
        let noted = 0;
        let fault = '';
        try {
          for (; ; noted += 50) state.acknowledged(Array.from({ length: 50 }, (_, at) => key(${SEVEN}, noted + at)));
        } catch (error) {
          fault = error.code + ': ' + error.message;
        }
        console.log(JSON.stringify({ noted, fault, hindrance: state.close(${NOW}) }));`;
      // Nothing can be written beyond two blocks of 512 bytes: EFBIG instead of ENOSPC.
      const limited = `trap '' XFSZ; ulimit -f 2; exec "$0" --input-type=module -e "$1"`;
      const child = spawnSync('sh', ['-c', limited, process.execPath, script], {
        encoding: 'utf8',
        env: { ...process.env, NODE_NO_WARNINGS: '1', NODE_OPTIONS: '' },
      });
      const { noted, fault, hindrance } = JSON.parse(child.stdout);
      expect(noted).toBe(100);
      expect(fault).toMatch(/^state-file: State file not usable: EFBIG at /);
      expect(hindrance).toEqual({ code: 'EFBIG', lacking: true });
      expect(readdirSync(folder)).toEqual(['state']);
      const { told, state } = readBack(path, NOW);
      expect([told, state]).toMatchObject([[], { hours: [{ hour: SEVEN, count: noted }] }]);
    }),
  );

  it('lets go of what the service has forgotten', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const { state } = open(path, NOW);
      state.acknowledged([key(SEVEN - 29 * 24 * HOUR, 1), key(SEVEN - 27 * 24 * HOUR, 2)]);
      state.close(NOW);
      const again = open(path, NOW).state;
      expect([...again.checkpoint.hours.keys()]).toEqual([SEVEN - 27 * 24 * HOUR]);
      again.close(NOW);
    }));

  it('holds nothing of an event that could be read', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const { state } = open(path, NOW);
      const events = [
        { Id: 'id-of-an-event-0001', UserId: 'ana@example.test' },
        { UserId: 'bo@example.test', Activity: 'ViewReport' },
      ];
      state.acknowledged(events.map((event) => keyOf(event, SEVEN)));
      const journal = bytesOf(path).toString('latin1');
      state.close(NOW);
      const written = journal + bytesOf(path).toString('latin1');
      expect(written).not.toMatch(/id-of|0001|example|ana|ViewReport/);
    }));
});

describe('the run', () => {
  const START = hourBack(40);
  const WINDOW = between(START, START + 2 * HOUR);

  it('is told in a warning that its file was set aside, and goes on as a first run', async () => {
    const emulator = await openTenant();
    emulator.addEvents(eventsFrom(START, 12));
    const path = join(openFolder(), 'state');
    writeFileSync(path, 'garbage');
    const run = await step(emulator, { ...WINDOW, 'state-file': path });
    expect(run.code).toBe(0);
    expect(titles(run.warnings)).toEqual(['State file set aside']);
    expect(run.summary).toContain('is damaged');
    expect(run.outputs).toMatchObject({ complete: 'true', 'activities-ingested': '12' });
    const next = await step(emulator, { ...WINDOW, 'state-file': path });
    expect(next.warnings).toEqual([]);
    expect(number(next, 'source-requests')).toBe(0);
  });

  it.each([
    ['activity', { activity: 'ViewReport' }],
    ['stream-name', { 'stream-name': 'Custom-Other_CL' }],
    ['workspace-ids', { 'workspace-ids': '00000000-0000-4000-8000-0000000000b1' }],
    ['source', { source: 'fabric' }],
  ])('with another %s does not go on from it', async (_title, change: Record<string, string>) => {
    const emulator = await openTenant();
    emulator.addEvents(eventsFrom(START, 12));
    const path = join(openFolder(), 'state');
    await step(emulator, { ...WINDOW, 'state-file': path });
    if ('stream-name' in change) emulator.configure.streamName = 'Custom-Other_CL';
    const run = await step(emulator, { ...WINDOW, 'state-file': path, ...change });
    expect(titles(run.warnings)).toContain('State file set aside');
    expect(number(run, 'source-requests')).toBeGreaterThan(0);
  });

  it('with a file that cannot be written ends before anything is asked for', async () => {
    const emulator = await openTenant();
    const folder = openFolder();
    writeFileSync(join(folder, 'file'), '');
    const run = await step(emulator, { ...WINDOW, 'state-file': join(folder, 'file', 'state') });
    expect(titles(run.errors)).toEqual(['State file not usable']);
    expect(run.errors[0]?.text).toMatch(/: (ENOTDIR|EEXIST) at /);
    expect(emulator.requests).toEqual([]);
  });

  it('that is dry reads a folder in place of the file as the fault it is', async () => {
    const emulator = await openTenant();
    const run = await step(emulator, { ...WINDOW, 'state-file': openFolder(), 'dry-run': 'true' });
    expect(titles(run.errors)).toEqual(['State file not usable']);
  });
});
