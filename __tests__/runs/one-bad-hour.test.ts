/** One hour, whatever it answers, never holds the others back: in this run, and in the next one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import {
  between,
  closeAll,
  eventsFrom,
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

const ALWAYS = Number.POSITIVE_INFINITY;
const HOURS = 6;
const START = hourBack(40);
const WINDOW = between(START, START + HOURS * HOUR);

/** Ten events in each hour. */
async function tenant(): Promise<Emulator> {
  const emulator = await openTenant();
  for (let hour = 0; hour < HOURS; hour += 1) emulator.addEvents(eventsFrom(START + hour * HOUR, 10));
  return emulator;
}

const ofHour =
  (hour: number) =>
  ({ query }: { query: Record<string, string> }) =>
    query.startDateTime?.includes(iso(START + hour * HOUR).slice(0, 13)) ?? false;

describe('an hour of the source', () => {
  it.each([
    [
      '503 with a time past the deadline',
      { status: 503, headers: { 'Retry-After': '86400' } },
      'HTTP 503, and asks to wait 1440 min',
    ],
    [
      '500 with a time of twenty minutes',
      { status: 500, headers: { 'Retry-After': '1200' } },
      'HTTP 500, and asks to wait 20 min',
    ],
    ['400', { status: 400, body: { error: { code: 'BadRequest' } } }, 'HTTP 400 BadRequest'],
  ])('that answers %s is named, and the others are collected, run after run', async (_what, answer, why) => {
    const emulator = await tenant();
    const state = { 'state-file': join(openFolder(), 'state') };
    emulator.fault({ service: 'power-bi', match: ofHour(0), times: ALWAYS, ...answer });
    const run = await step(emulator, { ...WINDOW, ...state });
    expect(titles(run.errors)).toEqual(['Hours not collected']);
    expect(run.errors[0]?.text).toContain(
      `${iso(START).slice(0, 16)}Z to ${iso(START + HOUR).slice(11, 16)}Z: ${why}`,
    );
    expect([number(run, 'activities-ingested'), run.outputs.complete]).toEqual([50, 'false']);
    // Events that came later, in another hour: the bad one is in the way of nothing.
    emulator.addEvents(eventsFrom(START + 30 * HOUR, 7));
    const next = await step(emulator, { ...between(START, START + 31 * HOUR), ...state });
    expect([titles(next.errors), number(next, 'activities-ingested')]).toEqual([['Hours not collected'], 7]);
    emulator.clearFaults();
    const last = await step(emulator, { ...between(START, START + 31 * HOUR), ...state });
    expect([last.code, last.outputs.complete, number(last, 'activities-ingested')]).toEqual([0, 'true', 10]);
    expect(emulator.rowCount).toBe(HOURS * 10 + 7);
  });
});

describe('refused rows by the thousand in one hour', () => {
  const isBad = ({ ReportName }: Record<string, unknown>) => ReportName === 'Bad';

  it.each([0, 3, HOURS - 1])('leave all other rows alone, and are all kept: hour %i', async (hour) => {
    const emulator = await tenant();
    emulator.addEvents(
      Array.from({ length: 1500 }, (_, at) => ({
        Id: `bad-${hour}-${at}`,
        CreationTime: iso(START + hour * HOUR + at * 1000).slice(0, 19),
        Activity: 'ViewReport',
        ReportName: 'Bad',
      })),
    );
    emulator.fault({ service: 'ingestion', rejectRows: isBad, times: ALWAYS });
    const folder = openFolder();
    const inputs = {
      ...WINDOW,
      'state-file': join(folder, 'state'),
      'rejected-file': join(folder, 'rejected.gz'),
    };
    const run = await step(emulator, { ...inputs, concurrency: '16' });
    expect(titles(run.errors)).toEqual(['Rows refused for good']);
    expect(run.outputs).toMatchObject({
      'activities-ingested': String(HOURS * 10),
      'activities-failed': '1500',
    });
    const kept = gunzipSync(readFileSync(join(folder, 'rejected.gz')))
      .toString('utf8')
      .trim()
      .split('\n');
    expect(kept).toHaveLength(1500);
    emulator.addEvents(eventsFrom(START + 30 * HOUR, 5));
    const next = await step(emulator, { ...inputs, ...between(START, START + 31 * HOUR) });
    expect([next.code, next.outputs.complete, number(next, 'activities-ingested')]).toEqual([0, 'true', 5]);
  });

  it('at a destination that took rows in an earlier run are bad rows, even where nothing else comes', async () => {
    const emulator = await tenant();
    const folder = openFolder();
    const inputs = { 'state-file': join(folder, 'state'), 'rejected-file': join(folder, 'rejected.gz') };
    expect((await step(emulator, { ...WINDOW, ...inputs })).code).toBe(0);
    emulator.addEvents(eventsFrom(START + 30 * HOUR, 60, { ReportName: 'Bad' }));
    emulator.fault({ service: 'ingestion', rejectRows: isBad, times: ALWAYS });
    const run = await step(emulator, { ...between(START, START + 31 * HOUR), ...inputs });
    expect(titles(run.errors)).toEqual(['Rows refused for good']);
    expect(
      gunzipSync(readFileSync(join(folder, 'rejected.gz')))
        .toString('utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(60);
  });
});

describe('who made the run wait is said in log and summary, with status and time', () => {
  const throttle = { status: 429, headers: { 'Retry-After': '3600' }, times: ALWAYS };
  it.each([
    ['Microsoft Entra', { service: 'entra' as const, ...throttle }],
    ['The activity log', { service: 'power-bi' as const, skip: 2, ...throttle }],
    ['Azure Monitor ingestion', { service: 'ingestion' as const, skip: 1, ...throttle }],
  ])('%s', async (service, fault) => {
    const emulator = await tenant();
    emulator.fault(fault);
    const inputs = { ...WINDOW, 'state-file': join(openFolder(), 'state'), 'deadline-minutes': '30' };
    const run = await step(emulator, inputs);
    expect([run.code, titles(run.warnings)]).toEqual([0, ['Incomplete']]);
    const said = new RegExp(
      `${service} answers HTTP 429.* would have ended at \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z, after the deadline`,
    );
    expect(run.warnings[0]?.text).toMatch(said);
    expect(run.summary).toMatch(said);
  });

  it('also where the deadline comes while nobody answers', async () => {
    const emulator = await tenant();
    emulator.fault({ service: 'entra', status: 429, headers: { 'Retry-After': '6' } });
    emulator.fault({ service: 'power-bi', silent: true, times: ALWAYS });
    const state = { 'state-file': join(openFolder(), 'state') };
    const run = await step(emulator, { ...WINDOW, ...state, 'deadline-minutes': '0.25' });
    expect([run.code, titles(run.warnings)]).toEqual([0, ['Incomplete']]);
    const said = /the deadline came; the run last waited for Microsoft Entra \(HTTP 429[^)]*, until \d{4}-/;
    expect(run.warnings[0]?.text).toMatch(said);
    // The seconds between two attempts are not named.
    emulator.clearFaults();
    emulator.fault({ service: 'power-bi', status: 503 });
    emulator.fault({ service: 'power-bi', silent: true, times: ALWAYS });
    const short = await step(emulator, { ...WINDOW, ...state, 'deadline-minutes': '0.1' });
    expect(short.warnings[0]?.text).toMatch(/the deadline came; \d/);
  });

  it('while it waits, too', async () => {
    const emulator = await tenant();
    emulator.fault({ service: 'entra', status: 429, headers: { 'Retry-After': '6' } });
    const run = await step(emulator, WINDOW);
    expect(run.log).toMatch(/Microsoft Entra throttles for 6 seconds, until \d{4}-\S+ \(HTTP 429/);
  });
});
