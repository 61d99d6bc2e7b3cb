/** Proof of delivery: what a run says of the table is what the table holds, and nothing is sent twice. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import { counts, openProof, queriesBy } from '../support/proof.ts';
import {
  type Annotation,
  between,
  closeAll,
  eventsFrom,
  expectOnce,
  HOUR,
  hourBack,
  number,
  openFolder,
  titles,
} from '../support/steps.ts';

afterEach(closeAll);

const START = hourBack(8);
const END = hourBack(3);
const WINDOW = between(START, END);
const withState = () => ({ ...WINDOW, 'state-file': join(openFolder(), 'state') });
const isExport = ({ Operation }: Readonly<Record<string, unknown>>) => Operation === 'ExportReport';
const exports = (count: number) =>
  eventsFrom(START + 2 * HOUR, count, { Activity: 'ExportReport', Operation: 'ExportReport' });

/** The next uploads are acknowledged, and some of their rows lost. */
function lose(emulator: Emulator, more: { logged?: string } = {}, times = 1): void {
  // The first request is the check of the destination.
  emulator.fault({ service: 'ingestion', skip: 1, times, lose: { rows: isExport, ...more } });
}

/** Titles as they are read; in the log, colons are escaped. */
const readable = (annotated: readonly Annotation[]) =>
  titles(annotated).map((title) => title.replaceAll('%3A', ':'));

describe('a good run', () => {
  it('proves its own rows in two queries, and says so in one line', async () => {
    const { emulator, run } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 50), ...eventsFrom(START + HOUR, 30)]);
    // A first run, but not the first state: nothing has to be read before.
    await run({ 'dry-run': 'true' });
    const first = await run();
    expect([first.code, first.outputs.proof, counts(first)]).toEqual([0, 'complete', [80, 0, 0, 0]]);
    expect(first.outputs['repeats-in-table']).toBe('0');
    expect(first.summary).toContain('## ✅ Complete: 80 new events, all 80 seen in the table');
    expect(first.summary).not.toContain('In the table\n');
    expectOnce(emulator, START, END);
    emulator.addEvents(eventsFrom(START + 3 * HOUR, 7));
    const before = queriesBy(emulator);
    const second = await run();
    expect([second.outputs.proof, counts(second)]).toEqual(['complete', [87, 0, 0, 0]]);
    expect(second.summary).toContain('7 new events, all 7 seen in the table');
    const asked = queriesBy(emulator);
    expect((asked.sight ?? 0) - (before.sight ?? 0)).toBe(1);
    expect((asked.hours ?? 0) - (before.hours ?? 0)).toBe(1);
    expect((asked.keys ?? 0) - (before.keys ?? 0)).toBe(0);
    expectOnce(emulator, START, END);
    const third = await run();
    expect(third.summary).toContain('nothing new, all 87 events of the window seen in the table');
  });

  it('waits for rows that show up late, and no longer than it may', async () => {
    const { emulator, run } = await openProof(withState());
    emulator.addEvents(eventsFrom(START, 20));
    emulator.configure.logAnalytics.visibleAfterQueries = 3;
    const waited = await run({ 'proof-wait-seconds': '30' });
    expect([waited.outputs.proof, counts(waited)]).toEqual(['complete', [20, 0, 0, 0]]);
    emulator.configure.logAnalytics.visibleAfterQueries = 1000;
    emulator.addEvents(eventsFrom(START + HOUR, 5));
    const left = await run({ 'proof-wait-seconds': '1' });
    expect([left.code, left.outputs.proof, counts(left)]).toEqual([0, 'pending', [20, 5, 0, 0]]);
    expect(left.summary).toContain('5 not seen in the table yet');
    expect(left.summary).toContain('### In the table');
  });

  it('takes rows of other tools in the same table for no fault', async () => {
    const { emulator, run } = await openProof(withState());
    const foreign = eventsFrom(START, 30).map(({ Id, CreationTime }) => ({
      TimeGenerated: `${CreationTime}Z`,
      CreationTime,
      ActivityId: Id,
      RecordType: '20',
    }));
    emulator.addRows(foreign);
    emulator.addEvents(eventsFrom(START, 10));
    const own = await run();
    expect([own.code, own.outputs.proof, counts(own)]).toEqual([0, 'complete', [10, 0, 0, 0]]);
  });

  it('counts events without an id, and proves those that have one', async () => {
    const { emulator, run } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 10), ...eventsFrom(START, 3, { Id: undefined })]);
    const both = await run();
    expect([both.outputs.proof, counts(both), both.outputs['activities-ingested']]).toEqual([
      'complete',
      [10, 0, 0, 0],
      '13',
    ]);
  });

  it('tells rows that are there more than once', async () => {
    const { emulator, run } = await openProof(withState());
    emulator.addEvents(eventsFrom(START, 10));
    await run();
    const { table } = emulator;
    emulator.addRows(table.slice(0, 3));
    const repeated = await run();
    expect([repeated.code, repeated.outputs.proof, repeated.outputs['repeats-in-table']]).toEqual([
      0,
      'complete',
      '3',
    ]);
    expect(repeated.summary).toContain('### In the table');
  });
});

describe('rows that were acknowledged and lost', () => {
  it('are found, sent once more after six hours, and proved', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
    lose(emulator);
    const lost = await run();
    expect([lost.code, lost.outputs.proof, counts(lost)]).toEqual([0, 'pending', [90, 5, 0, 0]]);
    later(5);
    const young = await run();
    expect([young.outputs.proof, counts(young), young.outputs['rows-resent']]).toEqual([
      'pending',
      [90, 5, 0, 0],
      '0',
    ]);
    later(2);
    const resent = await run();
    expect([resent.code, resent.outputs.proof, counts(resent)]).toEqual([0, 'complete', [95, 0, 0, 0]]);
    expect([resent.outputs['rows-resent'], resent.outputs['activities-ingested']]).toEqual(['5', '0']);
    expectOnce(emulator, START, END);
    const calm = await run();
    expect([calm.outputs.proof, calm.outputs['rows-resent'], counts(calm)]).toEqual([
      'complete',
      '0',
      [95, 0, 0, 0],
    ]);
    expectOnce(emulator, START, END);
  });

  it('are named and not sent again where resend-missing is false', async () => {
    const { emulator, run, later } = await openProof({ ...withState(), 'resend-missing': 'false' });
    emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
    lose(emulator, { logged: 'Ingestion' });
    await run();
    for (let more = 0; more < 3; more += 1) {
      later(7);
      const told = await run();
      expect([told.code, told.outputs.proof, counts(told)]).toEqual([0, 'incomplete', [90, 0, 5, 0]]);
      expect(titles(told.warnings)).toContain('Rows missing from the table');
      expect(told.warnings.find(({ title }) => title.startsWith('Rows missing'))?.text).toContain(
        'DCRLogErrors has errors of their uploads: Ingestion',
      );
      expect(told.outputs['rows-resent']).toBe('0');
    }
  });

  it('go out in a single batch first, and the others once that was seen', async () => {
    const { emulator, run, later } = await openProof({ ...withState(), concurrency: '1' });
    const large = { Activity: 'ExportReport', Operation: 'ExportReport', Note: 'x'.repeat(50_000) };
    emulator.addEvents([...eventsFrom(START, 400), ...eventsFrom(START + 2 * HOUR, 30, large)]);
    lose(emulator, {}, 100);
    await run();
    emulator.clearFaults();
    later(7);
    emulator.configure.logAnalytics.visibleAfterQueries = 1000;
    const canary = await run();
    const first = number(canary, 'rows-resent');
    expect(first).toBeGreaterThan(5);
    expect(first).toBeLessThan(25);
    emulator.configure.logAnalytics.visibleAfterQueries = 0;
    later(1);
    const waiting = await run();
    expect(waiting.outputs['rows-resent']).toBe('0');
  });

  it('follow the first batch in the next run once that was seen', async () => {
    const { emulator, run, later } = await openProof({ ...withState(), concurrency: '1' });
    const large = { Activity: 'ExportReport', Operation: 'ExportReport', Note: 'x'.repeat(50_000) };
    emulator.addEvents([...eventsFrom(START, 400), ...eventsFrom(START + 2 * HOUR, 30, large)]);
    lose(emulator, {}, 100);
    await run();
    emulator.clearFaults();
    later(7);
    const canary = await run();
    const first = number(canary, 'rows-resent');
    expect([first > 5, first < 25, canary.outputs.proof]).toEqual([true, true, 'incomplete']);
    later(1);
    const others = await run();
    expect([number(others, 'rows-resent'), others.outputs.proof]).toEqual([30 - first, 'complete']);
    expectOnce(emulator, START, END);
  });

  it('that a condition of the role hides are sent once more at the most, and then never again', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.configure.logAnalytics.mayRead = (row) => row.Operation !== 'ExportReport';
    emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
    await run();
    for (let more = 0; more < 5; more += 1) {
      later(7);
      await run();
    }
    expect(emulator.table.filter(isExport).length).toBeLessThanOrEqual(10);
  });

  it('wait until the daily cap of the workspace is over', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents(eventsFrom(START, 90));
    await run();
    emulator.configure.logAnalytics.overQuota = true;
    emulator.addEvents(exports(5));
    await run();
    later(7);
    const capped = await run();
    expect([capped.outputs['rows-resent'], counts(capped)]).toEqual(['0', [90, 0, 5, 0]]);
    expect(capped.warnings.find(({ title }) => title.startsWith('Rows missing'))?.text).toContain(
      'The workspace reached its daily cap',
    );
    emulator.configure.logAnalytics.overQuota = false;
    later(50);
    const resumed = await run();
    expect([resumed.outputs['rows-resent'], counts(resumed)]).toEqual(['5', [95, 0, 0, 0]]);
    expectOnce(emulator, START, END);
  });

  it('are not those that stand under another time', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.configure.transformKql = 'source | extend TimeGenerated = now()';
    emulator.addEvents(eventsFrom(START, 90));
    emulator.addEvents(eventsFrom(START, 5, { CreationTime: undefined }), undefined, START + HOUR);
    await run();
    for (let more = 0; more < 3; more += 1) {
      later(7);
      const calm = await run();
      expect([calm.code, calm.outputs['rows-resent']]).toEqual([0, '0']);
    }
    expect(new Set(emulator.table.map(({ ActivityId }) => ActivityId)).size).toBe(emulator.table.length);
  });

  it('are too many to send again', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 40), ...exports(5)]);
    lose(emulator);
    await run();
    later(7);
    const red = await run();
    expect([red.code, titles(red.errors), red.outputs['rows-resent']]).toEqual([
      1,
      ['Too many rows missing from the table'],
      '0',
    ]);
    expect(counts(red)).toEqual([40, 0, 5, 0]);
  });

  it('are given up where a transformation leaves them out: never a third time', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.configure.transformKql = 'source | where Operation != "ExportReport"';
    emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
    await run();
    later(7);
    const again = await run();
    expect([again.outputs['rows-resent'], counts(again)]).toEqual(['5', [90, 5, 0, 0]]);
    later(7);
    const givenUp = await run();
    expect([givenUp.code, givenUp.outputs.proof, counts(givenUp)]).toEqual([0, 'complete', [90, 0, 0, 5]]);
    const told = givenUp.warnings.find(({ title }) => title === 'Rows given up')?.text;
    expect(told).toContain('5 events never showed up though they were sent twice, all of them ExportReport');
    for (let more = 0; more < 3; more += 1) {
      later(7);
      const calm = await run();
      expect([calm.outputs['rows-resent'], titles(calm.warnings).includes('Rows given up')]).toEqual([
        '0',
        false,
      ]);
      expect(counts(calm)).toEqual([90, 0, 0, 5]);
    }
    const sent = emulator.posted.filter(isExport);
    expect(sent.length).toBe(10);
  });

  it('are not looked for once they were seen: who deletes rows has reasons', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
    await run();
    expect(emulator.deleteRows(isExport)).toBe(5);
    for (let more = 0; more < 3; more += 1) {
      later(7);
      const calm = await run();
      expect([calm.code, calm.outputs.proof, counts(calm)]).toEqual([0, 'complete', [95, 0, 0, 0]]);
      expect(calm.outputs['rows-resent']).toBe('0');
    }
  });
});

describe('a table that shows nothing', () => {
  it.each([
    ['no-role', 'no permission on the workspace'],
    ['unauthorized-client', 'no permission on the workspace'],
    ['network-denied', 'network rules'],
    ['protected', 'rows are hidden'],
    ['table-denied', 'table not found'],
  ] as const)('for %s never makes a row be sent again', async (access, says) => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
    lose(emulator);
    await run();
    emulator.configure.logAnalytics.readAccess = access;
    for (let more = 0; more < 3; more += 1) {
      later(7);
      const blind = await run();
      expect([blind.code, blind.outputs.proof, blind.outputs['rows-resent']]).toEqual([
        0,
        'unavailable',
        '0',
      ]);
      const [warning] = blind.warnings.filter(({ title }) => title === 'Not proved');
      expect(warning?.text).toContain(says);
    }
    emulator.configure.logAnalytics.readAccess = 'granted';
    const seen = await run();
    expect(number(seen, 'events-proven')).toBeGreaterThanOrEqual(90);
  });

  it('because ids are altered on their way makes no row be sent again', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.configure.transformKql = 'source | extend ActivityId = strcat("x", ActivityId)';
    emulator.addEvents(eventsFrom(START, 30));
    await run();
    for (let more = 0; more < 3; more += 1) {
      later(7);
      const altered = await run();
      expect([altered.code, altered.outputs.proof, altered.outputs['rows-resent']]).toEqual([
        0,
        'unavailable',
        '0',
      ]);
      expect(altered.warnings.find(({ title }) => title === 'Not proved')?.text).toContain(
        'columns missing or altered',
      );
    }
  });

  it('because a column is gone says which', async () => {
    const { emulator, run } = await openProof(withState());
    emulator.addEvents(eventsFrom(START, 30));
    delete (emulator.configure.logAnalytics.columns as Record<string, unknown>).ActivityId;
    await run({ 'dry-run': 'true' });
    const gone = await run();
    expect(readable([...gone.errors, ...gone.warnings])).toContain(
      'Table not readable: columns missing or altered',
    );
  });

  it.each([
    ['partial', { partial: { rows: 1 } }],
    ['cached', { age: 60 }],
  ] as const)('in a %s answer is not believed', async (_name, fault) => {
    const { emulator, run } = await openProof(withState());
    emulator.addEvents(eventsFrom(START, 30));
    await run();
    emulator.fault({ service: 'log-analytics', times: 2, ...fault });
    const retried = await run();
    expect([retried.outputs.proof, counts(retried)]).toEqual(['complete', [30, 0, 0, 0]]);
  });
});

describe('the query service', () => {
  it('may throttle, fail for a while, and give few rows at a time', async () => {
    const { emulator, run } = await openProof(withState());
    for (let hour = START; hour < END; hour += HOUR) emulator.addEvents(eventsFrom(hour, 40));
    emulator.configure.logAnalytics.maxRows = 3;
    emulator.fault({ service: 'log-analytics', status: 429, headers: { 'retry-after': '1' } });
    emulator.fault({ service: 'log-analytics', skip: 2, status: 504 });
    const first = await run();
    expect([first.code, first.outputs.proof, counts(first)]).toEqual([0, 'complete', [200, 0, 0, 0]]);
    expect(emulator.maxConcurrent['log-analytics']).toBeLessThanOrEqual(2);
  });

  it('is no fault of the run where it does not answer at all', async () => {
    const { emulator, run } = await openProof(withState());
    emulator.addEvents(eventsFrom(START, 10));
    await run();
    emulator.addEvents(eventsFrom(START + HOUR, 10));
    emulator.fault({ service: 'log-analytics', times: 100, status: 404 });
    const without = await run();
    expect([without.code, without.outputs.proof, without.outputs.complete]).toEqual([
      0,
      'unavailable',
      'true',
    ]);
    expect(without.outputs['activities-ingested']).toBe('10');
    expect(titles(without.warnings)).toEqual(['Not proved']);
    expect(counts(without)).toEqual([10, 10, 0, 0]);
  });

  it('is told hashes and times, and no id', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
    lose(emulator);
    await run();
    later(7);
    await run();
    const texts = emulator.requestsTo('log-analytics').map(({ queryText = '' }) => queryText);
    expect(queriesBy(emulator).some).toBeGreaterThan(0);
    for (const text of texts) {
      expect(text).not.toMatch(/event-\d/);
      expect(text.length).toBeLessThan(64_000);
    }
  });

  it('is not asked by a run that reads workspaces, and only read by a dry run', async () => {
    const { emulator, run } = await openProof(WINDOW);
    emulator.addEvents(eventsFrom(START, 10));
    const dry = await run({ 'dry-run': 'true' });
    expect([dry.code, dry.outputs['activities-collected'], emulator.table.length]).toEqual([0, '10', 0]);
    const asked = emulator.requestsTo('log-analytics').length;
    const workspaces = await run({ source: 'workspaces' });
    expect([workspaces.code, workspaces.outputs['events-missing']]).toEqual([0, '0']);
    expect(emulator.requestsTo('log-analytics').length).toBe(asked);
  });
});

describe('the table as memory', () => {
  it('sends nothing twice without any state file', async () => {
    const { emulator, run } = await openProof(WINDOW);
    emulator.addEvents(eventsFrom(START, 60));
    const first = await run();
    expect([first.code, first.outputs.proof, counts(first)]).toEqual([0, 'complete', [60, 0, 0, 0]]);
    emulator.addEvents(eventsFrom(START + HOUR, 4));
    const second = await run();
    expect([second.outputs['activities-ingested'], second.outputs['duplicates-skipped']]).toEqual([
      '4',
      '60',
    ]);
    expect([second.outputs.proof, counts(second)]).toEqual(['complete', [64, 0, 0, 0]]);
    expectOnce(emulator, START, END);
  });

  it('makes up for a state file that was deleted', async () => {
    const inputs = withState();
    const { emulator, run } = await openProof(inputs);
    emulator.addEvents([...eventsFrom(START, 60), ...eventsFrom(START + HOUR, 10)]);
    await run();
    rmSync(inputs['state-file']);
    emulator.addEvents(eventsFrom(START + 2 * HOUR, 4));
    const after = await run();
    expect([after.code, after.outputs['activities-ingested'], after.outputs.proof]).toEqual([
      0,
      '4',
      'complete',
    ]);
    expectOnce(emulator, START, END);
    const calm = await run();
    expect([calm.outputs['activities-ingested'], counts(calm)]).toEqual(['0', [74, 0, 0, 0]]);
    expectOnce(emulator, START, END);
  });

  it('has the last word also after a run that could not read it', async () => {
    const inputs = withState();
    const { emulator, run } = await openProof(inputs);
    emulator.addEvents(eventsFrom(START, 60));
    await run();
    rmSync(inputs['state-file']);
    emulator.configure.logAnalytics.readAccess = 'no-role';
    const uploads = emulator.requestsTo('ingestion').length;
    const red = await run();
    expect([red.code, readable(red.errors)]).toEqual([
      1,
      ['Table not readable: no permission on the workspace'],
    ]);
    // The check, and not a row.
    expect(emulator.requestsTo('ingestion').length).toBe(uploads + 1);
    emulator.configure.logAnalytics.readAccess = 'granted';
    const after = await run();
    expect([after.code, after.outputs['activities-ingested']]).toEqual([0, '0']);
    expectOnce(emulator, START, END);
  });

  it('is read in an empty workspace, too', async () => {
    const { emulator, run } = await openProof(WINDOW);
    emulator.configure.logAnalytics.everHadData = false;
    emulator.addEvents(eventsFrom(START, 10));
    const first = await run();
    expect([first.code, first.outputs.proof, counts(first)]).toEqual([0, 'complete', [10, 0, 0, 0]]);
  });
});

describe('the state file', () => {
  it('of a version that knew nothing of the table is read, and its open hours are proved', async () => {
    const inputs = withState();
    const { emulator, run } = await openProof(inputs);
    emulator.addEvents(eventsFrom(START, 25));
    await run({ 'workspace-id': '' });
    const proved = await run();
    expect([proved.code, proved.outputs.proof, counts(proved)]).toEqual([0, 'complete', [25, 0, 0, 0]]);
    expect(proved.outputs['activities-ingested']).toBe('0');
  });

  it('holds tens of bytes of an hour that is settled and proved', async () => {
    const inputs = withState();
    const [start, end] = [hourBack(80), hourBack(60)];
    const { emulator, run } = await openProof({ ...inputs, ...between(start, end) });
    for (let hour = start; hour < end; hour += HOUR) emulator.addEvents(eventsFrom(hour, 50));
    const first = await run();
    expect([first.outputs.proof, counts(first)]).toEqual(['complete', [1000, 0, 0, 0]]);
    expect(existsSync(inputs['state-file'])).toBe(true);
    expect(statSync(inputs['state-file']).size).toBeLessThan(20 * 120);
    const calm = await run();
    expect([calm.outputs['source-requests'], counts(calm)]).toEqual(['0', [1000, 0, 0, 0]]);
  });
});
