/** What the activity log and the network do to a reader, and that still each event arrives once. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator, EmulatorOptions, Fault } from '../emulator/server.ts';
import { count } from './support/invariants.ts';
import {
  allIngested,
  asking,
  closeTenants,
  expectEachOnce,
  HOUR,
  onlyError,
  startTenant,
  wholeHours,
  wholeRun,
} from './support/whole-run.ts';

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

interface Survived {
  readonly title: string;
  readonly tenant?: EmulatorOptions;
  readonly inputs?: Record<string, string>;
  readonly faults: readonly Omit<Fault, 'service'>[];
  readonly alsoHolds?: (emulator: Emulator, duplicatesSkipped: number) => void;
}

const PAGED: EmulatorOptions = { eventsPerHour: 20, pageSize: 3 };

const SURVIVED: readonly Survived[] = [
  { title: '503', faults: [{ status: 503, times: 2 }, { skip: 2, status: 502 }, { status: 504 }] },
  { title: '408 and 500', faults: [{ status: 408 }, { skip: 3, status: 500 }] },
  { title: 'a broken connection', faults: [{ reset: true }, { skip: 3, reset: true }] },
  {
    title: 'a body cut off',
    tenant: PAGED,
    faults: [{ cut: 0 }, { skip: 2, cut: 200 }, { skip: 4, cut: 1000 }],
  },
  { title: 'HTML with status 200', faults: [{ html: true }, { skip: 3, html: true }] },
  {
    title: 'other JSON with status 200',
    faults: [
      { status: 200, body: {} },
      { skip: 2, status: 200, body: { activityEventEntities: null } },
    ],
  },
  { title: 'an empty body with status 200', faults: [{ skip: 1, status: 200, body: '' }] },
  { title: '429 without a word of how long', faults: [{ skip: 2, status: 429, body: '' }] },
  {
    title: 'a continuation token that comes twice',
    tenant: PAGED,
    faults: [{ skip: 3, repeatToken: true }],
    alsoHolds: (_emulator, skipped) => expect(skipped).toBeGreaterThan(0),
  },
  {
    title: 'a continuation token that is refused',
    tenant: PAGED,
    faults: [{ match: ({ query }) => query.continuationToken !== undefined, skip: 2, status: 400, body: '' }],
  },
  {
    title: 'pages that repeat the page before',
    tenant: PAGED,
    faults: [{ duplicates: true, times: FOREVER }],
    alsoHolds: (_emulator, skipped) => expect(skipped).toBeGreaterThan(20),
  },
  {
    title: 'a token that expires in the middle',
    tenant: PAGED,
    faults: [{ skip: 5, expireTokens: true }],
    alsoHolds: ({ tokensIssued, requestsTo }) => {
      expect(tokensIssued['https://analysis.windows.net/powerbi/api']).toBe(2);
      expect(requestsTo('oidc')).toHaveLength(requestsTo('entra').length);
    },
  },
  {
    title: 'tokens that live for seconds only',
    tenant: { ...PAGED, tokenLifetimeSeconds: 2, pageDelayMs: 300 },
    faults: [],
    alsoHolds: ({ tokensIssued, requestsTo }) => {
      expect(tokensIssued['https://analysis.windows.net/powerbi/api']).toBeGreaterThan(1);
      expect(requestsTo('oidc')).toHaveLength(requestsTo('entra').length);
    },
  },
];

describe('each event arrives once', () => {
  it.concurrent.each(SURVIVED)('in spite of $title', async ({ tenant, inputs, faults, alsoHolds }) => {
    const emulator = await startTenant(tenant);
    for (const fault of faults) emulator.fault({ service: 'power-bi', ...fault });
    const run = await wholeRun(emulator, { inputs: { ...asking(RANGE), ...inputs } });
    expect(run.code).toBe(0);
    expectEachOnce(emulator, RANGE);
    const events = emulator.eventsIn(RANGE.start, RANGE.end).length;
    const skipped = count(run, 'duplicates-skipped');
    expect(run.outputs).toMatchObject({
      ...allIngested(events),
      'activities-collected': String(events + skipped),
    });
    alsoHolds?.(emulator, skipped);
  });

  it.concurrent('when the proxy breaks connections to the real host names', async () => {
    const emulator = await startTenant();
    emulator.fault({ service: 'power-bi', skip: 1, reset: true });
    emulator.fault({ service: 'ingestion', skip: 1, reset: true });
    const run = await wholeRun(emulator, { real: true, inputs: asking(RANGE) });
    expect(run.outputs).toMatchObject(allIngested(20));
    expectEachOnce(emulator, RANGE);
  });

  it.concurrent('also those without an id, equal ones as often as they are there', async () => {
    const emulator = await startTenant();
    const at = RANGE.start + 1000;
    const plain = { CreationTime: new Date(at).toISOString(), Activity: 'ViewReport', Note: 'no id' };
    emulator.addEvents([plain, plain, { ...plain, Note: 'another' }]);
    // The hour is read once more from its start: what was taken already must not be taken again.
    emulator.fault({
      service: 'power-bi',
      match: ({ query }) => query.continuationToken !== undefined,
      status: 410,
    });
    const run = await wholeRun(emulator, {
      inputs: asking({ start: RANGE.start, end: RANGE.start + 2 * HOUR }),
    });
    expect(run.code).toBe(0);
    const anonymous = emulator.table.filter(({ ActivityId }) => ActivityId === undefined);
    expect(anonymous.map((row) => row.AdditionalFields)).toEqual([
      { Note: 'no id' },
      { Note: 'no id' },
      { Note: 'another' },
    ]);
    expect(emulator.rowCount).toBe(13);
  });
});

describe('a throttle', () => {
  it.concurrent('closes the source for all requests until Retry-After has passed', async () => {
    const emulator = await startTenant({ pageDelayMs: 30 });
    emulator.fault({ service: 'power-bi', skip: 4, status: 429, headers: { 'retry-after': '2' } });
    const run = await wholeRun(emulator, { inputs: asking(wholeHours(12)) });
    expect(run.outputs).toMatchObject(allIngested(60));
    expectEachOnce(emulator, wholeHours(12));
    const requests = emulator.requestsTo('power-bi');
    const throttled = requests.find(({ status }) => status === 429);
    const until = (throttled?.finishedAt ?? 0) + 2000;
    const meanwhile = requests.filter(({ at }) => at > (throttled?.finishedAt ?? 0) + 20 && at < until - 20);
    expect(meanwhile).toEqual([]);
    expect(requests.some(({ at }) => at >= until - 20)).toBe(true);
    expect(run.log).toMatch(/throttles: waiting 2 seconds, until 20\d\d-/);
  });

  it.concurrent('is waited for as often as it comes, and counts as no failure', async () => {
    const emulator = await startTenant();
    emulator.fault({ service: 'power-bi', status: 429, headers: { 'retry-after': '1' }, times: 9 });
    const run = await wholeRun(emulator, { inputs: { ...asking(RANGE), concurrency: '1' } });
    expect(run.outputs).toMatchObject(allIngested(20));
    expectEachOnce(emulator, RANGE);
  });

  it.concurrent('holds back no row that was collected before', async () => {
    const emulator = await startTenant();
    emulator.fault({ service: 'power-bi', skip: 2, status: 429, headers: { 'retry-after': '8' } });
    await wholeRun(emulator, { inputs: { ...asking(RANGE), concurrency: '1' } });
    expectEachOnce(emulator, RANGE);
    const reopened = emulator.requestsTo('power-bi').at(-1)?.at ?? 0;
    const early = emulator.requestsTo('ingestion').filter(({ at, rows }) => rows > 0 && at < reopened - 1000);
    expect(early).toHaveLength(1);
  });
});

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
    const emulator = await startTenant({ ...PAGED, emptyPages: false });
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
