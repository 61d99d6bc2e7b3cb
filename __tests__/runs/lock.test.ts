import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { lock, processSpace } from '../../src/files/file-lock.ts';
import { inFolder, key, open } from '../support/checkpoint.ts';
import {
  between,
  closeAll,
  eventsFrom,
  expectOnce,
  HOUR,
  hourBack,
  MINUTE,
  number,
  openFolder,
  openTenant,
  step,
  titles,
} from '../support/steps.ts';

afterAll(closeAll);

const START = hourBack(30);
const WINDOW = between(START, START + 2 * HOUR);

/** The id of a process that ran and is gone. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', ''], { stdio: 'ignore' }).pid;
}

function holder(more: Partial<{ host: string; pid: number; space: string }>): string {
  const own = { token: 'a-token', host: hostname(), pid: process.pid, space: processSpace() };
  return JSON.stringify({ ...own, ...more });
}

function attempt(path: string): string {
  try {
    lock(path, 'the file', 'state-file').release();
    return 'taken';
  } catch (error) {
    return (error as { code?: string }).code ?? 'unknown';
  }
}

/** A process of its own that wants the file at a certain moment, and keeps it until all others have tried. */
function contender(path: string, at: number): Promise<string> {
  const script = `
    import { lock } from ${JSON.stringify(new URL('../../src/files/file-lock.ts', import.meta.url).href)};
    while (Date.now() < ${at});
    try {
      const { release } = lock(${JSON.stringify(path)}, 'the file', 'state-file');
      process.stdout.write('taken');
      setTimeout(release, 4000);
    } catch (error) {
      process.stdout.write(error.code);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  let told = '';
  child.stdout.on('data', (chunk) => {
    told += chunk;
  });
  return new Promise((resolve) => child.on('close', () => resolve(told)));
}

describe('a file', () => {
  it('is held by one at a time, and free again afterwards', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const { release } = lock(path, 'the file', 'state-file');
      expect(() => lock(path, 'the file', 'state-file')).toThrow(
        /^File in use by another run: the file .* is in use by process/,
      );
      release();
      expect(attempt(path)).toBe('taken');
      expect(readdirSync(folder)).toEqual([]);
    }));

  it('is not disturbed by another one in the same folder', () =>
    inFolder((folder) => {
      const { release } = lock(join(folder, 'one'), 'the file', 'state-file');
      expect(attempt(join(folder, 'other'))).toBe('taken');
      release();
    }));

  const LEFT: readonly {
    readonly title: string;
    readonly text: () => string;
    readonly old?: true;
    readonly is: string;
  }[] = [
    { title: 'of a process that is gone', text: () => holder({ pid: deadPid() }), is: 'taken' },
    { title: 'of this very process id, come back in another run', text: () => holder({}), is: 'taken' },
    { title: 'of a process that lives', text: () => holder({ pid: process.ppid }), is: 'state-locked' },
    {
      title: 'of a live process that was not touched for minutes',
      text: () => holder({ pid: process.ppid }),
      old: true,
      is: 'taken',
    },
    {
      title: 'of another machine',
      text: () => holder({ host: 'elsewhere', pid: deadPid() }),
      is: 'state-locked',
    },
    {
      title: 'of another machine, untouched for minutes',
      text: () => holder({ host: 'elsewhere' }),
      old: true,
      is: 'taken',
    },
    {
      title: 'of a container with the same name, whose process ids are its own',
      text: () => holder({ pid: deadPid(), space: 'another' }),
      is: 'state-locked',
    },
    { title: 'that cannot be read', text: () => '{"tok', is: 'state-locked' },
    { title: 'that a process which died at once never wrote', text: () => '', is: 'taken' },
    { title: 'that cannot be read, untouched for minutes', text: () => '', old: true, is: 'taken' },
  ];

  it.each(LEFT)('with a lock $title: $is', ({ text, old, is }) =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      writeFileSync(`${path}.lock`, text());
      const past = new Date(Date.now() - 6 * 60_000);
      if (old) utimesSync(`${path}.lock`, past, past);
      expect(attempt(path)).toBe(is);
      // A lock of somebody alive stays as it was; one that was taken over leaves nothing behind.
      expect(readdirSync(folder)).toEqual(is === 'taken' ? [] : ['state.lock']);
    }),
  );

  it('that a run died over while it took it over is free', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      for (const lockLeft of [holder({ pid: deadPid() }), undefined]) {
        for (const guard of [holder({ pid: deadPid() }), '']) {
          if (lockLeft !== undefined) writeFileSync(`${path}.lock`, lockLeft);
          writeFileSync(`${path}.lock.takeover`, guard);
          expect(attempt(path)).toBe('taken');
          expect(readdirSync(folder)).toEqual([]);
        }
      }
    }));

  it('that another run is taking over is left to it', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      writeFileSync(`${path}.lock`, holder({ pid: deadPid() }));
      writeFileSync(`${path}.lock.takeover`, holder({ pid: process.ppid }));
      expect(attempt(path)).toBe('state-locked');
      expect(readdirSync(folder)).toEqual(['state.lock', 'state.lock.takeover']);
    }));

  it.each([
    ['a dead run', () => holder({ pid: deadPid() })],
    ['a run that died at once', () => ''],
  ])(
    'whose lock is of %s goes to one of many that come at the same moment',
    async (_title, left) => {
      const folder = openFolder();
      for (let round = 0; round < 2; round += 1) {
        const path = join(folder, 'state');
        writeFileSync(`${path}.lock`, left());
        const at = Date.now() + 1500;
        const ends = await Promise.all(Array.from({ length: 5 }, () => contender(path, at)));
        expect(ends.sort()).toEqual([...Array(4).fill('state-locked'), 'taken']);
        expect(readdirSync(folder)).toEqual([]);
      }
    },
    60_000,
  );

  it('whose lock was taken over by another run stays locked when the first one ends', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const { release } = lock(path, 'the file', 'state-file');
      writeFileSync(`${path}.lock`, holder({ host: 'elsewhere' }));
      release();
      expect(existsSync(`${path}.lock`)).toBe(true);
    }));
});

describe('who holds a file', () => {
  const codeOf = (act: () => void) => {
    try {
      act();
      return 'went well';
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };

  it('is told when it lost it, and neither touches nor removes the lock of the other', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const held = lock(path, 'the file', 'state-file');
      const past = new Date(Date.now() - 6 * MINUTE);
      for (const left of [holder({ host: 'elsewhere', pid: 77 }), '', undefined]) {
        rmSync(`${path}.lock`, { force: true });
        if (left !== undefined) {
          writeFileSync(`${path}.lock`, left);
          utimesSync(`${path}.lock`, past, past);
        }
        expect(codeOf(held.ensureHeld)).toBe('state-locked');
        if (left !== undefined)
          expect(Math.abs(statSync(`${path}.lock`).mtimeMs - past.getTime())).toBeLessThan(2);
      }
      writeFileSync(`${path}.lock`, holder({ host: 'elsewhere', pid: 77 }));
      expect(held.ensureHeld).toThrow(/the file .* was taken over by process 77 on elsewhere/);
      held.release();
      expect(readFileSync(`${path}.lock`, 'utf8')).toContain('elsewhere');
    }));

  it('that was frozen for long goes on where nobody came, and is not stale from then on', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const held = lock(path, 'the file', 'state-file');
      const past = new Date(Date.now() - 6 * MINUTE);
      utimesSync(`${path}.lock`, past, past);
      expect(codeOf(held.ensureHeld)).toBe('went well');
      expect(attempt(path)).toBe('state-locked');
      held.release();
      expect(readdirSync(folder)).toEqual([]);
    }));

  it('writes nothing to a state file that it lost, and says so also at the end', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const { state } = open(path, START);
      const before = readFileSync(path);
      writeFileSync(`${path}.lock`, holder({ host: 'elsewhere' }));
      // The other one is about to replace the file.
      writeFileSync(`${path}.new`, 'of the other');
      expect(codeOf(() => state.begin({ since: START, at: START }))).toBe('state-locked');
      expect(codeOf(() => state.acknowledged([key(START, 1)]))).toBe('state-locked');
      expect(codeOf(() => state.final({ start: START, end: START + HOUR }))).toBe('state-locked');
      expect(codeOf(() => state.close(START))).toBe('state-locked');
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(readFileSync(`${path}.new`, 'utf8')).toBe('of the other');
      expect(readdirSync(folder)).toEqual(['state', 'state.lock', 'state.new']);
    }));
});

/** Put before the step's own code, so that it runs with a clock that is ahead. */
function clockAhead(ms: number): string {
  const preload = join(openFolder(), 'clock.mjs');
  writeFileSync(preload, `const now = Date.now; Date.now = () => now() + ${ms};`);
  return `--import=${pathToFileURL(preload).href}`;
}

describe('two runs on one file at once', () => {
  it('that of a machine whose clock is ahead ends, and touches nothing', async () => {
    const emulator = await openTenant({ uploadDelayMs: 900 });
    emulator.addEvents(eventsFrom(START, 20));
    const path = join(openFolder(), 'state');
    const inputs = { ...WINDOW, 'state-file': path };
    const first = step(emulator, inputs);
    while (!existsSync(`${path}.lock`)) await new Promise((resolve) => setTimeout(resolve, 5));
    const ahead = { ...emulator, env: { ...emulator.env, NODE_OPTIONS: clockAhead(10 * MINUTE) } };
    const second = await step(ahead, inputs);
    expect(titles(second.errors)).toEqual(['File in use by another run']);
    const one = await first;
    expect([one.code, number(one, 'activities-ingested')]).toEqual([0, 20]);
    expectOnce(emulator, START, START + 2 * HOUR);
  });

  it('that of a container which has the same name and process ids ends, and touches nothing', async () => {
    const emulator = await openTenant();
    emulator.addEvents(eventsFrom(START, 20));
    const path = join(openFolder(), 'state');
    writeFileSync(`${path}.lock`, holder({ pid: deadPid(), space: 'another' }));
    const run = await step(emulator, { ...WINDOW, 'state-file': path });
    expect(titles(run.errors)).toEqual(['File in use by another run']);
    expect(emulator.rowCount).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('one that is frozen after its last upload, and loses the file, does not replace it when it wakes', async () => {
    const emulator = await openTenant();
    emulator.addEvents(eventsFrom(START, 20));
    const path = join(openFolder(), 'state');
    let signal: (name: NodeJS.Signals) => void = () => undefined;
    let isFrozen = false;
    // The only upload with rows is on the way when it stops; its answer comes when it is awake again.
    const rejectRows = () => {
      if (!isFrozen) signal('SIGSTOP');
      isFrozen = true;
      return false;
    };
    emulator.fault({ service: 'ingestion', rejectRows });
    const onStart = (kill: typeof signal) => {
      signal = kill;
    };
    const frozen = step(emulator, { ...WINDOW, 'state-file': path }, { onStart });
    while (!isFrozen) await new Promise((resolve) => setTimeout(resolve, 5));
    const past = new Date(Date.now() - 6 * MINUTE);
    utimesSync(`${path}.lock`, past, past);
    const second = await step(emulator, { ...WINDOW, 'state-file': path });
    expect(second.code).toBe(0);
    const state = readFileSync(path);
    signal('SIGCONT');
    const first = await frozen;
    expect([first.code, titles(first.errors)]).toEqual([1, ['File in use by another run']]);
    expect(titles(first.warnings)).toEqual([]);
    expect(readFileSync(path).equals(state)).toBe(true);
    expect(readdirSync(join(path, '..'))).toEqual(['state']);
  });

  it.each(['state-file', 'rejected-file'] as const)(
    '%s: the second ends, and touches nothing',
    async (input) => {
      const emulator = await openTenant({ uploadDelayMs: 900 });
      emulator.addEvents(eventsFrom(START, 20));
      const path = join(openFolder(), 'file');
      const inputs = { ...WINDOW, [input]: path };
      const first = step(emulator, inputs);
      while (!existsSync(`${path}.lock`)) await new Promise((resolve) => setTimeout(resolve, 5));
      const before = emulator.requests.length;
      const second = await step(emulator, inputs);
      expect(titles(second.errors)).toEqual(['File in use by another run']);
      expect(second.errors[0]?.text).toContain('concurrency group');
      expect(number(second, 'activities-collected')).toBe(0);
      const one = await first;
      expect([one.code, number(one, 'activities-ingested')]).toEqual([0, 20]);
      expect(
        emulator.requests.slice(before).filter(({ rows, service }) => service === 'ingestion' && rows > 0),
      ).toHaveLength(1);
      expect(existsSync(`${path}.lock`)).toBe(false);
      const third = await step(emulator, inputs);
      expect(third.code).toBe(0);
      if (input === 'state-file') expect(number(third, 'activities-ingested')).toBe(0);
    },
  );

  it('the one that stood still for minutes and was given up sends and writes nothing any more', async () => {
    const emulator = await openTenant({ pageDelayMs: 300 });
    emulator.addEvents(eventsFrom(START, 20));
    const path = join(openFolder(), 'state');
    let signal: (name: NodeJS.Signals) => void = () => undefined;
    const frozen = step(
      emulator,
      { ...WINDOW, 'state-file': path },
      {
        onStart: (kill) => {
          signal = kill;
        },
      },
    );
    while (emulator.requestsTo('power-bi').length === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    signal('SIGSTOP');
    const past = new Date(Date.now() - 6 * 60_000);
    utimesSync(`${path}.lock`, past, past);
    const second = await step(emulator, { ...WINDOW, 'state-file': path });
    expect([second.code, number(second, 'activities-ingested')]).toEqual([0, 20]);
    const state = readFileSync(path);
    signal('SIGCONT');
    const first = await frozen;
    expect([titles(first.errors), number(first, 'activities-ingested')]).toEqual([
      ['File in use by another run'],
      0,
    ]);
    expect(emulator.rowCount).toBe(20);
    expect(readFileSync(path).equals(state)).toBe(true);
    expect(readdirSync(join(path, '..'))).toEqual(['state']);
  });

  it('a lock that a killed run left is taken over', async () => {
    const emulator = await openTenant();
    emulator.addEvents(eventsFrom(START, 20));
    const path = join(openFolder(), 'state');
    let kill: (signal: NodeJS.Signals) => void = () => undefined;
    emulator.fault({ service: 'ingestion', silent: true, skip: 1 });
    const killed = step(
      emulator,
      { ...WINDOW, 'state-file': path },
      {
        onStart: (signal) => {
          kill = signal;
        },
      },
    );
    while (!existsSync(`${path}.lock`)) await new Promise((resolve) => setTimeout(resolve, 5));
    kill('SIGKILL');
    expect((await killed).signal).toBe('SIGKILL');
    expect(readFileSync(`${path}.lock`, 'utf8')).toContain('pid');
    emulator.clearFaults();
    const next = await step(emulator, { ...WINDOW, 'state-file': path });
    expect([next.code, number(next, 'activities-ingested')]).toEqual([0, 20]);
    expect(readdirSync(join(path, '..'))).toEqual(['state']);
  });

  it.each([
    ['the destination refuses', { roleGranted: false }],
    ['the source refuses', { powerBiAllowed: false, fabricAllowed: false }],
    ['the sign-in is refused', { clientIds: [] }],
  ])('the file is free again when %s', async (_title, settings) => {
    const emulator = await openTenant();
    Object.assign(emulator.configure, settings);
    const folder = openFolder();
    const files = {
      'state-file': join(folder, 'state'),
      'rejected-file': join(folder, 'rejected'),
    };
    expect((await step(emulator, { ...WINDOW, ...files, fallback: 'false' })).code).toBe(1);
    expect(readdirSync(folder)).toEqual(['state']);
  });

  it('a replay file that is not there leaves no lock either', async () => {
    const emulator = await openTenant();
    const folder = openFolder();
    const run = await step(emulator, { 'replay-file': join(folder, 'none.gz') });
    expect(titles(run.errors)).toEqual(['Replay file not usable']);
    expect(readdirSync(folder)).toEqual([]);
  });
});
