/** A runner whose clock is off: what is settled, dropped or given up is judged by the services' clock. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ServiceTime } from '../../src/time/service-time.ts';
import {
  closeAll,
  DAY,
  eventsFrom,
  expectOnce,
  HOUR,
  MINUTE,
  number,
  openFolder,
  openTenant,
  step,
  titles,
} from '../support/steps.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

afterAll(closeAll);

const CLOCK = 'The clock is off';

describe.each([26 * HOUR, 13 * HOUR, 30 * DAY])('a runner that is %i ms ahead', (ahead) => {
  it('settles nothing early and forgets nothing, and when its clock is right again every event is there once', async () => {
    let off = -ahead;
    const emulator = await openTenant({ now: () => Date.now() + off });
    const state = { 'state-file': join(openFolder(), 'state') };
    const start = Math.floor(emulator.now() / HOUR) * HOUR - 20 * HOUR;
    for (let hour = 0; hour < 20; hour += 1) emulator.addEvents(eventsFrom(start + hour * HOUR, 3));
    // Half of the hours have an event that shows up 23 hours late.
    for (let hour = 0; hour < 20; hour += 2)
      emulator.addEvents(
        eventsFrom(start + hour * HOUR + 30 * MINUTE, 1),
        start + (hour + 24) * HOUR - 10 * MINUTE,
      );
    for (let run = 0; run < 2; run += 1) {
      const wrong = await step(emulator, { ...state, 'lookback-hours': '21' });
      expect([wrong.code, titles(wrong.warnings)]).toEqual([0, expect.arrayContaining([CLOCK])]);
      const said = wrong.warnings.find(({ title }) => title === CLOCK)?.text ?? '';
      const [ours = '', theirs = ''] = said.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? [];
      expect(Math.abs(Date.parse(ours) - Date.parse(theirs) - ahead)).toBeLessThan(MINUTE);
      expect(wrong.outputs['window-end']).toBe(
        new Date(Date.parse(wrong.outputs['window-end'] ?? '')).toISOString(),
      );
      expect(Date.parse(wrong.outputs['window-end'] ?? '')).toBeLessThanOrEqual(emulator.now());
      expect(emulator.rowCount).toBe(emulator.eventsIn(start, emulator.now()).length);
      // By the services' time nothing is that old.
      expect(wrong.summary).not.toContain('older than two days');
    }
    // Time goes on until the clock is right, or as long as no hour leaves the 28 days.
    off = Math.min(ahead, 20 * DAY) - ahead;
    const right = await step(emulator, state);
    expect(right.code).toBe(0);
    expectOnce(emulator, start, emulator.now());
  });
});

describe.each([13 * HOUR, 3 * DAY])('a runner that is %i ms behind', (behind) => {
  it('collects by the services’ time, and asks for nothing that they do not keep', async () => {
    let off = 0;
    const emulator = await openTenant({ now: () => Date.now() + off });
    const state = { 'state-file': join(openFolder(), 'state') };
    const start = Math.floor(emulator.now() / HOUR) * HOUR - 20 * HOUR;
    for (let hour = 0; hour < 20 + behind / HOUR; hour += 1)
      emulator.addEvents(eventsFrom(start + hour * HOUR, 2), start + (hour + 1) * HOUR);
    expect((await step(emulator, { ...state, 'lookback-hours': '21' })).code).toBe(0);
    off = behind;
    const wrong = await step(emulator, state);
    expect([wrong.code, wrong.outputs.complete, titles(wrong.warnings)]).toEqual([0, 'true', [CLOCK]]);
    expectOnce(emulator, start, emulator.now());
    expect(Date.parse(wrong.outputs['window-end'] ?? '')).toBeGreaterThan(Date.now() + behind - HOUR);
  });

  it('without a state file asks for the last hours by the services’ time', async () => {
    const emulator = await openTenant({ now: () => Date.now() + behind });
    emulator.addEvents(eventsFrom(emulator.now() - 3 * HOUR, 5));
    const run = await step(emulator, { 'lookback-hours': '4' });
    expect(number(run, 'activities-ingested')).toBe(5);
  });
});

it('a checkpoint is emptied by no wrong clock, not even where the sign-in fails', async () => {
  let off = 0;
  const emulator = await openTenant({ now: () => Date.now() + off });
  const path = join(openFolder(), 'state');
  emulator.addEvents(eventsFrom(emulator.now() - 30 * HOUR, 50));
  await step(emulator, { 'state-file': path, 'lookback-hours': '40' });
  const size = readFileSync(path).length;
  off = -40 * DAY;
  emulator.configure.clientIds = [];
  await step(emulator, { 'state-file': path });
  expect(readFileSync(path).length).toBeGreaterThanOrEqual(size);
});

it('less than five minutes are no word worth, and settle nothing early all the same', async () => {
  const emulator = await openTenant({ now: () => Date.now() - 4 * MINUTE });
  const run = await step(emulator, {});
  expect(titles(run.warnings)).toEqual(['No events']);
  const clock = new VirtualClock();
  const time = new ServiceTime(clock);
  time.observe('source', new Date(clock.now() - 4 * MINUTE).toUTCString());
  expect(time.ahead).toBe(0);
  expect(clock.now() - time.earliest(clock.now(), 'source')).toBeGreaterThanOrEqual(4 * MINUTE);
  time.observe('source', new Date(clock.now() + DAY).toUTCString());
  expect(time.earliest(clock.now(), 'source')).toBe(clock.now());
});

it('one service with a wrong clock does not move the run', () => {
  const clock = new VirtualClock();
  const time = new ServiceTime(clock);
  time.observe('sign-in', new Date(clock.now() + 30 * DAY).toUTCString());
  time.observe('ingestion', new Date(clock.now()).toUTCString());
  expect([time.ahead, time.now()]).toEqual([0, clock.now()]);
});
