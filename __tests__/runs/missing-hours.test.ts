/** Hours that cannot be collected: they are named, and the others are sent all the same. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../emulator/server.ts';
import {
  asking,
  closeTenants,
  expectEachOnce,
  HOUR,
  onlyError,
  startTenant,
  wholeHours,
  wholeRun,
} from '../support/whole-run.ts';

afterAll(closeTenants);

const RANGE = wholeHours(4);
const FOREVER = Number.POSITIVE_INFINITY;

/** Strikes the first request of one hour, and not those that go on from there. */
function ofHour(hour: number): NonNullable<Fault['match']> {
  const text = `'${new Date(hour).toISOString()}'`;
  return ({ query }) => query.startDateTime === text;
}

/** An hour as messages name it. */
function named(hour: number): string {
  const minute = (instant: number) => `${new Date(instant).toISOString().slice(0, 16)}Z`;
  const [from, to] = [minute(hour), minute(hour + HOUR)];
  return `${from} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}`;
}

describe('an hour that cannot be collected', () => {
  const failing = RANGE.start + HOUR;
  const others = ({ CreationTime = '' }: { CreationTime?: string }) =>
    !CreationTime.startsWith(new Date(failing).toISOString().slice(0, 13));

  const CASES: readonly {
    readonly title: string;
    readonly fault: Omit<Fault, 'service'>;
    readonly why: RegExp;
  }[] = [
    { title: '503 after all retries', fault: { status: 503 }, why: /HTTP 503 \(([6-9]|\d\d) attempts\)/ },
    { title: 'a refused request', fault: { status: 400, body: '' }, why: /HTTP 400/ },
  ];

  it.concurrent.each(CASES)('is named, and the others are sent: $title', async ({ fault, why }) => {
    const emulator = await startTenant();
    emulator.fault({ service: 'power-bi', match: ofHour(failing), times: FOREVER, ...fault });
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    const { title, message } = onlyError(run);
    expect(title).toBe('Hours not collected');
    expect(message).toContain(named(failing));
    expect(message).toMatch(why);
    expect(run.summary).toContain(named(failing));
    expectEachOnce(emulator, RANGE, others);
    expect(run.outputs).toMatchObject({ 'activities-ingested': '15', 'activities-failed': '0' });
  });

  it.concurrent('may have given some of its pages before', async () => {
    const emulator = await startTenant({ eventsPerHour: 20, pageSize: 3, emptyPages: false });
    emulator.fault({ service: 'power-bi', repeatToken: true, times: FOREVER });
    const range = { start: RANGE.start, end: RANGE.start + HOUR };
    const run = await wholeRun(emulator, { inputs: asking(range) });
    const { title, message } = onlyError(run);
    expect(title).toBe('Hours not collected');
    expect(message).toMatch(/the same continuation token came twice/);
    const ids = emulator.table.map(({ ActivityId }) => ActivityId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(run.outputs['activities-ingested']).toBe(String(ids.length));
    expect(ids.length).toBeGreaterThan(0);
  });
});
