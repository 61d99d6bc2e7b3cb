/** What comes of odd pages and of hours that are done with. */
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import {
  between,
  closeAll,
  eventsFrom,
  expectOnce,
  HOUR,
  hourBack,
  iso,
  number,
  openFolder,
  openTenant,
  step,
  titles,
} from '../support/steps.ts';

afterAll(closeAll);

const START = hourBack(40);

it('a page with an error beside its events is not whole: it is asked for again', async () => {
  const emulator = await openTenant();
  emulator.addEvents(eventsFrom(START, 10));
  const partial = {
    activityEventEntities: [],
    continuationToken: null,
    lastResultSet: true,
    error: { code: 'PartialResult' },
  };
  emulator.fault({
    service: 'power-bi',
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: partial,
  });
  const run = await step(emulator, between(START, START + HOUR));
  expect([run.outputs.complete, number(run, 'activities-ingested'), number(run, 'source-requests')]).toEqual([
    'true',
    10,
    2,
  ]);
});

it('events with the nil GUID as Id are told apart by their content', async () => {
  const emulator = await openTenant();
  const nil = '00000000-0000-0000-0000-000000000000';
  const events = [1, 2, 3].map((at) => ({
    Id: nil,
    CreationTime: iso(START + at * 60_000),
    Activity: 'ViewReport',
    ReportName: `r${at}`,
  }));
  emulator.addEvents(events);
  const inputs = { ...between(START, START + HOUR), 'state-file': join(openFolder(), 'state') };
  expect(number(await step(emulator, inputs), 'activities-ingested')).toBe(3);
});

it('events of a settled hour that are listed under another one are counted, and said', async () => {
  const emulator = await openTenant();
  const state = { 'state-file': join(openFolder(), 'state') };
  emulator.addEvents(eventsFrom(START, 4));
  expect((await step(emulator, { ...between(START, START + HOUR), ...state })).outputs.complete).toBe('true');
  const listed = [...eventsFrom(START + 30 * HOUR, 2), ...eventsFrom(START + 60_000, 3)];
  const page = {
    activityEventEntities: listed,
    continuationToken: null,
    continuationUri: null,
    lastResultSet: false,
  };
  emulator.fault({
    service: 'power-bi',
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: page,
  });
  const run = await step(emulator, { ...between(START + 30 * HOUR, START + 31 * HOUR), ...state });
  expect(run.outputs).toMatchObject({
    'activities-collected': '5',
    'activities-ingested': '2',
    'duplicates-skipped': '3',
  });
  expect(titles(run.warnings)).toContain('Events of settled hours');
  expect(run.summary).toContain('3 events of hours that are settled');
});

it.each([
  ['auto', 'power-bi'],
  ['power-bi', 'auto'],
])('the state of %s is that of %s: it is the same log', async (first, second) => {
  const emulator = await openTenant();
  emulator.addEvents(eventsFrom(hourBack(5), 6));
  const state = { 'state-file': join(openFolder(), 'state') };
  await step(emulator, { source: first, ...state });
  const run = await step(emulator, { source: second, ...state });
  expect([
    titles(run.warnings),
    number(run, 'activities-ingested'),
    number(run, 'duplicates-skipped'),
  ]).toEqual([[], 0, 6]);
});

it('undated events of Fabric are known again in a window that ends earlier', async () => {
  const emulator = await openTenant();
  emulator.configure.fabricActivities = 'served';
  const start = hourBack(10);
  emulator.addEvents([{ Id: 'undated', Activity: 'ViewReport' }], undefined, start + 60_000);
  emulator.addEvents(eventsFrom(start, 2));
  const state = { source: 'fabric', 'state-file': join(openFolder(), 'state') };
  await step(emulator, { ...between(start, start + 6 * HOUR), ...state });
  const run = await step(emulator, { ...between(start, start + 3 * HOUR), ...state });
  expect([number(run, 'activities-ingested'), emulator.rowCount]).toEqual([0, 3]);
  expectOnce(emulator, start, start + 6 * HOUR);
});
