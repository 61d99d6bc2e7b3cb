/** What the activity log and the network do to a reader, and that still each event arrives once. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator, EmulatorOptions, Fault } from '../../emulator/server.ts';
import { count } from '../support/invariants.ts';
import {
  allIngested,
  asking,
  closeTenants,
  expectEachOnce,
  HOUR,
  startTenant,
  wholeHours,
  wholeRun,
} from '../support/whole-run.ts';

afterAll(closeTenants);

const RANGE = wholeHours(4);
const FOREVER = Number.POSITIVE_INFINITY;

interface Survived {
  readonly title: string;
  readonly tenant?: EmulatorOptions;
  readonly inputs?: Record<string, string>;
  readonly faults: readonly Omit<Fault, 'service'>[];
  readonly alsoHolds?: (emulator: Emulator, duplicatesSkipped: number) => void;
}

/** Not the empty pages that end an hour, where nothing is to be lost. */
const isFirstPage: NonNullable<Fault['match']> = ({ query }) => query.continuationToken === undefined;

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
      { match: isFirstPage, status: 200, body: {} },
      { match: isFirstPage, skip: 1, status: 200, body: { activityEventEntities: null } },
      { match: isFirstPage, skip: 2, status: 200, body: { value: [] } },
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
    const emulator = await startTenant({ pageDelayMs: 200 });
    emulator.fault({ service: 'power-bi', skip: 5, status: 429, headers: { 'retry-after': '4' } });
    const range = wholeHours(24);
    const run = await wholeRun(emulator, { inputs: asking(range) });
    expect(run.outputs).toMatchObject(allIngested(120));
    expectEachOnce(emulator, range);
    const requests = emulator.requestsTo('power-bi');
    const closedAt = requests.find(({ status }) => status === 429)?.finishedAt ?? 0;
    // On a busy machine the answer takes a while to be read.
    const meanwhile = requests.filter(({ at }) => at > closedAt + 2000 && at < closedAt + 3980);
    expect(meanwhile.map(({ at }) => at - closedAt)).toEqual([]);
    expect(requests.filter(({ at }) => at >= closedAt + 3980).length).toBeGreaterThan(12);
    expect(run.log).toMatch(/throttles for 4 seconds, until 20\d\d-/);
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
