/** An hourly schedule through five days in which everything goes wrong that does: in the end each event is there once. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { ActivityEvent, Emulator, EmulatorOptions } from '../../emulator/server.ts';
import { Random } from '../../emulator/tenant/random.ts';
import type { Host } from '../../src/host.ts';
import { run } from '../../src/pipeline/run.ts';
import type { Clock } from '../../src/time/clock.ts';
import { closeAll, DAY, HOUR, iso, MINUTE, openFolder, openTenant } from '../support/steps.ts';
import { pause } from '../support/virtual-clock.ts';

const CERTIFICATES = getCACertificates('default');

afterAll(async () => {
  setDefaultCACertificates(CERTIFICATES);
  await closeAll();
});

/** A clock that goes on only when somebody sleeps, or when the test says so. */
class LeapingClock implements Clock {
  at: number;

  constructor(at: number) {
    this.at = at;
  }

  now(): number {
    return this.at;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = this.at + ms;
    await pause();
    signal?.throwIfAborted();
    this.at = Math.max(this.at, until);
  }
}

interface Told {
  readonly ok: boolean;
  readonly outputs: Record<string, string>;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
  /** How much time passed, by the clock of the simulation. */
  readonly ms: number;
}

/** Runs the action within this process, by a clock that it shares with the emulator. */
async function runAt(
  emulator: Emulator,
  clock: LeapingClock,
  inputs: Record<string, string>,
  cancelled: AbortSignal = new AbortController().signal,
): Promise<Told> {
  const outputs: Record<string, string> = {};
  const warnings: string[] = [];
  const errors: string[] = [];
  const all: Record<string, string> = { ...emulator.inputs, recheck: 'all', ...inputs };
  const host: Host = {
    getInput: (name) => all[name] ?? '',
    idTokenRequest: {
      url: emulator.env.ACTIONS_ID_TOKEN_REQUEST_URL,
      token: emulator.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    },
    clock,
    log: {
      info: () => undefined,
      warning: (line, title) => warnings.push(`${title}: ${line}`),
      error: (line) => errors.push(line),
      startGroup: () => undefined,
      endGroup: () => undefined,
    },
    mask: () => undefined,
    setOutput: (name, value) => {
      outputs[name] = value;
    },
    writeSummary: async () => undefined,
    context: { repository: '', workflow: '', event: 'schedule', runId: 0, runAttempt: 1, runUrl: '' },
    cancelled,
    proxyFaults: [],
  };
  const started = clock.now();
  const ok = (await run(host)).conclusions.faults.size === 0;
  return { ok, outputs, warnings, errors, ms: clock.now() - started };
}

async function openTenantAt(clock: LeapingClock, options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await openTenant({ now: () => clock.now(), ...options });
  setDefaultCACertificates([emulator.ca]);
  return emulator;
}

const MONDAY = Date.parse('2026-02-02T00:00:00Z');
/** Hours of runs that end red for sure: the role is revoked, the run is cancelled. */
const SPECIAL = [79, 80, 98, 104];
const REVEALED = 'Mark';

/** What tells one event from another in this test, with and without an id. */
function markOfRow(row: Record<string, unknown>): string {
  const more = row.AdditionalFields as Record<string, unknown> | undefined;
  return String(row.ActivityId ?? more?.[REVEALED]);
}

interface Filed {
  /** One mark for each row that the table has to hold in the end. */
  readonly expected: string[];
  /** Hours with events that have no id. */
  readonly withoutId: ReadonlySet<number>;
}

/** Files a few events in each hour, most of them late, some without an id, some equal to another, some twice. */
function fileEvents(emulator: Emulator, random: Random, hours: number): Filed {
  const expected: string[] = [];
  const withoutId = new Set<number>();
  for (let hour = 0; hour < hours; hour += 1) {
    for (let count = 3 + random.below(4); count > 0; count -= 1) {
      const created = MONDAY + hour * HOUR + random.below(3600) * 1000;
      const late = random.pick([0, 10 * MINUTE, HOUR, 5 * HOUR, 23 * HOUR, DAY - MINUTE]);
      const visibleAt = created + Math.min(late + random.below(50) * MINUTE, DAY);
      const mark = `event-${hour}-${expected.length}`;
      const event: ActivityEvent = {
        CreationTime: iso(created).slice(0, 19),
        Activity: 'ViewReport',
        [REVEALED]: mark,
      };
      const kind = random.below(10);
      if (kind === 0) {
        // Without an id, and as often as it happened: equal ones at once, or one of them a day late.
        emulator.addEvents([event, event], visibleAt);
        emulator.addEvents([event], created + DAY);
        expected.push(mark, mark, mark);
        withoutId.add(hour);
      } else {
        const named = { ...event, Id: mark };
        emulator.addEvents([named], visibleAt);
        // The source repeats itself, in the same page or hours later.
        if (kind === 1) emulator.addEvents([named], visibleAt);
        if (kind === 2) emulator.addEvents([named], created + DAY);
        expected.push(mark);
      }
    }
  }
  return { expected, withoutId };
}

describe('an hourly schedule over five days', () => {
  it.each([20_260_202, 7, 99])('ends with each event in the table exactly once, seed %d', async (seed) => {
    const random = new Random(seed);
    const clock = new LeapingClock(MONDAY);
    const emulator = await openTenantAt(clock, { budget: 120 });
    const days = 5;
    const { expected, withoutId } = fileEvents(emulator, random, days * 24);
    const inputs = { 'state-file': join(openFolder(), 'state'), 'deadline-minutes': '50' };
    const hourOfRun = () => (clock.now() - MONDAY) / HOUR;
    const during = (from: number, to: number) => () => hourOfRun() >= from && hourOfRun() < to;

    // Wednesday: the source throttles for hours, after some requests of each run or at once.
    let allowed = 0;
    const throttled = during(50, 66);
    emulator.fault({
      service: 'power-bi',
      times: Number.POSITIVE_INFINITY,
      match: () => {
        if (!throttled()) return false;
        allowed -= 1;
        return allowed < 0;
      },
      status: 429,
      headers: { 'retry-after': '14400' },
    });
    // Thursday: the destination fails at first, then the role is revoked, then it fails now and then.
    emulator.fault({
      service: 'ingestion',
      times: Number.POSITIVE_INFINITY,
      match: during(74, 77),
      status: 503,
    });
    emulator.fault({
      service: 'ingestion',
      times: Number.POSITIVE_INFINITY,
      match: () => during(82, 90)() && random.oneIn(2),
      status: 500,
    });
    // From Tuesday on pages break off, and pages come twice.
    const isDisturbed = during(33, 200);
    emulator.fault({
      service: 'power-bi',
      times: 60,
      match: ({ query }) => {
        // Without an id nothing tells a page that comes twice from events that happened twice.
        const asksFor = Date.parse(query.startDateTime?.slice(1, -1) ?? '');
        return isDisturbed() && !withoutId.has(Math.floor((asksFor - MONDAY) / HOUR)) && random.oneIn(20);
      },
      duplicates: true,
    });
    emulator.fault({
      service: 'power-bi',
      times: 40,
      match: () => isDisturbed() && random.oneIn(40),
      status: 502,
    });
    // Friday: two runs are cancelled, one while it collects, one while it uploads.
    let cancelWhen: { service: string; skip: number } | undefined;
    let cancel = new AbortController();
    for (const service of ['power-bi', 'ingestion'] as const) {
      emulator.fault({
        service,
        times: Number.POSITIVE_INFINITY,
        match: () => {
          if (cancelWhen?.service !== service) return false;
          cancelWhen.skip -= 1;
          if (cancelWhen.skip === 0) cancel.abort();
          return false;
        },
      });
    }

    /** Requests of runs that nothing disturbed, an hour after one that nothing disturbed. */
    const quiet: number[] = [];
    let ranLast = -1;
    const figures = { runs: 0, dropped: 0, green: 0, red: 0, incomplete: 0, requests: 0, skipped: 0 };
    const reds: number[] = [];
    for (let slot = 1; slot < days * 24; slot += 1) {
      // On Tuesday seven runs in a row are dropped, and single ones on any day.
      const isDropped = (slot >= 26 && slot < 33) || (random.oneIn(20) && !SPECIAL.includes(slot));
      if (isDropped) {
        figures.dropped += 1;
        continue;
      }
      clock.at = Math.max(clock.at, MONDAY + slot * HOUR + 5 * MINUTE + random.below(20) * MINUTE);
      allowed = random.below(20);
      emulator.configure.roleGranted = !(slot === 79 || slot === 80);
      cancel = new AbortController();
      cancelWhen =
        slot === 98
          ? { service: 'power-bi', skip: 9 }
          : slot === 104
            ? { service: 'ingestion', skip: 2 }
            : undefined;
      const told = await runAt(emulator, clock, inputs, cancel.signal);
      cancelWhen = undefined;
      figures.runs += 1;
      figures.requests += Number(told.outputs['source-requests']);
      figures.skipped += Number(told.outputs['duplicates-skipped']);
      figures.green += told.ok ? 1 : 0;
      if (!told.ok) {
        figures.red += 1;
        reds.push(slot);
        expect(told.outputs.complete).toBe('false');
      } else if (told.outputs.complete === 'false') {
        figures.incomplete += 1;
        expect(told.warnings.join()).toMatch(/^Incomplete: Out of time/);
      }
      expect(told.errors.join()).not.toContain('Unexpected');
      expect(told.ms).toBeLessThanOrEqual(50 * MINUTE);
      if (slot < 26 && slot === ranLast + 1) quiet.push(Number(told.outputs['source-requests']));
      ranLast = slot;
    }
    // A day and two hours of silence, so that the last late events are there and their hours old enough.
    emulator.configure.roleGranted = true;
    clock.at = MONDAY + days * DAY + 26 * HOUR;
    emulator.clearFaults();
    const last = await runAt(emulator, clock, inputs);
    expect([last.ok, last.outputs.complete, last.errors]).toEqual([true, 'true', []]);
    figures.requests += Number(last.outputs['source-requests']);
    figures.skipped += Number(last.outputs['duplicates-skipped']);

    const found = emulator.table.map(markOfRow);
    expect(found.sort()).toEqual(expected.sort());
    // Every undisturbed run: the 25 hours that are not settled yet, and the one that is on.
    expect(quiet.length).toBeGreaterThan(10);
    expect(Math.max(...quiet)).toBeLessThanOrEqual(26);
    expect(reds).toEqual(expect.arrayContaining(SPECIAL));
    expect(figures.incomplete).toBeGreaterThan(5);

    // Everything is settled but the last day: another run asks for that and finds nothing.
    const again = await runAt(emulator, clock, inputs);
    expect(again.outputs).toMatchObject({ complete: 'true', 'activities-ingested': '0' });
    expect(Number(again.outputs['source-requests'])).toBeLessThanOrEqual(26);
  });
});

describe('a schedule that slept', () => {
  const events = (from: number, hours: number) =>
    Array.from({ length: hours }, (_, at) => ({
      Id: `event-${from}-${at}`,
      CreationTime: iso(from + at * HOUR + 7 * MINUTE).slice(0, 19),
    }));

  it('catches up days of silence by itself, oldest first', async () => {
    const clock = new LeapingClock(MONDAY + 2 * DAY + 5 * MINUTE);
    const emulator = await openTenantAt(clock);
    emulator.addEvents(events(MONDAY + DAY, 9 * 24));
    const inputs = { 'state-file': join(openFolder(), 'state') };
    await runAt(emulator, clock, inputs);
    clock.at = MONDAY + 9 * DAY + 5 * MINUTE;
    const before = emulator.requestsTo('power-bi').length;
    const told = await runAt(emulator, clock, { ...inputs, concurrency: '1' });
    expect(told.outputs).toMatchObject({ complete: 'true', 'activities-failed': '0' });
    const starts = emulator
      .requestsTo('power-bi')
      .slice(before)
      .map(({ query }) => Date.parse(query.startDateTime?.slice(1, -1) ?? ''));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts[0]).toBe(MONDAY + DAY + 5 * MINUTE);
    expect(starts).toHaveLength(8 * 24 + 1);
    expect(emulator.table).toHaveLength(8 * 24);
    expect(new Set(emulator.table.map(({ ActivityId }) => ActivityId)).size).toBe(8 * 24);
  });

  it('for longer than the service keeps events says that hours are lost', async () => {
    const clock = new LeapingClock(MONDAY + 5 * MINUTE);
    const emulator = await openTenantAt(clock);
    const inputs = { 'state-file': join(openFolder(), 'state') };
    await runAt(emulator, clock, inputs);
    // The day before it fell asleep and the four days that the service has forgotten since.
    clock.at = MONDAY + 31 * DAY + 5 * MINUTE;
    const told = await runAt(emulator, clock, inputs);
    expect(told.ok).toBe(true);
    expect(told.warnings.join()).toMatch(/Hours never settled: .*: (9[5-9]|1[01]\d)\./);
    // It is said once: the next run knows of nothing that it could still lose.
    for (const later of [HOUR, MINUTE, HOUR]) {
      clock.at += later;
      const next = await runAt(emulator, clock, inputs);
      expect(next.warnings.join()).not.toMatch(/Hours never settled/);
    }
  });

  it('not at all is not told so after months either', async () => {
    const clock = new LeapingClock(MONDAY + 5 * MINUTE);
    const emulator = await openTenantAt(clock);
    const inputs = { 'state-file': join(openFolder(), 'state'), 'lookback-hours': '48' };
    for (let day = 0; day < 40; day += 1) {
      emulator.addEvents(events(clock.now() - HOUR, 1));
      const told = await runAt(emulator, clock, inputs);
      expect([told.errors, told.warnings]).toEqual([[], []]);
      clock.at += DAY;
    }
    const { length } = readdirSync(join(inputs['state-file'], '..'));
    expect(length).toBe(1);
  });

  it('too little for what the tenant does is told that it cannot keep up', async () => {
    const clock = new LeapingClock(MONDAY + 2 * DAY);
    const emulator = await openTenantAt(clock, { pageSize: 1 });
    // Ten pages an hour: 260 requests for a day.
    for (let copy = 0; copy < 10; copy += 1) {
      emulator.addEvents(events(MONDAY, 72).map(({ Id, ...event }) => ({ ...event, Id: `${Id}-${copy}` })));
    }
    const inputs = { 'state-file': join(openFolder(), 'state') };
    const told = async () => (await runAt(emulator, clock, inputs)).warnings.join();
    expect(await told()).not.toMatch(/Schedule too dense/);
    clock.at += HOUR;
    expect(await told()).toMatch(/^Schedule too dense: .*needed 2[4-6]\d source requests.*200 an hour/);
    // Every six hours there is budget enough.
    clock.at += 6 * HOUR;
    expect(await told()).toBe('');
    // A backfill in between says nothing about the schedule.
    clock.at += MINUTE;
    const backfill = { ...inputs, 'start-time': new Date(MONDAY + DAY).toISOString() };
    expect((await runAt(emulator, clock, backfill)).warnings.join()).not.toMatch(/Schedule too dense/);
  });

  it('sends again what failed, and nothing else', async () => {
    const clock = new LeapingClock(MONDAY + 2 * DAY);
    const emulator = await openTenantAt(clock);
    // So large that some sixteen fill a request body.
    const large = { Note: 'x'.repeat(60_000) };
    emulator.addEvents(events(MONDAY, 40).map((event) => ({ ...event, ...large })));
    const inputs = { 'state-file': join(openFolder(), 'state'), 'lookback-hours': '48', concurrency: '1' };
    // The probe and the first batch get through, the second one never does.
    emulator.fault({ service: 'ingestion', skip: 2, status: 503, times: 7 });
    const first = await runAt(emulator, clock, inputs);
    const failed = Number(first.outputs['activities-failed']);
    expect([first.ok, first.errors.length, failed > 5, failed < 30]).toEqual([false, 1, true, true]);
    expect(first.errors[0]).toMatch(/^Uploads failed: /);
    const before = emulator.requestsTo('power-bi').length;
    const second = await runAt(emulator, clock, inputs);
    expect(second.outputs).toMatchObject({ complete: 'true', 'activities-ingested': String(failed) });
    // Hours that are a day old and whose rows arrived are settled; that one row of an hour failed is no reason more.
    expect(emulator.requestsTo('power-bi').length - before).toBeLessThan(48);
    expect(emulator.table).toHaveLength(40);
    expect(new Set(emulator.table.map(({ ActivityId }) => ActivityId)).size).toBe(40);
  });

  it('that is throttled past the deadline goes on where it stopped, run by run', async () => {
    const clock = new LeapingClock(MONDAY + 6 * DAY + 5 * MINUTE);
    const emulator = await openTenantAt(clock, { budget: 50 });
    emulator.addEvents(events(MONDAY, 6 * 24));
    const inputs = {
      'state-file': join(openFolder(), 'state'),
      'deadline-minutes': '30',
      'lookback-hours': '144',
    };
    const asked: number[] = [];
    for (let runs = 1; ; runs += 1) {
      const told = await runAt(emulator, clock, inputs);
      expect(told.ok).toBe(true);
      asked.push(Number(told.outputs['source-requests']));
      if (told.outputs.complete === 'true') break;
      expect(runs).toBeLessThan(12);
      clock.at = MONDAY + 6 * DAY + (runs * 60 + 10) * MINUTE;
    }
    expect(emulator.table).toHaveLength(6 * 24);
    expect(new Set(emulator.table.map(({ ActivityId }) => ActivityId)).size).toBe(6 * 24);
  });
});
