/** Runs in a row with one checkpoint: what each asks for, what it sends, what it says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import {
  asked,
  between,
  closeAll,
  DAY,
  eventsFrom,
  expectOnce,
  HOUR,
  hourBack,
  iso,
  MINUTE,
  number,
  openFolder,
  openTenant,
  type Step,
  step,
  titles,
} from '../support/steps.ts';

afterAll(closeAll);

const ALWAYS = Number.POSITIVE_INFINITY;

function stateFile(): { 'state-file': string } {
  return { 'state-file': join(openFolder(), 'state') };
}

/** A tenant with so many events at the beginning of each hour from `start` on. */
async function tenant(start: number, hours: number, each = 3): Promise<Emulator> {
  const emulator = await openTenant();
  for (let hour = 0; hour < hours; hour += 1) emulator.addEvents(eventsFrom(start + hour * HOUR, each));
  return emulator;
}

/** What a run asked the activity log for. */
async function asking(
  emulator: Emulator,
  inputs: Record<string, string>,
): Promise<{ run: Step; windows: { start: number; end: number }[] }> {
  const before = emulator.requestsTo('power-bi').length;
  const run = await step(emulator, inputs);
  return {
    run,
    windows: asked(emulator)
      .slice(before)
      .sort((a, b) => a.start - b.start),
  };
}

function complete(run: Step): void {
  expect([run.code, run.outputs.complete, titles(run.errors), titles(run.warnings)]).toEqual([
    0,
    'true',
    [],
    [],
  ]);
}

describe('a second run', () => {
  it('asks again for hours that may still get events, sends nothing new, and says so', async () => {
    const start = hourBack(23);
    const emulator = await tenant(start, 22);
    const inputs = stateFile();
    complete(await step(emulator, inputs));
    const { run, windows } = await asking(emulator, inputs);
    complete(run);
    expect(run.outputs).toMatchObject({
      'activities-collected': '66',
      'duplicates-skipped': '66',
      'activities-ingested': '0',
      'batches-sent': '0',
    });
    expect(run.summary).toMatch(/^## ✅ Complete: nothing new/);
    expect(windows.length).toBeLessThanOrEqual(26);
    expect(number(run, 'source-requests')).toBe(windows.length);
    expectOnce(emulator, start, start + DAY);
  });

  it('sends the late events, and only those', async () => {
    const start = hourBack(20);
    const emulator = await tenant(start, 19);
    const inputs = stateFile();
    complete(await step(emulator, inputs));
    const late = eventsFrom(start + 5 * HOUR + 40 * MINUTE, 4);
    emulator.addEvents(late);
    const { run } = await asking(emulator, inputs);
    complete(run);
    expect(run.outputs).toMatchObject({ 'activities-ingested': '4', 'duplicates-skipped': '57' });
    expectOnce(emulator, start, start + DAY);
  });

  it('makes no request at all for hours that are settled, and does not call that unusual', async () => {
    const start = hourBack(80);
    const emulator = await tenant(start, 30);
    const inputs = { ...between(start, start + 30 * HOUR), ...stateFile() };
    complete(await step(emulator, inputs));
    const { run, windows } = await asking(emulator, inputs);
    expect(windows).toEqual([]);
    expect(run.outputs).toMatchObject({
      'source-requests': '0',
      'activities-collected': '0',
      complete: 'true',
      'window-start': iso(start),
      'window-end': iso(start + 30 * HOUR),
    });
    complete(run);
    expect(run.summary).toMatch(/^## ✅ Complete: nothing new/);
  });

  it('never asks for a settled hour again, even if something should turn up in it', async () => {
    const start = hourBack(40);
    const emulator = await tenant(start, 2);
    const inputs = { ...between(start, start + 2 * HOUR), ...stateFile() };
    complete(await step(emulator, inputs));
    emulator.addEvents(eventsFrom(start + 30 * MINUTE, 1));
    const { windows } = await asking(emulator, inputs);
    expect(windows).toEqual([]);
    // Another file is the way to send it all again.
    const { run } = await asking(emulator, { ...inputs, ...stateFile() });
    expect(number(run, 'activities-ingested')).toBe(7);
  });

  it('recognises events without an id, and sends one more only where one more is there', async () => {
    const start = hourBack(10);
    const emulator = await openTenant();
    const plain = { CreationTime: iso(start + MINUTE), Activity: 'ViewReport', Note: 'one' };
    emulator.addEvents([plain, plain, { ...plain, Note: 'other' }]);
    const inputs = { 'lookback-hours': '12', ...stateFile() };
    complete(await step(emulator, inputs));
    const second = await step(emulator, inputs);
    expect(second.outputs).toMatchObject({ 'duplicates-skipped': '3', 'activities-ingested': '0' });
    emulator.addEvents([plain]);
    const third = await step(emulator, inputs);
    expect(third.outputs).toMatchObject({ 'duplicates-skipped': '3', 'activities-ingested': '1' });
    const fourth = await step(emulator, inputs);
    expect(fourth.outputs).toMatchObject({ 'duplicates-skipped': '4', 'activities-ingested': '0' });
    expect(emulator.table).toHaveLength(4);
  });
});

describe('hours', () => {
  it('asked for in part are asked for again only for the rest', async () => {
    const start = hourBack(60);
    const emulator = await tenant(start, 3, 50);
    const inputs = stateFile();
    const half = start + HOUR + 20 * MINUTE;
    complete(await step(emulator, { ...between(half, start + 3 * HOUR), ...inputs }));
    const { run, windows } = await asking(emulator, { ...between(start, start + 3 * HOUR), ...inputs });
    complete(run);
    expect(windows).toEqual([
      { start, end: start + HOUR },
      { start: start + HOUR, end: half },
    ]);
    expect(number(run, 'duplicates-skipped')).toBe(0);
    expectOnce(emulator, start, start + 3 * HOUR);
    expect((await asking(emulator, { ...between(start, start + 3 * HOUR), ...inputs })).windows).toEqual([]);
  });

  it('missed in days of silence are caught up, oldest first', async () => {
    const start = hourBack(5 * 24);
    const hours = 5 * 24 - 1;
    const emulator = await tenant(start, hours);
    const inputs = { ...stateFile(), concurrency: '1' };
    complete(await step(emulator, { ...between(start, start + 6 * HOUR), ...inputs }));
    const before = emulator.requestsTo('power-bi').length;
    const run = await step(emulator, { ...inputs, 'lookback-hours': '24' });
    complete(run);
    const starts = asked(emulator)
      .slice(before)
      .map((window) => window.start);
    expect(starts).toEqual(Array.from({ length: 115 }, (_, at) => start + (6 + at) * HOUR));
    expect(run.outputs['window-start']).toBe(iso(start));
    expect(number(run, 'activities-ingested')).toBe((hours - 6) * 3);
    expectOnce(emulator, start, start + hours * HOUR);
  });

  it('before a start of its own are left alone', async () => {
    const start = hourBack(5 * 24);
    const emulator = await tenant(start, 100);
    const inputs = stateFile();
    complete(await step(emulator, { ...between(start, start + 6 * HOUR), ...inputs }));
    const from = start + 50 * HOUR;
    const { run, windows } = await asking(emulator, { ...between(from, from + 3 * HOUR), ...inputs });
    complete(run);
    expect(windows.map((window) => window.start)).toEqual([from, from + HOUR, from + 2 * HOUR]);
    expect(run.outputs['window-start']).toBe(iso(from));
  });

  it('younger than a day are asked for again, however little a run looks back', async () => {
    const start = hourBack(20);
    const emulator = await tenant(start, 19);
    const inputs = stateFile();
    complete(await step(emulator, { ...inputs, 'lookback-hours': '22' }));
    emulator.addEvents(eventsFrom(start + 45 * MINUTE, 1));
    const { run, windows } = await asking(emulator, { ...inputs, 'lookback-hours': '1' });
    complete(run);
    expect(number(run, 'activities-ingested')).toBe(1);
    expect(windows.length).toBeGreaterThanOrEqual(22);
  });

  it('that could not be collected are asked for again, and no others', async () => {
    const start = hourBack(60);
    const emulator = await tenant(start, 6);
    const inputs = { ...between(start, start + 6 * HOUR), ...stateFile() };
    const text = `'${iso(start + 2 * HOUR)}'`;
    emulator.fault({
      service: 'power-bi',
      match: ({ query }) => query.startDateTime === text,
      status: 400,
      body: '',
    });
    const first = await step(emulator, inputs);
    expect([titles(first.errors), number(first, 'activities-ingested')]).toEqual([
      ['Hours not collected'],
      15,
    ]);
    const { run, windows } = await asking(emulator, inputs);
    complete(run);
    expect(windows).toEqual([{ start: start + 2 * HOUR, end: start + 3 * HOUR }]);
    expectOnce(emulator, start, start + 6 * HOUR);
  });
});

describe('a dry run', () => {
  it('reads the checkpoint and writes nothing', async () => {
    const start = hourBack(40);
    const emulator = await tenant(start, 39);
    const inputs = { 'lookback-hours': '41', ...stateFile() };
    const path = inputs['state-file'];
    const dry = { ...inputs, 'dry-run': 'true' };
    const first = await step(emulator, dry);
    expect([first.code, first.outputs.complete, number(first, 'duplicates-skipped')]).toEqual([0, 'true', 0]);
    expect(existsSync(path)).toBe(false);
    complete(await step(emulator, inputs));
    const bytes = readFileSync(path);
    const { run, windows } = await asking(emulator, dry);
    expect(run.code).toBe(0);
    expect(windows.length).toBeLessThanOrEqual(26);
    expect(number(run, 'duplicates-skipped')).toBe(number(run, 'activities-collected'));
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readdirSync(dirname(path))).toEqual(['state']);
  });
});

describe('a cancelled run', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'writes the checkpoint at %s; the next one sends only the rest',
    async (signal) => {
      const start = hourBack(60);
      const emulator = await openTenant({ uploadDelayMs: 60, pageDelayMs: 20 });
      const large = { Note: 'x'.repeat(60_000) };
      for (let hour = 0; hour < 12; hour += 1) emulator.addEvents(eventsFrom(start + hour * HOUR, 10, large));
      const inputs = { ...between(start, start + 12 * HOUR), ...stateFile(), concurrency: '2' };
      let timer: NodeJS.Timeout | undefined;
      const first = await step(emulator, inputs, {
        onStart: (kill) => {
          timer = setInterval(() => {
            if (emulator.rowCount < 40) return;
            clearInterval(timer);
            kill(signal);
          }, 2);
        },
      });
      clearInterval(timer);
      expect([first.code, titles(first.errors)]).toEqual([1, ['Cancelled']]);
      const sent = number(first, 'activities-ingested');
      expect(sent).toBeGreaterThanOrEqual(30);
      expect(sent).toBeLessThan(120);
      expect(sent).toBe(emulator.rowCount);
      expect(readdirSync(dirname(inputs['state-file']))).toEqual(['state']);
      const second = await step(emulator, inputs);
      complete(second);
      expect(number(second, 'activities-ingested')).toBe(120 - sent);
      expectOnce(emulator, start, start + 12 * HOUR);
    },
  );
});

describe('an hour without a single event', () => {
  const today = hourBack(20);
  const firstDay = today - 4 * DAY;

  /** Five days of the same hour; the last one is empty. */
  async function quietTenant(each: number): Promise<Emulator> {
    const emulator = await openTenant();
    for (let day = 0; day < 4; day += 1) emulator.addEvents(eventsFrom(firstDay + day * DAY, each));
    return emulator;
  }

  it('that usually has some is named in a warning, once', async () => {
    const emulator = await quietTenant(12);
    const inputs = stateFile();
    complete(await step(emulator, { ...between(firstDay, firstDay + 4 * DAY - HOUR), ...inputs }));
    const run = await step(emulator, inputs);
    expect([run.code, run.outputs.complete]).toEqual([0, 'true']);
    expect(titles(run.warnings)).toContain('Unusually quiet');
    const text = run.warnings.find(({ title }) => title === 'Unusually quiet')?.text ?? '';
    expect(text).toContain(`${iso(today).slice(0, 16)}Z`);
    expect(text.match(/Z to /g)).toHaveLength(1);
    expect(run.summary).toContain(text);
    const again = await step(emulator, inputs);
    expect(titles(again.warnings)).not.toContain('Unusually quiet');
  });

  it('is no news where it never has many', async () => {
    const emulator = await quietTenant(4);
    const inputs = stateFile();
    complete(await step(emulator, { ...between(firstDay, firstDay + 4 * DAY - HOUR), ...inputs }));
    expect(titles((await step(emulator, inputs)).warnings)).not.toContain('Unusually quiet');
  });

  it('is no news while its events may still come', async () => {
    const now = hourBack(1);
    const emulator = await openTenant();
    for (let day = 1; day <= 4; day += 1) emulator.addEvents(eventsFrom(now - day * DAY, 12));
    const inputs = { 'lookback-hours': '120', ...stateFile() };
    complete(await step(emulator, inputs));
    complete(await step(emulator, inputs));
  });
});

describe('the summary', () => {
  it('shows the source requests of a run and the documented budget of 200 an hour', async () => {
    const start = hourBack(40);
    const emulator = await tenant(start, 2);
    const run = await step(emulator, { ...between(start, start + 2 * HOUR), ...stateFile() });
    expect(run.summary).toMatch(/source requests/i);
    expect(run.summary).toMatch(/\b200 (an hour|requests)/);
  });
});

describe('a backfill in parallel jobs', () => {
  it('with a checkpoint and a window each brings each event once', async () => {
    const start = hourBack(100);
    const emulator = await tenant(start, 40);
    const folder = openFolder();
    const parts = [0, 10, 20, 30].map((from) => ({
      ...between(start + from * HOUR, start + (from + 10) * HOUR),
      'state-file': join(folder, `state-${from}`),
    }));
    for (const run of await Promise.all(parts.map((inputs) => step(emulator, inputs)))) complete(run);
    expectOnce(emulator, start, start + 40 * HOUR);
  });
});

describe('a failing destination', () => {
  it('sends nothing twice once it is well again', async () => {
    const start = hourBack(30);
    const emulator = await tenant(start, 29);
    const inputs = { 'lookback-hours': '31', ...stateFile() };
    emulator.configure.roleGranted = false;
    expect((await step(emulator, inputs)).code).toBe(1);
    emulator.configure.roleGranted = true;
    emulator.fault({ service: 'ingestion', skip: 1, status: 403, body: '', times: ALWAYS });
    const second = await step(emulator, inputs);
    expect(second.outputs).toMatchObject({ 'activities-ingested': '0', 'activities-failed': '87' });
    emulator.clearFaults();
    complete(await step(emulator, inputs));
    expectOnce(emulator, start, start + 29 * HOUR);
  });
});
