/** Out of time: what is collected is sent, the checkpoint written, and the step ends at once. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator, Fault } from '../../emulator/server.ts';
import { written } from '../support/hosts.ts';
import {
  asked,
  between,
  closeAll,
  eventsFrom,
  expectOnce,
  HOUR,
  hourBack,
  number,
  openFolder,
  openTenant,
  type Step,
  step,
  titles,
} from '../support/steps.ts';

afterAll(closeAll);

const HOURS = 12;
const START = hourBack(40);
const END = START + HOURS * HOUR;
const ALWAYS = Number.POSITIVE_INFINITY;
/** Six seconds. */
const DEADLINE = { 'deadline-minutes': '0.1' };
/** What a process needs beyond the time that the step counts: to begin, and to end. */
const AROUND = 1200;

async function tenant(): Promise<Emulator> {
  const emulator = await openTenant();
  for (let hour = START; hour < END; hour += HOUR) emulator.addEvents(eventsFrom(hour, 3));
  return emulator;
}

const throttle = (more: Partial<Fault> = {}): Fault => ({
  service: 'power-bi',
  status: 429,
  headers: { 'retry-after': '3600' },
  times: ALWAYS,
  ...more,
});

function expectIncomplete(run: Step): void {
  expect([run.code, titles(run.errors), run.outputs.complete]).toEqual([0, [], 'false']);
  expect(titles(run.warnings)).toEqual(['Incomplete']);
  expect(run.summary).toMatch(/^## ⚠️ Incomplete/);
}

describe('a throttle of the source that ends after the deadline', () => {
  it('is not waited for: with a checkpoint the step ends green, and the next one goes on', async () => {
    const emulator = await tenant();
    emulator.fault(throttle({ skip: 4 }));
    const inputs = {
      ...between(START, END),
      'state-file': join(openFolder(), 'state'),
      'deadline-minutes': '30',
      concurrency: '1',
    };
    const first = await step(emulator, inputs);
    expectIncomplete(first);
    expect(first.milliseconds).toBeLessThan(4000);
    // What was collected is sent.
    expect(number(first, 'activities-ingested')).toBe(12);
    expect(emulator.table).toHaveLength(12);
    const left = /8 of 12 hours are left, about 10 requests or 3 minutes at 200 requests an hour/;
    expect(first.warnings[0]?.text).toMatch(left);
    expect(first.summary).toMatch(left);
    expect(first.log).toMatch(left);

    emulator.clearFaults();
    const before = emulator.requestsTo('power-bi').length;
    const second = await step(emulator, inputs);
    expect([second.code, second.outputs.complete, second.warnings]).toEqual([0, 'true', []]);
    expect(asked(emulator).slice(before)[0]?.start).toBe(START + 4 * HOUR);
    expect(number(second, 'source-requests')).toBe(8);
    expect(number(second, 'duplicates-skipped')).toBe(0);
    expectOnce(emulator, START, END);
  });

  it('ends the step red without a checkpoint, and still sends what is collected', async () => {
    const emulator = await tenant();
    emulator.fault(throttle({ skip: 4 }));
    const run = await step(emulator, { ...between(START, END), 'deadline-minutes': '30', concurrency: '1' });
    expect([run.code, titles(run.errors), run.warnings]).toEqual([1, ['Out of time'], []]);
    expect(run.errors[0]?.text).toMatch(/8 of 12 hours are left/);
    expect(run.errors[0]?.text).toContain(`"${written('state-file')}"`);
    expect(run.milliseconds).toBeLessThan(4000);
    expect(number(run, 'activities-ingested')).toBe(12);
  });

  it('from the first request on says that all hours are left', async () => {
    const emulator = await tenant();
    emulator.fault(throttle());
    const run = await step(emulator, {
      ...between(START, END),
      'state-file': join(openFolder(), 'state'),
      'deadline-minutes': '30',
    });
    expectIncomplete(run);
    expect(run.warnings[0]?.text).toMatch(/12 of 12 hours are left/);
    expect(run.warnings[0]?.text).not.toMatch(/all hours were collected/);
  });

  it('from the first request on leaves hours that the next run, which looks back less, catches up', async () => {
    const emulator = await tenant();
    emulator.fault(throttle());
    const inputs = { 'state-file': join(openFolder(), 'state'), 'deadline-minutes': '30' };
    expectIncomplete(await step(emulator, { ...inputs, 'lookback-hours': '45' }));
    emulator.clearFaults();
    const next = await step(emulator, { ...inputs, 'lookback-hours': '24' });
    expect(next.outputs).toMatchObject({ complete: 'true', 'activities-ingested': '36' });
    expectOnce(emulator, START, END);
  });

  it('is waited for where it ends before', async () => {
    const emulator = await tenant();
    emulator.fault(throttle({ skip: 4, times: 1, headers: { 'retry-after': '2' } }));
    const run = await step(emulator, { ...between(START, END), 'deadline-minutes': '30' });
    expect(run.outputs.complete).toBe('true');
    expect(run.milliseconds).toBeGreaterThan(2000);
  });

  it('on a 503 is that request’s own: it is not waited for, and the hours that answer so are named', async () => {
    const emulator = await tenant();
    emulator.fault(throttle({ status: 503, skip: 4 }));
    const run = await step(emulator, {
      ...between(START, END),
      'state-file': join(openFolder(), 'state'),
      'deadline-minutes': '30',
      concurrency: '1',
    });
    expect([run.code, titles(run.errors), run.outputs.complete]).toEqual([
      1,
      ['Hours not collected'],
      'false',
    ]);
    expect(run.errors[0]?.text).toMatch(/HTTP 503.*asks to wait \d+ min/);
    expect(run.milliseconds).toBeLessThan(4000);
    expect(emulator.table).toHaveLength(12);
  });
});

describe('a throttle of the destination that ends after the deadline', () => {
  it('is not waited for, and the next run sends what is left', async () => {
    const emulator = await tenant();
    emulator.fault(throttle({ service: 'ingestion', skip: 1 }));
    const inputs = {
      ...between(START, END),
      'state-file': join(openFolder(), 'state'),
      'deadline-minutes': '30',
    };
    const first = await step(emulator, inputs);
    expectIncomplete(first);
    expect(first.milliseconds).toBeLessThan(4000);
    expect(first.outputs).toMatchObject({ 'activities-ingested': '0', 'activities-failed': '36' });
    emulator.clearFaults();
    const second = await step(emulator, inputs);
    expect(second.outputs).toMatchObject({ complete: 'true', 'activities-ingested': '36' });
    expectOnce(emulator, START, END);
  });

  it('ends the step red without a checkpoint', async () => {
    const emulator = await tenant();
    emulator.fault(throttle({ service: 'ingestion', skip: 1 }));
    const run = await step(emulator, { ...between(START, END), 'deadline-minutes': '30' });
    expect([run.code, titles(run.errors)]).toEqual([1, ['Out of time']]);
    expect(run.milliseconds).toBeLessThan(4000);
  });
});

describe('the step never runs longer than its deadline', () => {
  const SILENCES: readonly { readonly title: string; readonly fault: Fault; readonly sent: number }[] = [
    {
      title: 'the source falls silent',
      fault: { service: 'power-bi', skip: 4, silent: true, times: ALWAYS },
      sent: 12,
    },
    {
      title: 'the source never answers',
      fault: { service: 'power-bi', silent: true, times: ALWAYS },
      sent: 0,
    },
    {
      title: 'the destination falls silent',
      fault: { service: 'ingestion', skip: 1, silent: true, times: ALWAYS },
      sent: 0,
    },
    {
      title: 'the destination never answers',
      fault: { service: 'ingestion', silent: true, times: ALWAYS },
      sent: 0,
    },
    { title: 'the sign-in never answers', fault: { service: 'entra', silent: true, times: ALWAYS }, sent: 0 },
    {
      title: 'the token service never answers',
      fault: { service: 'oidc', silent: true, times: ALWAYS },
      sent: 0,
    },
    {
      title: 'each page takes seconds',
      fault: { service: 'power-bi', delayMs: 1500, times: ALWAYS },
      sent: -1,
    },
    {
      title: 'everything fails for a time',
      fault: { service: 'power-bi', status: 503, skip: 4, times: ALWAYS },
      sent: 12,
    },
  ];

  it.concurrent.each(SILENCES)('when $title', async ({ fault, sent }) => {
    const emulator = await tenant();
    emulator.fault(fault);
    const inputs = { ...between(START, END), 'state-file': join(openFolder(), 'state'), concurrency: '1' };
    const run = await step(emulator, { ...inputs, ...DEADLINE });
    expect(run.milliseconds).toBeLessThan(6000 + AROUND);
    expectIncomplete(run);
    const text = run.warnings[0]?.text ?? '';
    if (fault.service === 'ingestion' && sent === 0 && fault.skip === 1) {
      expect(text).toMatch(/all hours were collected/);
    } else {
      expect(text).toMatch(sent === 0 ? /12 of 12 hours are left/ : /\d of 12 hours are left/);
    }
    if (sent >= 0) expect(number(run, 'activities-ingested')).toBe(sent);
    else expect(number(run, 'activities-ingested')).toBeGreaterThan(0);
    emulator.clearFaults();
    const next = await step(emulator, inputs);
    expect(next.outputs.complete).toBe('true');
    expectOnce(emulator, START, END);
  });
});
