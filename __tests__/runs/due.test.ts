/** Young hours are asked for again when they are due, and not in each run. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import {
  asked,
  between,
  closeAll,
  eventsFrom,
  HOUR,
  hourBack,
  idCounts,
  MINUTE,
  number,
  openFolder,
  openTenant,
  type Step,
  step,
} from '../support/steps.ts';

afterEach(closeAll);

interface Tenant {
  readonly emulator: Emulator;
  readonly later: (minutes: number) => void;
  readonly run: (more?: Record<string, string>) => Promise<Step>;
}

/** A tenant whose clock goes on between runs that share a state file; the runner's goes with it. */
async function openDay(): Promise<Tenant> {
  let ahead = 0;
  const emulator = await openTenant({ now: () => Date.now() + ahead });
  const state = join(openFolder(), 'state');
  return {
    emulator,
    later: (minutes) => {
      ahead += minutes * MINUTE;
    },
    run: (more = {}) =>
      step(emulator, { 'state-file': state, recheck: 'due', ...more }, { clockAhead: ahead }),
  };
}

const requests = (run: Step) => number(run, 'source-requests');

describe('a second run', () => {
  it('says that it recovered an hour which the first one could not collect', async () => {
    const { emulator, run } = await openDay();
    emulator.addEvents(eventsFrom(hourBack(5), 10));
    const bad = new Date(hourBack(5)).toISOString().slice(0, 13);
    emulator.fault({
      service: 'power-bi',
      status: 400,
      match: ({ query }) => query.startDateTime?.includes(bad) ?? false,
      times: 100,
    });
    const first = await run();
    expect(first.summary).toMatch(/^## ❌ 1 of 25 hours missing/);
    expect(first.summary).toContain('the next run asks for these hours again by itself');
    emulator.clearFaults();
    const second = await run();
    expect(second.summary).toMatch(
      /^## ✅ Complete: 10 activity events ingested, 1 missing hour recovered\n/,
    );
    expect((await run()).summary).not.toContain('recovered');
  });

  it('right after a complete one makes at most 3 requests, and is complete', async () => {
    const { emulator, run } = await openDay();
    emulator.addEvents(eventsFrom(hourBack(5), 10));
    const first = await run();
    expect(requests(first)).toBeGreaterThanOrEqual(25);
    expect(first.summary).not.toContain('recovered');
    const second = await run();
    expect([requests(second) <= 3, second.outputs.complete]).toEqual([true, 'true']);
    expect(second.summary).toMatch(/not due yet, the next at \d\d:\d\dZ/);
    // The window is still the whole day.
    expect(Date.parse(second.outputs['window-end'] ?? '')).toBeGreaterThan(
      Date.parse(second.outputs['window-start'] ?? '') + 23 * HOUR,
    );
    expect(second.warnings).toEqual([]);
  });

  it('asks for all young hours with recheck: all, and with a window of its own', async () => {
    const { run } = await openDay();
    await run();
    expect(requests(await run({ recheck: 'all' }))).toBeGreaterThanOrEqual(25);
    expect(requests(await run(between(hourBack(8), hourBack(2))))).toBe(6);
  });

  it('asks for hours at once that could not be collected, or not delivered', async () => {
    const { emulator, run } = await openDay();
    const failing = hourBack(6);
    emulator.addEvents(eventsFrom(failing, 3));
    emulator.addEvents(eventsFrom(hourBack(9), 3, { ReportName: 'Bad' }));
    const starts = ({ query }: { query: Readonly<Record<string, string>> }) =>
      Date.parse(query.startDateTime?.slice(1, -1) ?? '') === failing;
    emulator.fault({ service: 'power-bi', status: 400, match: starts });
    emulator.fault({
      service: 'ingestion',
      times: 1000,
      rejectRows: ({ ReportName }) => ReportName === 'Bad',
    });
    const red = await run();
    expect(red.code).toBe(1);
    emulator.clearFaults();
    const before = asked(emulator).length;
    const again = await run();
    const hours = asked(emulator)
      .slice(before)
      .map(({ start }) => start);
    expect(hours).toContain(failing);
    expect(hours).toContain(hourBack(9));
    expect(requests(again)).toBeLessThanOrEqual(5);
    expect([again.code, again.outputs.complete, again.outputs['activities-ingested']]).toEqual([
      0,
      'true',
      '6',
    ]);
  });

  it('takes an event of an hour that is not due where another hour lists it', async () => {
    const { emulator, run, later } = await openDay();
    await run();
    later(5);
    const now = emulator.now();
    const [late] = eventsFrom(hourBack(4), 1);
    if (late === undefined) throw new Error('no event');
    emulator.addEvents([late], undefined, now - 3 * MINUTE);
    const taken = await run();
    expect(taken.outputs['activities-ingested']).toBe('1');
    later(60);
    await run();
    expect([...idCounts(emulator).values()]).toEqual([1]);
  });
});

it('an hour is asked for about a dozen times until it is settled, and late events arrive in time', async () => {
  const { emulator, run, later } = await openDay();
  // From ten past an hour, whatever the time of the test: nothing of this hour's second half has
  // happened when the first run asks.
  later((hourBack(-1) - Date.now()) / MINUTE + 10);
  await run();
  const hour = hourBack(0, emulator.now());
  const delays = [0, 20, 65, 130, 300, 700, 1400];
  const events = eventsFrom(hour + 30 * MINUTE, delays.length);
  for (const [at, event] of events.entries()) {
    const happened = Date.parse(`${event.CreationTime}Z`);
    emulator.addEvents([event], happened + (delays[at] ?? 0) * MINUTE);
  }
  const sentAt = new Map<unknown, number>();
  let askings = 0;
  let total = 0;
  for (let turn = 0; turn < 27; turn += 1) {
    later(60);
    const before = asked(emulator).length;
    const hourly = await run();
    total += requests(hourly);
    askings += asked(emulator)
      .slice(before)
      .filter(({ start }) => start === hour).length;
    for (const { ActivityId } of emulator.table)
      if (!sentAt.has(ActivityId)) sentAt.set(ActivityId, emulator.now());
  }
  expect(total / 27).toBeLessThanOrEqual(13);
  expect(askings).toBeGreaterThan(6);
  expect(askings).toBeLessThanOrEqual(13);
  for (const [at, event] of events.entries()) {
    const delay = (delays[at] ?? 0) * MINUTE;
    const happened = Date.parse(`${event.CreationTime}Z`);
    // By the first run after d + d/3; runs are an hour apart, and take some seconds.
    expect((sentAt.get(event.Id) ?? Number.POSITIVE_INFINITY) - happened).toBeLessThanOrEqual(
      (delay * 4) / 3 + HOUR + 2 * MINUTE,
    );
  }
});
