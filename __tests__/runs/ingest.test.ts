/** What the ingestion service does to uploads, and what is in the table at the end. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { ActivityEvent, Emulator, Fault } from '../../emulator/server.ts';
import { written } from '../support/hosts.ts';
import { batchesOf } from '../support/invariants.ts';
import {
  allIngested,
  asking,
  closeTenants,
  expectEachOnce,
  onlyError,
  startTenant,
  wholeHours,
  wholeRun,
} from '../support/whole-run.ts';

afterAll(closeTenants);

const RANGE = wholeHours(2);
const FOREVER = Number.POSITIVE_INFINITY;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Uploads of rows, without the probe. */
function uploads(emulator: Emulator): ReturnType<Emulator['requestsTo']> {
  return emulator.requestsTo('ingestion').slice(1);
}

/** Strikes uploads; the probe, which comes first, passes. */
function ofUploads(fault: Omit<Fault, 'service'>): Fault {
  return { service: 'ingestion', ...fault, match: ({ headers }) => headers['content-encoding'] === 'gzip' };
}

/** Events with so much text that a few of them fill a batch. */
function bigEvents(howMany: number, bytes = 60_000): ActivityEvent[] {
  return Array.from({ length: howMany }, (_, index) => ({
    Id: `big-${index}`,
    CreationTime: new Date(RANGE.start + index * 1000).toISOString(),
    Padding: 'x'.repeat(bytes),
  }));
}

const SURVIVED: readonly {
  readonly title: string;
  readonly faults: readonly Omit<Fault, 'service'>[];
  readonly atLeastMs?: number;
}[] = [
  {
    title: '503',
    faults: [
      { status: 503, times: 2 },
      { skip: 1, status: 500 },
    ],
  },
  {
    title: '503 that says when to come again',
    faults: [{ status: 503, headers: { 'retry-after': '2' } }],
    atLeastMs: 2000,
  },
  { title: 'a broken connection', faults: [{ reset: true, times: 2 }] },
  { title: 'HTML with status 200', faults: [{ html: true }] },
  { title: 'a redirect', faults: [{ status: 302, headers: { location: 'https://example.test/' } }] },
  {
    title: '429 with Retry-After',
    faults: [{ status: 429, headers: { 'retry-after': '2' } }],
    atLeastMs: 2000,
  },
  { title: '429 without Retry-After', faults: [{ status: 429, times: 2 }], atLeastMs: 4000 },
  {
    title: 'more throttles than attempts',
    faults: [{ status: 429, headers: { 'retry-after': '1' }, times: 8 }],
    atLeastMs: 8000,
  },
  { title: 'an expired token', faults: [{ expireTokens: true }] },
];

describe('each event arrives once', () => {
  it.concurrent.each(SURVIVED)('in spite of $title', async ({ faults, atLeastMs = 0 }) => {
    const emulator = await startTenant();
    for (const fault of faults) emulator.fault(ofUploads(fault));
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    expect(run.outputs).toMatchObject({ ...allIngested(10), 'batches-sent': '1' });
    expectEachOnce(emulator, RANGE);
    const sent = uploads(emulator);
    expect((sent.at(-1)?.at ?? 0) - (sent.at(0)?.at ?? 0)).toBeGreaterThanOrEqual(atLeastMs - 50);
    // A batch keeps its request id through all attempts, so that the service's log leads to it.
    const ids = new Set(sent.map(({ headers }) => headers['x-ms-client-request-id']));
    expect(ids).toEqual(new Set(batchesOf(run).map(({ requestId }) => requestId)));
  });

  it.concurrent('when a body is too large: it is halved, and only its parts are counted', async () => {
    const emulator = await startTenant();
    emulator.fault(ofUploads({ status: 413 }));
    emulator.fault(ofUploads({ skip: 1, status: 413 }));
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    expect(run.outputs).toMatchObject({ ...allIngested(10), 'batches-sent': '3' });
    expectEachOnce(emulator, RANGE);
    const parts = batchesOf(run).map(({ rows, status }) => `${rows} ${status}`);
    expect(parts.sort()).toEqual(['2 sent', '3 sent', '5 sent']);
  });

  it.concurrent('in batches of less than a megabyte, sent while the source is still read', async () => {
    const emulator = await startTenant({ pageSize: 10, pageDelayMs: 50 });
    emulator.addEvents(bigEvents(60));
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    expect(run.outputs).toMatchObject(allIngested(70));
    expectEachOnce(emulator, RANGE);
    const batches = batchesOf(run);
    expect(batches.map(({ batch }) => batch)).toEqual(batches.map((_, index) => index + 1));
    expect(batches.length).toBeGreaterThanOrEqual(4);
    for (const { requestId } of batches) expect(requestId).toMatch(GUID);
    expect(uploads(emulator)[0]?.at).toBeLessThan(emulator.requestsTo('power-bi').at(-1)?.at ?? 0);
    // Sizes as reported are sizes as received.
    const received = uploads(emulator).map(({ rows, bodyBytes, wireBytes }) => [rows, bodyBytes, wireBytes]);
    const reported = batches.map(({ rows, bytes, wireBytes }) => [rows, bytes, wireBytes]);
    expect(received.sort()).toEqual(reported.sort());
  });
});

describe('an upload whose answer is lost', () => {
  it.concurrent.each(['reset', 503] as const)('repeats at most that batch: %s', async (storeThen) => {
    const emulator = await startTenant({ pageSize: 10 });
    emulator.addEvents(bigEvents(40));
    emulator.fault(ofUploads({ skip: 1, storeThen }));
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    expect(run.outputs).toMatchObject(allIngested(50));
    const ids = emulator.table.map(({ ActivityId }) => ActivityId);
    expect(new Set(ids)).toEqual(new Set(emulator.eventsIn(RANGE.start, RANGE.end).map(({ Id }) => Id)));
    const largest = Math.max(...batchesOf(run).map(({ rows }) => rows));
    expect(ids.length - new Set(ids).size).toBeLessThanOrEqual(largest);
  });
});

describe('rows that are refused', () => {
  it.concurrent('do not take the others with them', async () => {
    const emulator = await startTenant({ eventsPerHour: 30 });
    const events = emulator.eventsIn(RANGE.start, RANGE.end);
    const bad = new Set([events[7]?.Id, events[41]?.Id]);
    emulator.fault({
      service: 'ingestion',
      rejectRows: (row) => bad.has(String(row.ActivityId)),
      times: FOREVER,
    });
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    const { title, message } = onlyError(run);
    expect(title).toBe('Rows refused for good');
    expect(message).toMatch(/2 rows .*HTTP 400.*columns and types of the stream/);
    expectEachOnce(emulator, RANGE, ({ Id }) => !bad.has(Id));
    expect(run.outputs).toMatchObject({
      'activities-ingested': '58',
      'activities-failed': '2',
      'batches-failed': '2',
    });
    expect(
      batchesOf(run)
        .filter(({ status }) => status === 'refused')
        .map(({ rows }) => rows),
    ).toEqual([1, 1]);
  });

  it.concurrent('one after the other, stop the run: the rule or the stream refuses everything', async () => {
    const emulator = await startTenant({ eventsPerHour: 30 });
    emulator.fault({ service: 'ingestion', rejectRows: () => true, times: FOREVER });
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    const { title, message } = onlyError(run);
    expect(title).toBe('Destination refuses everything');
    expect(message).toMatch(
      new RegExp(`50 uploads refused and none accepted.*HTTP 400.*"${written('stream-name')}"`),
    );
    expect(uploads(emulator)).toHaveLength(50);
    expect(run.outputs).toMatchObject({
      'activities-collected': '60',
      'activities-failed': '60',
      'batches-sent': '0',
    });
    expect(batchesOf(run).filter(({ status }) => status === 'refused')).toEqual([]);
    expect(emulator.rowCount).toBe(0);
  });

  it.concurrent('by a verdict on the destination end the run', async () => {
    const emulator = await startTenant();
    emulator.fault(ofUploads({ status: 403, body: { error: { code: 'OperationFailed' } }, times: FOREVER }));
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    const { title, message } = onlyError(run);
    expect(title).toBe('Destination refused: no permission on the data collection rule');
    expect(message).toMatch(/"Monitoring Metrics Publisher"/);
    expect(uploads(emulator)).toHaveLength(1);
    expect(run.outputs).toMatchObject({ 'activities-failed': '10', 'batches-failed': '1' });
  });
});
