/** Proof of delivery where the table, the clock or the operator misleads: nothing is sent twice by mistake, and no count lies. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import type { ServiceRequest } from '../../emulator/wire/request.ts';
import { counts, openProof } from '../support/proof.ts';
import {
  between,
  closeAll,
  DAY,
  eventsFrom,
  expectOnce,
  HOUR,
  hourBack,
  iso,
  MINUTE,
  openFolder,
  step,
  titles,
} from '../support/steps.ts';

afterEach(closeAll);

const START = hourBack(8);
const END = hourBack(3);
const WINDOW = between(START, END);
const withState = (window: Record<string, string> = WINDOW) => ({
  ...window,
  'state-file': join(openFolder(), 'state'),
});
const isExport = ({ Operation }: Readonly<Record<string, unknown>>) => Operation === 'ExportReport';
const exports = (count: number, start = START + 2 * HOUR) =>
  eventsFrom(start, count, { Activity: 'ExportReport', Operation: 'ExportReport' });

function lose(emulator: Emulator, times = 1): void {
  // The first request is the check of the destination.
  emulator.fault({ service: 'ingestion', skip: 1, times, lose: { rows: isExport } });
}

/** Requests that ask a query of this name. */
const asks =
  (name: string) =>
  ({ body }: ServiceRequest): boolean =>
    body.toString('utf8').includes(`// proof:${name} 1`);

const noRows = (...columns: string[]) => ({
  tables: [{ name: 'PrimaryResult', columns: columns.map((name) => ({ name, type: 'string' })), rows: [] }],
});

describe('a run without workspace-id in between', () => {
  it('does not make rows that were given up be sent a third time', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.configure.transformKql = 'source | where Operation != "ExportReport"';
    emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
    await run();
    later(7);
    expect((await run()).outputs['rows-resent']).toBe('5');
    later(7);
    expect(counts(await run())).toEqual([90, 0, 0, 5]);
    await run({ 'workspace-id': '' });
    for (let more = 0; more < 3; more += 1) {
      later(1);
      const calm = await run();
      later(6);
      expect([calm.outputs['rows-resent'], counts(calm)]).toEqual(['0', [90, 0, 0, 5]]);
    }
    expect(emulator.posted.filter(isExport).length).toBe(10);
  });

  it('leaves its own rows to be proved by the next one', async () => {
    const { emulator, run } = await openProof(withState());
    emulator.addEvents(eventsFrom(START, 20));
    await run();
    emulator.addEvents(eventsFrom(START + HOUR, 7));
    await run({ 'workspace-id': '' });
    const proved = await run();
    expect([proved.outputs.proof, counts(proved)]).toEqual(['complete', [27, 0, 0, 0]]);
  });
});

describe('the number of queries', () => {
  it('is two where the first run began in the middle of an hour', async () => {
    const state = { 'state-file': join(openFolder(), 'state') };
    const { emulator, run } = await openProof(state);
    const start = hourBack(5) + 20 * MINUTE;
    emulator.addEvents(eventsFrom(start, 30));
    await run({ 'start-time': iso(start) });
    const before = emulator.requestsTo('log-analytics').length;
    emulator.addEvents(eventsFrom(hourBack(2), 3));
    const second = await run({ 'lookback-hours': '2' });
    expect([second.outputs.proof, counts(second)]).toEqual(['complete', [33, 0, 0, 0]]);
    expect(emulator.requestsTo('log-analytics').length - before).toBe(2);
  });

  it('does not grow with the days that earlier runs covered', async () => {
    const state = { 'state-file': join(openFolder(), 'state') };
    const { emulator, run } = await openProof(state);
    for (let day = 1; day <= 12; day += 1) emulator.addEvents(eventsFrom(hourBack(24 * day), 5));
    await run({ 'start-time': iso(hourBack(24 * 12 + 1)) });
    const before = emulator.requestsTo('log-analytics').length;
    emulator.addEvents(eventsFrom(hourBack(2), 3));
    const second = await run();
    expect([second.outputs.proof, counts(second)]).toEqual(['complete', [63, 0, 0, 0]]);
    expect(emulator.requestsTo('log-analytics').length - before).toBeLessThanOrEqual(3);
  });
});

describe('an answer without rows', () => {
  it.each(['keys', 'some'])('to the query %s makes no row be sent again', async (name) => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 30), ...eventsFrom(START + 2 * HOUR, 60)]);
    emulator.configure.logAnalytics.visibleAfterQueries = 0;
    await run();
    emulator.addEvents(exports(5));
    emulator.configure.logAnalytics.mayRead = (row) => row.Operation !== 'ExportReport';
    await run();
    if (name === 'keys') emulator.configure.logAnalytics.mayRead = () => true;
    const columns = name === 'keys' ? ['Hour', 'C'] : ['K', 'N', 'First'];
    if (name === 'keys')
      emulator.addRows([
        { TimeGenerated: iso(START + 2 * HOUR), CreationTime: iso(START + 2 * HOUR), ActivityId: 'foreign' },
      ]);
    emulator.fault({
      service: 'log-analytics',
      times: Number.POSITIVE_INFINITY,
      match: asks(name),
      status: 200,
      body: noRows(...columns),
    });
    for (let more = 0; more < 3; more += 1) {
      later(7);
      const blind = await run();
      expect([blind.code, blind.outputs['rows-resent']]).toEqual([0, '0']);
    }
    expect(emulator.posted.filter(isExport).length).toBe(5);
  });
});

describe('rows under another time', () => {
  it('are no missing ones where nothing may be sent again', async () => {
    const { emulator, run, later } = await openProof({ ...withState(), 'resend-missing': 'false' });
    emulator.addEvents(eventsFrom(START, 90));
    emulator.addEvents(eventsFrom(START, 5, { CreationTime: undefined }), undefined, START + HOUR);
    await run();
    later(7);
    const calm = await run();
    expect([calm.code, calm.outputs.proof, counts(calm)]).toEqual([0, 'complete', [95, 0, 0, 0]]);
  });

  it('are not sent again without a state file', async () => {
    const { emulator, run } = await openProof(WINDOW);
    emulator.addEvents(eventsFrom(START, 20));
    emulator.addEvents(eventsFrom(START, 5, { CreationTime: undefined }), undefined, START + HOUR);
    await run();
    const second = await run();
    expect(second.outputs['activities-ingested']).toBe('0');
    expect(emulator.table.length).toBe(25);
  });

  it('because a transformation drops CreationTime stop the run that has no other memory', async () => {
    const { emulator, run } = await openProof(WINDOW);
    emulator.configure.transformKql = 'source | project-away CreationTime';
    emulator.addEvents(eventsFrom(START, 20));
    await run();
    const second = await run();
    expect(second.code).toBe(1);
    expect(emulator.table.length).toBe(20);
  });
});

describe('a run with a window of its own', () => {
  it('leaves rows of other hours alone', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 90), ...eventsFrom(END - HOUR, 4), ...exports(5)]);
    lose(emulator);
    await run();
    later(7);
    const narrow = await run({ 'start-time': iso(END - HOUR) });
    expect([narrow.code, narrow.outputs.proof, counts(narrow)]).toEqual([0, 'complete', [4, 0, 0, 0]]);
    expect(narrow.outputs['rows-resent']).toBe('0');
    const whole = await run();
    expect([whole.outputs['rows-resent'], counts(whole)]).toEqual(['5', [99, 0, 0, 0]]);
  });
});

describe('the deadline', () => {
  it('ends the wait for rows, and they are pending', async () => {
    const { emulator, run } = await openProof(withState());
    emulator.addEvents(eventsFrom(START, 20));
    emulator.configure.logAnalytics.visibleAfterQueries = 1000;
    const ended = await run({ 'proof-wait-seconds': '900', 'deadline-minutes': '0.2' });
    expect([ended.code, ended.outputs.proof, counts(ended)]).toEqual([0, 'pending', [0, 20, 0, 0]]);
  });
});

describe('events without an id', () => {
  it('are not said to be seen', async () => {
    const { emulator, run } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 10), ...eventsFrom(START, 3, { Id: undefined })]);
    const both = await run();
    expect(both.summary).toContain('13 new events, all 10 with an id seen in the table');
  });
});

describe('a new loss', () => {
  it('begins with a single batch again', async () => {
    const { emulator, run, later } = await openProof({ ...withState(), concurrency: '1' });
    const large = { Activity: 'ExportReport', Operation: 'ExportReport', Note: 'x'.repeat(50_000) };
    emulator.addEvents([...eventsFrom(START, 400), ...exports(5)]);
    lose(emulator, 100);
    await run();
    emulator.clearFaults();
    later(7);
    expect((await run()).outputs['rows-resent']).toBe('5');
    later(1);
    await run();
    emulator.addEvents(eventsFrom(START + 3 * HOUR, 30, large));
    lose(emulator, 100);
    await run();
    emulator.clearFaults();
    later(7);
    const canary = Number((await run()).outputs['rows-resent']);
    expect([canary > 5, canary < 25]).toEqual([true, true]);
  });
});

describe('a run that ends before it comes to the proof', () => {
  it('says that the table could not be read', async () => {
    const { emulator, run } = await openProof(withState());
    emulator.fault({ service: 'entra', times: 100, status: 400, body: { error: 'invalid_client' } });
    const red = await run();
    expect([red.code, red.outputs.proof, red.outputs['rows-resent']]).toEqual([1, 'unavailable', '0']);
  });
});

describe('a lost state file', () => {
  it('counts what was found as proven, also where a run before did not get to all hours', async () => {
    const inputs = withState();
    const { emulator, run } = await openProof(inputs);
    emulator.addEvents([...eventsFrom(START, 20), ...eventsFrom(START + HOUR, 10)]);
    await run();
    rmSync(inputs['state-file']);
    emulator.fault({
      service: 'power-bi',
      times: 100,
      status: 500,
      match: ({ query }) => (query.startDateTime ?? '').includes(iso(START + HOUR).slice(0, 13)),
    });
    const red = await run();
    expect(titles(red.errors).length).toBe(1);
    emulator.clearFaults();
    const after = await run();
    expect([after.code, after.outputs.proof, counts(after)]).toEqual([0, 'complete', [30, 0, 0, 0]]);
    expectOnce(emulator, START, END);
  });
});

describe('a lost state file, and then a run with a window of its own', () => {
  it('does not make the next regular run send again what was there', async () => {
    const state = join(openFolder(), 'state');
    const { emulator, run } = await openProof({ 'state-file': state });
    for (let back = 60; back >= 2; back -= 1) emulator.addEvents(eventsFrom(hourBack(back), 3));
    await run();
    rmSync(state);
    await run(between(hourBack(60), hourBack(40)));
    const regular = await run();
    expect([regular.code, regular.outputs['repeats-in-table']]).toEqual([0, '0']);
    expectOnce(emulator, hourBack(60), hourBack(1));
    // From now on all of it is known, and nothing is looked up any more.
    const before = emulator.requestsTo('log-analytics').length;
    await run();
    expect(emulator.requestsTo('log-analytics').length - before).toBeLessThanOrEqual(2);
  });

  it('does not make an hour be sent again that failed in the first run after the loss', async () => {
    const state = join(openFolder(), 'state');
    const { emulator, run } = await openProof({ 'state-file': state });
    for (let back = 60; back >= 2; back -= 1) emulator.addEvents(eventsFrom(hourBack(back), 3));
    await run();
    rmSync(state);
    const failing = hourBack(7);
    emulator.fault({
      service: 'power-bi',
      status: 400,
      times: 1000,
      match: ({ query }) => Date.parse(query.startDateTime?.slice(1, -1) ?? '') === failing,
    });
    expect((await run()).code).toBe(1);
    emulator.clearFaults();
    await run(between(hourBack(60), hourBack(50)));
    await run();
    expectOnce(emulator, hourBack(60), hourBack(1));
  });
});

describe('the oldest hour that the service keeps', () => {
  it('is proved as well', async () => {
    const { emulator, run } = await openProof({ 'state-file': join(openFolder(), 'state') });
    const oldest = Date.now() - 28 * DAY + 25 * MINUTE;
    emulator.addEvents([...eventsFrom(oldest, 5), ...eventsFrom(START, 10)]);
    const all = await run({ 'start-time': iso(oldest - HOUR) });
    expect([all.code, all.outputs.proof, counts(all)]).toEqual([0, 'complete', [15, 0, 0, 0]]);
  });
});

describe('a memory that answers without rows', () => {
  it('is not believed where the table counts some', async () => {
    const { emulator, run } = await openProof(WINDOW);
    emulator.addEvents(eventsFrom(START, 20));
    await run();
    emulator.fault({
      service: 'log-analytics',
      match: asks('keys'),
      times: Number.POSITIVE_INFINITY,
      status: 200,
      body: noRows('Hour', 'C'),
    });
    const red = await run();
    expect([red.code, red.outputs['activities-ingested']]).toEqual([1, '0']);
    expect(emulator.table.length).toBe(20);
  });
});

describe('a file of rejected rows', () => {
  it('is replayed and proved', async () => {
    const rejected = join(openFolder(), 'rejected.ndjson.gz');
    const inputs = withState();
    const { emulator, run } = await openProof(inputs);
    emulator.addEvents([...eventsFrom(START, 20), ...exports(3)]);
    emulator.fault({ service: 'ingestion', times: Number.POSITIVE_INFINITY, rejectRows: isExport });
    const red = await run({ 'rejected-file': rejected });
    expect([red.code, red.outputs.proof, counts(red)]).toEqual([1, 'complete', [20, 0, 0, 0]]);
    emulator.clearFaults();
    const replayed = await run({ 'replay-file': rejected, 'start-time': '', 'end-time': '' });
    expect([replayed.code, replayed.outputs.proof, counts(replayed)]).toEqual([0, 'complete', [23, 0, 0, 0]]);
    const calm = await run();
    expect([calm.outputs['activities-ingested'], calm.outputs.proof, counts(calm)]).toEqual([
      '0',
      'complete',
      [23, 0, 0, 0],
    ]);
  });
});

describe('workspace records in place of a log', () => {
  it('are no events to be proved, nor to be missed', async () => {
    const { emulator, run, later } = await openProof({ ...withState() });
    emulator.addEvents(eventsFrom(START, 20));
    await run();
    emulator.fault({ service: 'power-bi', times: 1000, status: 403 });
    for (let more = 0; more < 3; more += 1) {
      later(7);
      const records = await run({ source: 'auto' });
      expect([records.code, records.outputs.source, records.outputs.proof, counts(records)]).toEqual([
        0,
        'workspaces',
        'complete',
        [20, 0, 0, 0],
      ]);
    }
  });
});

describe('a run that is stopped while it waits for rows', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('by %s leaves them to the next one', async (signal) => {
    const inputs = withState();
    const { emulator, run } = await openProof(inputs);
    emulator.addEvents(eventsFrom(START, 20));
    emulator.configure.logAnalytics.visibleAfterQueries = 1000;
    const onStart = (kill: (signal: NodeJS.Signals) => void) => {
      const timer = setInterval(() => {
        const hasLooked = emulator
          .requestsTo('log-analytics')
          .some(({ queryText }) => queryText?.startsWith('// proof:hours') === true);
        if (!hasLooked) return;
        clearInterval(timer);
        kill(signal);
      }, 50);
    };
    const all = { ...emulator.proofInputs, ...inputs, 'proof-wait-seconds': '60' };
    const stopped = await step(emulator, all, { onStart });
    expect(stopped.code).not.toBe(0);
    if (signal === 'SIGTERM') expect(counts(stopped)).toEqual([0, 20, 0, 0]);
    emulator.configure.logAnalytics.visibleAfterQueries = 0;
    emulator.addEvents(eventsFrom(START + HOUR, 5));
    const after = await run();
    expect([after.code, after.outputs['activities-ingested']]).toEqual([0, '5']);
    expectOnce(emulator, START, END);
  });
});

describe('rows of one activity', () => {
  it('are sent again for a run that asks for no other', async () => {
    const { emulator, run, later } = await openProof({ ...withState(), activity: 'ExportReport' });
    emulator.addEvents([...eventsFrom(START, 90), ...exports(40), ...exports(2, START + HOUR)]);
    emulator.fault({
      service: 'ingestion',
      skip: 1,
      lose: { rows: ({ CreationTime }) => String(CreationTime).startsWith(iso(START + HOUR).slice(0, 13)) },
    });
    const lost = await run();
    expect(counts(lost)).toEqual([40, 2, 0, 0]);
    later(7);
    const resent = await run();
    expect([resent.outputs['rows-resent'], counts(resent)]).toEqual(['2', [42, 0, 0, 0]]);
    expect(emulator.table.length).toBe(42);
  });
});

describe('the query service', () => {
  it('that throttles for an hour is no fault of the run, and does not hold it up', async () => {
    const { emulator, run } = await openProof(withState());
    emulator.addEvents(eventsFrom(START, 10));
    await run();
    emulator.addEvents(eventsFrom(START + HOUR, 10));
    emulator.fault({
      service: 'log-analytics',
      times: Number.POSITIVE_INFINITY,
      status: 429,
      headers: { 'retry-after': '3600' },
    });
    const throttled = await run();
    expect([throttled.code, throttled.outputs.complete, throttled.outputs.proof, counts(throttled)]).toEqual([
      0,
      'true',
      'unavailable',
      [10, 10, 0, 0],
    ]);
  });
});

describe('an upload that fails when rows are sent again', () => {
  it('is tried once more by the next run, and by no more', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
    lose(emulator);
    await run();
    later(7);
    emulator.fault({ service: 'ingestion', skip: 1, times: 1, status: 400, body: { error: { code: 'X' } } });
    emulator.fault({ service: 'ingestion', times: 3, status: 503, headers: { 'retry-after': '0' } });
    await run();
    emulator.clearFaults();
    later(7);
    const after = await run();
    expect([after.code, counts(after)]).toEqual([0, [95, 0, 0, 0]]);
    expectOnce(emulator, START, END);
  });
});

describe('an event that nests deeper than JSON can be written', () => {
  it('is sent again as any other, what cannot be written cut', async () => {
    const { emulator, run, later } = await openProof(withState());
    const hour = START + 2 * HOUR;
    emulator.addEvents(eventsFrom(START, 90));
    const [event] = exports(1, hour);
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    // The emulator could not write it either.
    emulator.fault({
      service: 'power-bi',
      times: Number.POSITIVE_INFINITY,
      match: ({ query }) => Date.parse(query.startDateTime?.slice(1, -1) ?? '') === hour,
      status: 200,
      body: `{"activityEventEntities":[${JSON.stringify(event).replace(/}$/, `,"Deep":${deep}}`)}],"continuationUri":null,"continuationToken":null,"lastResultSet":true}`,
    });
    lose(emulator);
    await run();
    later(7);
    const resent = await run();
    expect([resent.code, resent.outputs['rows-resent'], counts(resent)]).toEqual([0, '1', [91, 0, 0, 0]]);
    expect(emulator.table.filter(({ ActivityId }) => ActivityId === event?.Id)).toMatchObject([
      { AdditionalFields: { Deep: '…[cut]' } },
    ]);
    expect(resent.log).toContain('title=Values cut');
  });
});
