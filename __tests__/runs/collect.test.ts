/** What is asked of the activity log, and that just that arrives in the table. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { ActivityEvent, LoggedRequest } from '../../emulator/server.ts';
import { COLUMNS } from '../../src/rows/columns.ts';
import { hostUnderTest, written } from '../support/hosts.ts';
import { count, type WholeRun } from '../support/invariants.ts';
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

const MINUTE = 60_000;
/** The default of the input. */
const CONCURRENCY = 4;
const AGENT = 'fabric-activity-to-log-analytics/1.0.0 (octo/compliance; run 7654321)';

function windowOf(run: WholeRun): { start: number; end: number } {
  const { 'window-start': start = '', 'window-end': end = '' } = run.outputs;
  return { start: Date.parse(start), end: Date.parse(end) };
}

/** Every property of an event, found again in its row: in its column, or under its own name. */
function expectNothingLost(event: ActivityEvent, row: Readonly<Record<string, unknown>>): void {
  const columnOf = new Map(COLUMNS.flatMap(({ name, from }) => from.map((property) => [property, name])));
  const additional = (row.AdditionalFields ?? {}) as Record<string, unknown>;
  const found = Object.keys(event).map((property) => {
    const value = row[columnOf.get(property) ?? ''] ?? additional[property];
    return [
      property,
      typeof event[property] === 'number' && typeof value === 'string' ? Number(value) : value,
    ];
  });
  expect(Object.fromEntries(found)).toEqual(event);
  const { CreationTime = '' } = event;
  expect(row.TimeGenerated).toBe(CreationTime.endsWith('Z') ? CreationTime : `${CreationTime}Z`);
  expect(row.SourceApi).toBe('power-bi');
}

describe('the last 24 hours', () => {
  it.concurrent('are collected from the real host names through the proxy, whole and once', async () => {
    const emulator = await startTenant({ eventsPerHour: 30, pageSize: 8, gzip: true });
    const before = Date.now();
    const run = await wholeRun(emulator, { real: true });
    const range = windowOf(run);
    expect(range.end - range.start).toBe(24 * HOUR);
    expect(range.end).toBeGreaterThanOrEqual(before);
    const events = emulator.eventsIn(range.start, range.end);
    expect(events.length).toBeGreaterThan(600);
    expect(run.outputs).toMatchObject({
      ...allIngested(events.length),
      ...{ source: 'power-bi', 'fallback-used': 'false', 'fallback-reason': '', 'duplicates-skipped': '0' },
    });
    expectEachOnce(emulator, range);
    const rows = new Map(emulator.posted.map((row) => [row.ActivityId, row]));
    for (const event of events) expectNothingLost(event, rows.get(event.Id) ?? {});
    expect(new Set(emulator.connects)).toEqual(
      new Set([
        hostUnderTest() === 'github' ? 'pipelines.actions.githubusercontent.com:443' : 'dev.azure.com:443',
        'login.microsoftonline.com:443',
        'activity-test.eastus-1.ingest.monitor.azure.com:443',
        'api.powerbi.com:443',
      ]),
    );
    // A connection serves one request after the other.
    for (const service of ['power-bi', 'ingestion', 'entra'] as const) {
      const hosts = new Set(emulator.requestsTo(service).map(({ host }) => `${host}:443`));
      const connections = emulator.connects.filter((target) => hosts.has(target)).length;
      expect(connections).toBeLessThanOrEqual(CONCURRENCY);
      if (service === 'power-bi') expect(emulator.requestsTo(service).length).toBeGreaterThan(connections);
    }
    expect(new Set(emulator.requests.map(({ headers }) => headers['user-agent']))).toEqual(new Set([AGENT]));
    expect(run.summary).toContain('Power BI activity log');
    expect(run.summary).toContain(hostUnderTest() === 'github' ? 'xychart-beta' : '### New events by hour');
    expect(run.summary).toContain('ViewReport');
  });

  it.concurrent.each([true, false])('come in pages of megabytes, gzipped: %s', async (gzip) => {
    const emulator = await startTenant({ eventsPerHour: 2400, pageSize: 1700, gzip });
    const range = wholeHours(6);
    const run = await wholeRun(emulator, { inputs: asking(range) });
    expect(run.outputs).toMatchObject(allIngested(6 * 2400));
    expect(
      Math.max(...emulator.requestsTo('power-bi').map(({ answerBytes }) => answerBytes)),
    ).toBeGreaterThan(gzip ? 60_000 : 1_000_000);
    expectEachOnce(emulator, range);
    const rows = new Map(emulator.posted.map((row) => [row.ActivityId, row]));
    for (const event of emulator.eventsIn(range.start, range.end))
      expectNothingLost(event, rows.get(event.Id) ?? {});
  });

  it.concurrent('without a single event are green, with a warning', async () => {
    const emulator = await startTenant({ eventsPerHour: 0 });
    const run = await wholeRun(emulator);
    expect(run.outputs).toMatchObject(allIngested(0));
    expect(run.warnings.map(({ title }) => title)).toEqual(['No events']);
    expect(emulator.requestsTo('ingestion')).toHaveLength(1);
  });

  it.concurrent('short of an hour may well be without events', async () => {
    const emulator = await startTenant({ eventsPerHour: 0 });
    const run = await wholeRun(emulator, { inputs: asking(wholeHours(23)) });
    expect(run.code).toBe(0);
    expect(run.warnings).toEqual([]);
  });
});

describe('a proxy', () => {
  it.concurrent('serves every call', async () => {
    const emulator = await startTenant();
    const range = wholeHours(1);
    const env = { HTTPS_PROXY: emulator.proxyUrl };
    const run = await wholeRun(emulator, { inputs: asking(range), env });
    expect(run.outputs).toMatchObject(allIngested(5));
    expect(new Set(emulator.connects)).toEqual(new Set([`localhost:${emulator.port}`]));
  });

  it.concurrent('is left aside for the hosts of NO_PROXY', async () => {
    const emulator = await startTenant();
    const range = wholeHours(1);
    const env = { HTTPS_PROXY: emulator.proxyUrl, NO_PROXY: 'example.test,localhost' };
    const run = await wholeRun(emulator, { inputs: asking(range), env });
    expect(run.outputs).toMatchObject(allIngested(5));
    expect(emulator.connects).toEqual([]);
  });
});

describe('the window', () => {
  it.concurrent('is clipped to the 28 days that the service keeps, with a warning', async () => {
    const emulator = await startTenant({ eventsPerHour: 1 });
    const run = await wholeRun(emulator, { inputs: { 'lookback-hours': '800' } });
    const { start, end } = windowOf(run);
    expect(run.code).toBe(0);
    expect(run.outputs.complete).toBe('true');
    expect(start).toBeGreaterThanOrEqual(end - 28 * 24 * HOUR + 15 * MINUTE);
    expect(start).toBeLessThan(end - 28 * 24 * HOUR + 20 * MINUTE);
    expect(run.warnings.find(({ title }) => title === 'Window clipped')?.message).toMatch(/28 days/);
    expectEachOnce(emulator, { start, end });
    expect(run.summary).toContain('CreationTime');
  });

  it.concurrent('beyond the 28 days is refused', async () => {
    const emulator = await startTenant();
    const run = await wholeRun(emulator, { inputs: asking(wholeHours(2, 24 * 40)) });
    expect(run.errors.map(({ title }) => title)).toEqual(['Inputs refused']);
    expect(run.errors[0]?.message).toMatch(new RegExp(`${written('end-time')}.*28 days`));
    expect(emulator.requests).toEqual([]);
  });

  it.concurrent('is half-open to the second, whatever part of an hour it begins and ends in', async () => {
    const emulator = await startTenant({ eventsPerHour: 400, pageSize: 50 });
    const hour = wholeHours(1).start;
    const range = { start: hour + 17 * MINUTE + 30_000, end: hour + 2 * HOUR + 42 * MINUTE };
    const at = (instant: number, Id: string) => ({
      Id,
      CreationTime: new Date(instant).toISOString().slice(0, 19),
    });
    emulator.addEvents([
      at(range.start - 1000, 'edge-before'),
      at(range.start, 'edge-first'),
      at(range.end - 1000, 'edge-last'),
      at(range.end, 'edge-behind'),
    ]);
    const run = await wholeRun(emulator, { inputs: asking(range) });
    expectEachOnce(emulator, range);
    expect(run.outputs).toMatchObject(allIngested(emulator.eventsIn(range.start, range.end).length));
    const ids = new Set(emulator.table.map((row) => row.ActivityId));
    expect(['edge-before', 'edge-first', 'edge-last', 'edge-behind'].filter((id) => ids.has(id))).toEqual([
      'edge-first',
      'edge-last',
    ]);
  });

  it.concurrent('takes a time without zone as UTC, and ends lookback-hours at end-time', async () => {
    const emulator = await startTenant();
    const { end } = wholeHours(3);
    const inputs = { 'end-time': new Date(end).toISOString().slice(0, 19), 'lookback-hours': '1.5' };
    const run = await wholeRun(emulator, { inputs });
    expect(windowOf(run)).toEqual({ start: end - 1.5 * HOUR, end });
    expectEachOnce(emulator, { start: end - 1.5 * HOUR, end });
  });
});

describe('a filter', () => {
  const range = wholeHours(3);

  it.concurrent('by activity and user is left to the service', async () => {
    const emulator = await startTenant({ eventsPerHour: 200, pageSize: 3 });
    const someone = emulator
      .eventsIn(range.start, range.end)
      .find(({ Activity }) => Activity === 'ViewReport');
    const userId = String(someone?.UserId);
    const inputs = { ...asking(range), activity: 'viewreport', 'user-id': userId };
    const run = await wholeRun(emulator, { real: true, inputs });
    expectEachOnce(emulator, range, (event) => event.Activity === 'ViewReport' && event.UserId === userId);
    expect(count(run, 'activities-collected')).toBeGreaterThan(0);
    const filters = new Set(emulator.requestsTo('power-bi').map(({ query }) => query.$filter));
    expect(filters).toEqual(new Set([`Activity eq 'viewreport' and UserId eq '${userId}'`]));
  });

  it.concurrent('with a quote in it reaches the service as it is meant', async () => {
    const emulator = await startTenant();
    emulator.addEvents([
      {
        Id: 'quoted',
        CreationTime: new Date(range.start).toISOString(),
        Activity: 'ViewReport',
        UserId: "o'neil@example.test",
      },
    ]);
    await wholeRun(emulator, { inputs: { ...asking(range), 'user-id': "o'neil@example.test" } });
    expectEachOnce(emulator, range, ({ Id }) => Id === 'quoted');
  });

  it.concurrent('by workspace compares ids without case, and counts events that name none', async () => {
    const emulator = await startTenant({ eventsPerHour: 200 });
    const events = emulator.eventsIn(range.start, range.end);
    const ids = [...new Set(events.map(({ WorkspaceId }) => WorkspaceId))].filter(
      (id) => typeof id === 'string',
    );
    const [first = '', second = ''] = ids;
    const inputs = { ...asking(range), 'workspace-ids': `${first.toUpperCase()},\n ${second}` };
    const run = await wholeRun(emulator, { inputs });
    const wanted = (event: ActivityEvent) => event.WorkspaceId === first || event.WorkspaceId === second;
    expectEachOnce(emulator, range, wanted);
    expect(run.outputs).toMatchObject(allIngested(events.filter(wanted).length));
    const without = events.filter(({ WorkspaceId }) => WorkspaceId === undefined).length;
    expect(without).toBeGreaterThan(0);
    expect(run.summary).toContain(`${without} events that name no workspace were left out`);
  });
});

describe('concurrency', () => {
  it.concurrent('bounds requests to the source and uploads, each', async () => {
    const emulator = await startTenant({ eventsPerHour: 0, pageDelayMs: 100, uploadDelayMs: 400 });
    const range = wholeHours(8);
    for (let at = range.start; at < range.end; at += 3 * MINUTE) {
      emulator.addEvents([
        { Id: `big-${at}`, CreationTime: new Date(at).toISOString(), Padding: 'x'.repeat(60_000) },
      ]);
    }
    const run = await wholeRun(emulator, { inputs: { ...asking(range), concurrency: '3' } });
    expectEachOnce(emulator, range);
    expect(count(run, 'batches-sent')).toBeGreaterThan(5);
    expect(mostAtOnce(emulator.requestsTo('power-bi'))).toBe(3);
    expect(mostAtOnce(emulator.requestsTo('ingestion'))).toBe(3);
    for (const { bodyBytes } of emulator.requestsTo('ingestion'))
      expect(bodyBytes).toBeLessThanOrEqual(1_000_000);
  });
});

/** Requests under way at once; the end of one may be noted some milliseconds after its answer was read. */
function mostAtOnce(requests: readonly LoggedRequest[]): number {
  const endOf = ({ at, finishedAt = at }: LoggedRequest) => finishedAt - 50;
  return Math.max(
    ...requests.map(({ at }) => requests.filter((one) => one.at <= at && endOf(one) > at).length),
  );
}
