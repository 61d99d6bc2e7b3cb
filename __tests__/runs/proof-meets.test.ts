/** Proof of delivery where two things meet: rows of others, refusals, kills, another table, answers out of a cache. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import { counts, openProof } from '../support/proof.ts';
import {
  between,
  closeAll,
  eventsFrom,
  expectOnce,
  HOUR,
  hourBack,
  idCounts,
  openFolder,
  openTenant,
  step,
  titles,
} from '../support/steps.ts';

afterEach(closeAll);

const START = hourBack(8);
const END = hourBack(3);
const LOST_HOUR = START + 2 * HOUR;
const withState = () => ({ ...between(START, END), 'state-file': join(openFolder(), 'state') });
const isExport = ({ Operation }: Readonly<Record<string, unknown>>) => Operation === 'ExportReport';
const exports = (count: number) =>
  eventsFrom(LOST_HOUR, count, { Activity: 'ExportReport', Operation: 'ExportReport' });

/** The first batch is acknowledged, and its exports never show up. */
function lose(emulator: Emulator, times = 1): void {
  emulator.fault({ service: 'ingestion', skip: 1, times, lose: { rows: isExport } });
}

describe('rows without CreationTime in the hour of rows that were lost', () => {
  it('of another tool do not keep those from being sent once more', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
    lose(emulator);
    await run();
    const TimeGenerated = new Date(LOST_HOUR + 60_000).toISOString();
    emulator.addRows(
      ['a', 'b', 'c'].map((name) => ({ TimeGenerated, ActivityId: `others-${name}`, RecordType: '20' })),
    );
    later(7);
    const resent = await run();
    expect([resent.outputs['rows-resent'], counts(resent)]).toEqual(['5', [95, 0, 0, 0]]);
  });

  it('of the source itself do not either', async () => {
    const { emulator, run, later } = await openProof(withState());
    const lost = exports(5);
    emulator.addEvents([...eventsFrom(START, 90), ...lost]);
    emulator.addEvents([{ Id: 'undated', Activity: 'ViewReport' }], undefined, LOST_HOUR + 60_000);
    lose(emulator);
    await run();
    later(7);
    await run();
    later(7);
    await run();
    expect(lost.map(({ Id = '' }) => idCounts(emulator).get(Id))).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('rows that are refused when they are sent once more', () => {
  const refuse = (emulator: Emulator) =>
    emulator.fault({ service: 'ingestion', times: 1000, rejectRows: isExport });

  it('are named, not given up, and sent once the cause is gone', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
    lose(emulator);
    await run();
    later(7);
    refuse(emulator);
    const refused = await run();
    expect([refused.code, titles(refused.errors)]).toEqual([1, ['Rows refused for good']]);
    expect(refused.summary).toMatch(/^## ❌ 5 rows refused for good/);
    expect(refused.errors[0]?.text).toContain('Not kept: the next run tries these rows again.');
    expect(counts(refused)).toEqual([90, 0, 5, 0]);
    emulator.clearFaults();
    later(7);
    const after = await run();
    expect([after.code, after.outputs['rows-resent'], counts(after)]).toEqual([0, '5', [95, 0, 0, 0]]);
    expectOnce(emulator, START, END);
  });

  it('are kept in the file of rejected rows, from which they can be sent', async () => {
    const file = join(openFolder(), 'rejected.ndjson.gz');
    const { emulator, run, later } = await openProof({ ...withState(), 'rejected-file': file });
    const lost = exports(5);
    emulator.addEvents([...eventsFrom(START, 90), ...lost]);
    lose(emulator);
    await run();
    later(7);
    refuse(emulator);
    const refused = await run();
    expect([refused.code, titles(refused.errors)]).toEqual([1, ['Rows refused for good']]);
    expect(refused.errors[0]?.text).toContain('The refused rows are kept in the file of "rejected-file"');
    const kept = gunzipSync(readFileSync(file)).toString();
    for (const { Id } of lost) expect(kept).toContain(`"${Id}"`);
    emulator.clearFaults();
    later(7);
    const after = await run();
    expect([after.code, after.outputs['rows-resent'], counts(after)]).toEqual([0, '0', [90, 0, 0, 0]]);
    await run({ 'replay-file': file, 'rejected-file': '' });
    expectOnce(emulator, START, END);
  });
});

it('rows whose second sending was acknowledged before the run was killed are not sent a third time', async () => {
  const inputs = withState();
  const { emulator, run, later, ahead } = await openProof(inputs);
  emulator.addEvents([...eventsFrom(START, 90), ...exports(5)]);
  lose(emulator, 1000);
  await run();
  later(7);
  const uploads = () => emulator.requestsTo('ingestion').length;
  const before = uploads();
  const onStart = (kill: (signal: NodeJS.Signals) => void) => {
    const timer = setInterval(() => {
      const last = emulator.requestsTo('log-analytics').at(-1);
      // The check, the rows, and then a look at the table.
      if (uploads() < before + 2 || !last?.queryText?.startsWith('// proof:hours')) return;
      clearInterval(timer);
      setTimeout(() => kill('SIGKILL'), 500);
    }, 50);
  };
  const all = { ...emulator.proofInputs, ...inputs, 'proof-wait-seconds': '60' };
  const killed = await step(emulator, all, { onStart, clockAhead: ahead() });
  expect([killed.signal, uploads() - before]).toEqual(['SIGKILL', 2]);
  for (let more = 0; more < 3; more += 1) {
    later(7);
    await run();
  }
  // Each run checks the destination, and sends nothing.
  expect(uploads() - before).toBe(2 + 3);
});

describe('another table', () => {
  it('is not missing what was seen in the one before', async () => {
    const { emulator, run, later } = await openProof(withState());
    emulator.addEvents(eventsFrom(START, 40));
    expect(counts(await run())).toEqual([40, 0, 0, 0]);
    emulator.configure.logAnalytics.tableName = 'New_CL';
    emulator.deleteRows(() => true);
    emulator.addEvents(eventsFrom(START + HOUR, 10));
    for (let more = 0; more < 3; more += 1) {
      const moved = await run({ 'table-name': 'New_CL' });
      expect([moved.code, moved.outputs['rows-resent'], counts(moved)]).toEqual([0, '0', [50, 0, 0, 0]]);
      later(7);
    }
    expect(emulator.table.length).toBe(10);
  });
});

it('a cached answer that says there never was any data is not believed', async () => {
  const { emulator, run } = await openProof(between(START, END));
  emulator.addEvents(eventsFrom(START, 20));
  await run();
  emulator.fault({ service: 'log-analytics', status: 204, body: '', headers: { age: '50' } });
  const again = await run();
  expect([again.code, again.outputs['activities-ingested']]).toEqual([0, '0']);
  expectOnce(emulator, START, END);
});

it('equal events without id and time, one an hour, are each sent once', async () => {
  const emulator = await openTenant();
  const state = join(openFolder(), 'state');
  for (const hour of [0, 1, 2]) emulator.addEvents([{}], undefined, START + hour * HOUR);
  const inputs = { ...between(START, END), 'state-file': state };
  const first = await step(emulator, inputs);
  const second = await step(emulator, inputs);
  expect([first, second].map(({ outputs }) => outputs['activities-ingested'])).toEqual(['3', '0']);
  emulator.addEvents([{}], undefined, START + HOUR);
  const third = await step(emulator, inputs);
  expect(third.outputs['activities-ingested']).toBe('1');
});

it('a query that is not understood is not told as a workspace that is not there', async () => {
  const { emulator, run } = await openProof(withState());
  emulator.addEvents(eventsFrom(START, 20));
  await run();
  const innererror = { code: 'SyntaxError', innererror: { code: 'SYN0002' } };
  const body = { error: { code: 'BadArgumentError', message: 'synthetic', innererror } };
  emulator.fault({ service: 'log-analytics', status: 400, times: 100, body });
  const refused = await run();
  const [warning] = refused.warnings.filter(({ title }) => title === 'Not proved');
  expect(warning?.text).toMatch(/^Table not reached: .*SyntaxError SYN0002/);
});
