/** Runners whose clock is hours or days off: nothing is lost, nothing is settled early, and the reader is told. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import {
  asked,
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
  openTenant,
  type Step,
  step,
  titles,
} from '../support/steps.ts';

afterAll(closeAll);

/** How far the runner's clock is ahead of the services'. */
const CLOCKS: readonly (readonly [title: string, ahead: number])[] = [
  ['26 hours ahead', 26 * HOUR],
  ['13 hours ahead', 13 * HOUR],
  ['30 days ahead', 30 * DAY],
  ['13 hours behind', -13 * HOUR],
  ['3 days behind', -3 * DAY],
  ['30 days behind', -30 * DAY],
];

/** Services whose time a test lets pass. */
class Services {
  #passed = 0;
  readonly emulator: Promise<Emulator>;
  readonly #inputs = { 'state-file': join(openFolder(), 'state'), 'lookback-hours': '30' };

  constructor() {
    this.emulator = openTenant({ now: () => this.now() });
  }

  now(): number {
    return Date.now() + this.#passed;
  }

  pass(ms: number): void {
    this.#passed += ms;
  }

  /** A run on a machine whose clock is so far ahead of the services'. */
  async run(ahead = 0, inputs: Record<string, string> = {}): Promise<Step> {
    return step(await this.emulator, { ...this.#inputs, ...inputs }, { clockAhead: this.#passed + ahead });
  }
}

function whole(run: Step): void {
  expect([run.code, run.outputs.complete, titles(run.errors)]).toEqual([0, 'true', []]);
}

describe.each(CLOCKS)('a clock %s', (_title, ahead) => {
  it('in the first run settles nothing early, and loses nothing once it is right again', async () => {
    const services = new Services();
    const emulator = await services.emulator;
    const start = hourBack(29);
    for (let hour = 0; hour < 29; hour += 1) {
      const [prompt, late, later] = eventsFrom(start + hour * HOUR + 10 * MINUTE, 3);
      emulator.addEvents([prompt ?? {}]);
      emulator.addEvents([late ?? {}], start + hour * HOUR + 12 * HOUR);
      emulator.addEvents([later ?? {}], start + hour * HOUR + 24 * HOUR);
    }
    const first = await services.run(ahead);
    whole(first);
    expect(Date.parse(first.outputs['window-end'] ?? '')).toBeLessThanOrEqual(services.now());
    expect(Date.parse(first.outputs['window-end'] ?? '')).toBeGreaterThan(services.now() - 5 * MINUTE);
    for (const wrong of [ahead, 0, ahead, 0]) {
      services.pass(13 * HOUR);
      whole(await services.run(wrong));
    }
    expectOnce(emulator, start, services.now());
  });

  it('in one run among good ones costs nothing', async () => {
    const services = new Services();
    const emulator = await services.emulator;
    const start = hourBack(28);
    for (let hour = 0; hour < 28; hour += 1) emulator.addEvents(eventsFrom(start + hour * HOUR, 2));
    whole(await services.run());
    services.pass(2 * HOUR);
    whole(await services.run(ahead));
    services.pass(HOUR);
    const before = asked(emulator).length;
    const last = await services.run();
    whole(last);
    expect(titles(last.warnings)).toEqual([]);
    // What was settled stays so, and what was not is asked for: also what came of age in a run that was behind.
    const again = asked(emulator).slice(before);
    expect(again.length).toBeLessThanOrEqual(ahead < 0 ? 28 : 26);
    expect(again.length).toBeGreaterThanOrEqual(24);
    expectOnce(emulator, start, services.now());
  });

  it('is a warning with both times', async () => {
    const services = new Services();
    const run = await services.run(ahead);
    const warning = run.warnings.find(({ title }) => title === 'The clock is off');
    const hour = (instant: number) => iso(instant).slice(0, 13);
    expect(warning?.text).toContain(hour(services.now() + ahead));
    expect(warning?.text).toContain(hour(services.now()));
  });
});

describe('a clock that is ahead', () => {
  it('never moves back how far runs reach, where sign-in fails', async () => {
    const services = new Services();
    const emulator = await services.emulator;
    const start = hourBack(28);
    for (let hour = 0; hour < 27; hour += 1) emulator.addEvents(eventsFrom(start + hour * HOUR, 1));
    emulator.fault({ service: 'power-bi', status: 500, times: Number.POSITIVE_INFINITY });
    await services.run(0, { 'deadline-minutes': '0.05' });
    emulator.clearFaults();
    emulator.configure.secretExpired = true;
    emulator.fault({
      ...{ service: 'entra', status: 401, times: Number.POSITIVE_INFINITY },
      body: { error: 'invalid_client', error_codes: [7000222] },
    });
    expect((await services.run(30 * DAY)).code).toBe(1);
    emulator.fault({ service: 'entra', reset: true, times: Number.POSITIVE_INFINITY });
    expect((await services.run(30 * DAY, { 'deadline-minutes': '0.05' })).outputs.complete).toBe('false');
    emulator.clearFaults();
    services.pass(2 * DAY);
    whole(await services.run(0, { 'lookback-hours': '1' }));
    expectOnce(emulator, start, services.now());
  });

  it('lets no window end in the future', async () => {
    const services = new Services();
    const start = hourBack(3);
    const run = await services.run(13 * HOUR, between(start, start + 8 * HOUR));
    expect(titles(run.errors)).toEqual(['Inputs refused']);
    expect(run.errors[0]?.text).toMatch(/end-time: expected an instant not after now/);
  });
});

describe('a clock that differs by minutes', () => {
  it.each([4 * MINUTE, -4 * MINUTE])('is no warning: %d ms', async (ahead) => {
    const services = new Services();
    const start = hourBack(5);
    (await services.emulator).addEvents(eventsFrom(start, 4));
    const run = await services.run(ahead);
    whole(run);
    expect(titles(run.warnings)).toEqual([]);
    expectOnce(await services.emulator, start, services.now());
  });
});
