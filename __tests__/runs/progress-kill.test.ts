/** Runs that are killed at any moment, and one that is not: nothing is missing, and no more repeated than was in flight. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { ActivityEvent, LoggedRequest } from '../../emulator/server.ts';
import type { LandedRow } from '../../emulator/services/landing.ts';
import { Random } from '../../emulator/tenant/random.ts';
import {
  closeAll,
  eventsFrom,
  HOUR,
  hourBack,
  idCounts,
  MINUTE,
  number,
  openFolder,
  openTenant,
  step,
} from '../support/steps.ts';

afterAll(closeAll);

const CONCURRENCY = 3;
const HOURS = 30;
const KILLS = 9;
const UPLOAD_DELAY = 35;

/** Events so large that some twenty fill a request body, so that a run sends many. */
const LARGE = { Note: 'x'.repeat(45_000) };

/**
 * Time that a starved process may need to take note of an answer, on two cores shared with other tests. Whatever it
 * is, no more uploads than CONCURRENCY can be without a record at a kill.
 */
const UNHEARD = 2000;

/**
 * The most rows that can have been under way at one moment: those of as many uploads as there may be at once, of all
 * that had no answer yet, or one that may not have been heard.
 */
function rowsUnderWay(uploads: readonly LoggedRequest[], killedAt: number): number {
  const open = uploads.filter(({ settledAt = killedAt }) => settledAt >= killedAt - UNHEARD);
  const largest = open.map(({ rows }) => rows).sort((a, b) => b - a);
  return largest.slice(0, CONCURRENCY).reduce((sum, rows) => sum + rows, 0);
}

/** Where a run ended: how many rows the table held by then, and how many of them may be unrecorded. */
interface End {
  readonly landed: number;
  readonly inFlight: number;
}

/** Of the rows that each run left in the table, those that a later run sent again: it had no record of them. */
function unrecordedRows(table: readonly LandedRow[], ends: readonly End[]): number[] {
  const unrecorded = ends.map(() => 0);
  const lastAt = new Map<unknown, number>();
  for (const [at, { ActivityId }] of table.entries()) {
    const before = lastAt.get(ActivityId);
    const run = before === undefined ? -1 : ends.findIndex(({ landed }) => before < landed);
    if (run >= 0) unrecorded[run] = (unrecorded[run] ?? 0) + 1;
    lastAt.set(ActivityId, at);
  }
  return unrecorded;
}

interface Killed {
  readonly kills: number;
  /** Runs that were killed while at least one upload was under way. */
  readonly amidUploads: number;
  readonly inFlight: number;
  readonly events: number;
  readonly repeats: number;
}

/** A tenant whose runs are killed again and again, until one is left alone. */
async function killedRuns(seed: number): Promise<Killed> {
  const random = new Random(seed);
  const emulator = await openTenant({ pageDelayMs: 8, uploadDelayMs: UPLOAD_DELAY });
  const start = hourBack(HOURS - 1);
  const expected: string[] = [];
  const file = (events: ActivityEvent[]) => {
    emulator.addEvents(events);
    expected.push(...events.map(({ Id }) => String(Id)));
  };
  for (let hour = 0; hour < HOURS - 1; hour += 1) file(eventsFrom(start + hour * HOUR, 8, LARGE));
  const folder = openFolder();
  const inputs = {
    'state-file': join(folder, 'state'),
    'lookback-hours': String(HOURS),
    concurrency: String(CONCURRENCY),
  };
  const figures = { kills: 0, amidUploads: 0, inFlight: 0 };
  const ends: End[] = [];
  for (let attempt = 0; figures.kills < KILLS; attempt += 1) {
    expect(attempt).toBeLessThan(4 * KILLS);
    // Late events, so that there is always something left to send.
    file(eventsFrom(start + (HOURS - 2 - random.below(20)) * HOUR + 30 * MINUTE, 25, LARGE));
    const before = emulator.requests.length;
    const uploads = () =>
      emulator.requests
        .slice(before)
        .filter(({ service, wireBytes }) => service === 'ingestion' && wireBytes > 2);
    let timer: NodeJS.Timeout | undefined;
    let underWay = 0;
    let killedAt = Number.POSITIVE_INFINITY;
    // Some at any moment from the start of the process on, most while it collects and sends.
    const anywhere = random.oneIn(4);
    const uploadsBefore = random.below(10);
    const later = random.below(anywhere ? 900 : 60);
    const run = await step(emulator, inputs, {
      onStart: (kill) => {
        const at = performance.now() + later;
        let reachedAt: number | undefined;
        timer = setInterval(() => {
          const now = performance.now();
          if (!anywhere && reachedAt === undefined && uploads().length >= uploadsBefore) reachedAt = now;
          if (anywhere ? now < at : reachedAt === undefined || now < reachedAt + later) return;
          clearInterval(timer);
          underWay = uploads().filter(({ finishedAt }) => finishedAt === undefined).length;
          killedAt = Date.now();
          kill('SIGKILL');
        }, 1);
      },
    });
    clearInterval(timer);
    // Nobody waits for the answer, and yet it is stored.
    await emulator.idle();
    const killed = run.signal !== null;
    const inFlight = killed ? rowsUnderWay(uploads(), killedAt) : 0;
    ends.push({ landed: emulator.table.length, inFlight });
    if (!killed) continue;
    figures.kills += 1;
    figures.inFlight += inFlight;
    if (underWay > 0) figures.amidUploads += 1;
  }
  const clean = await step(emulator, inputs);
  expect([clean.errors, clean.warnings, clean.code, clean.outputs.complete]).toEqual([[], [], 0, 'true']);
  const counts = idCounts(emulator);
  expect(expected.filter((id) => !counts.has(id))).toEqual([]);
  expect(counts.size).toBe(expected.length);
  const repeats = emulator.table.length - counts.size;
  const unrecorded = unrecordedRows(emulator.table, ends);
  expect(ends.filter(({ inFlight }, run) => (unrecorded[run] ?? 0) > inFlight)).toEqual([]);
  // Nothing is left over but the file itself, and another run finds nothing to send.
  expect(readdirSync(folder)).toEqual(['state']);
  expect(existsSync(`${inputs['state-file']}.lock`)).toBe(false);
  expect(number(await step(emulator, inputs), 'activities-ingested')).toBe(0);
  return { ...figures, events: expected.length, repeats };
}

describe('kill -9', () => {
  it('at 36 moments of runs loses nothing, and repeats no more than was in flight', async () => {
    const results: Killed[] = [];
    const seeds = [1, 2, 3, 4];
    // Two at a time: the moments are then even less regular.
    const worker = async () => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift())
        results.push(await killedRuns(seed));
    };
    const ends = await Promise.allSettled([worker(), worker()]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    const sum = (of: (one: Killed) => number) => results.reduce((total, one) => total + of(one), 0);
    expect(sum(({ kills }) => kills)).toBeGreaterThanOrEqual(30);
    expect(sum(({ amidUploads }) => amidUploads)).toBeGreaterThan(10);
  });
});
