import { describe, expect, it } from '@jest/globals';
import { DeadlineError } from '../../../src/errors.ts';
import { Gate } from '../../../src/http/gate.ts';
import { type Outcome, retrying } from '../../../src/http/retry.ts';
import { HOUR, SECOND } from '../../../src/time/clock.ts';
import type { Deadline, Wait } from '../../../src/time/deadline.ts';
import { pause, VirtualClock } from '../../support/virtual-clock.ts';

const WAITS = { first: 10 * SECOND, longest: 300 * SECOND };

function setUp(length = Number.POSITIVE_INFINITY) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const deadline: Deadline = { clock, at: clock.now() + length, signal: stop.signal };
  return { clock, stop, deadline };
}

describe('Gate', () => {
  it('is open to begin with', async () => {
    const { clock, deadline } = setUp();
    const gate = new Gate(WAITS, 'The service');
    await gate.pass(deadline);
    expect(gate.closedUntil(clock.now())).toBe(0);
    expect(clock.slept).toEqual([]);
  });

  it('is closed by one 429 for all requests to the service, until Retry-After has passed', async () => {
    const { clock, deadline } = setUp();
    const gate = new Gate(WAITS, 'The service');
    const start = clock.now();
    const times: number[] = [];
    let answers = 0;
    const attempt = async (): Promise<Outcome<number>> => {
      times.push(clock.now() - start);
      answers += 1;
      return answers === 1
        ? { kind: 'throttled', why: 'HTTP 429', retryAfterMs: 3400 * SECOND }
        : { kind: 'done', value: answers };
    };
    const first = retrying(attempt, deadline, 'The service', gate);
    await pause();
    expect(gate.closedUntil(clock.now())).toBe(start + 3400 * SECOND);
    const others = [1, 2, 3, 4].map(() => retrying(attempt, deadline, 'The service', gate));
    await clock.until(Promise.all([first, ...others]));
    expect(times).toEqual([0, ...[1, 2, 3, 4, 5].map(() => 3400 * SECOND)]);
    expect(gate.closedUntil(clock.now())).toBe(0);
  });

  it('waits on for those who waited already when it closes for longer', async () => {
    const { clock, deadline } = setUp();
    const gate = new Gate(WAITS, 'The service');
    const start = clock.now();
    gate.close('HTTP 429', 10 * SECOND, start, start);
    const passed = gate.pass(deadline).then(() => clock.now() - start);
    await pause();
    clock.advance(5 * SECOND);
    gate.close('HTTP 429', 60 * SECOND, start, clock.now());
    expect(await clock.until(passed)).toBe(65 * SECOND);
  });

  it('is not opened earlier by a shorter Retry-After', () => {
    const { clock } = setUp();
    const gate = new Gate(WAITS, 'The service');
    const now = clock.now();
    gate.close('HTTP 429', 100 * SECOND, now, now);
    gate.close('HTTP 429', 5 * SECOND, now, now);
    expect(gate.closedUntil(now)).toBe(now + 100 * SECOND);
  });

  it('waits at least a second where Retry-After is 0, so that it never spins', () => {
    const { clock } = setUp();
    const gate = new Gate(WAITS, 'The service');
    gate.close('HTTP 429', 0, clock.now(), clock.now());
    expect(gate.closedUntil(clock.now())).toBe(clock.now() + SECOND);
  });

  it('waits longer each time where a 429 names no time, up to the longest wait', async () => {
    const { clock, deadline } = setUp();
    const gate = new Gate(WAITS, 'The service');
    let left = 8;
    const attempt = async (): Promise<Outcome<string>> =>
      left-- > 0
        ? { kind: 'throttled', why: 'HTTP 429', retryAfterMs: undefined }
        : { kind: 'done', value: '' };
    await clock.until(retrying(attempt, deadline, 'The service', gate));
    expect(clock.slept.map((ms) => ms / SECOND)).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('takes the throttles of requests that were under way together for one', () => {
    const { clock } = setUp();
    const gate = new Gate(WAITS, 'The service');
    const sentAt = clock.now();
    clock.advance(SECOND);
    for (let request = 0; request < 8; request += 1) {
      gate.close('HTTP 429', undefined, sentAt, clock.now());
      clock.advance(50);
    }
    expect(gate.closedUntil(clock.now()) - clock.now()).toBeLessThanOrEqual(10 * SECOND);
  });

  it('begins with the first wait again once a request got through', () => {
    const { clock } = setUp();
    const gate = new Gate(WAITS, 'The service');
    for (let time = 0; time < 4; time += 1) {
      gate.close('HTTP 429', undefined, clock.now(), clock.now());
      clock.advance(HOUR);
    }
    gate.answered(clock.now());
    gate.close('HTTP 429', undefined, clock.now(), clock.now());
    expect(gate.closedUntil(clock.now())).toBe(clock.now() + 10 * SECOND);
  });

  it('tells who makes it wait, why, and until when', async () => {
    const { clock, deadline } = setUp();
    const told: Wait[] = [];
    const gate = new Gate(WAITS, 'The service');
    gate.close('HTTP 429', 100 * SECOND, clock.now(), clock.now());
    const until = clock.now() + 100 * SECOND;
    await clock.until(gate.pass({ ...deadline, onWait: (wait) => told.push(wait) }));
    expect(told).toEqual([{ service: 'The service', why: 'HTTP 429', until }]);
  });

  it('does not wait beyond the deadline', async () => {
    const { clock, deadline } = setUp(HOUR);
    const gate = new Gate(WAITS, 'The service');
    gate.close('HTTP 429', 2 * HOUR, clock.now(), clock.now());
    await expect(gate.pass(deadline)).rejects.toBeInstanceOf(DeadlineError);
    expect(clock.slept).toEqual([]);
  });

  it('lets go of those who wait when the run is stopped', async () => {
    const { clock, stop, deadline } = setUp();
    const gate = new Gate(WAITS, 'The service');
    gate.close('HTTP 429', HOUR, clock.now(), clock.now());
    const passing = gate.pass(deadline);
    stop.abort(new Error('cancelled'));
    await expect(passing).rejects.toThrow('cancelled');
  });

  it('is another one for each service', async () => {
    const { clock, deadline } = setUp();
    const [source, ingestion] = [new Gate(WAITS, 'The service'), new Gate(WAITS, 'The service')];
    source.close('HTTP 429', HOUR, clock.now(), clock.now());
    await ingestion.pass(deadline);
    expect(clock.slept).toEqual([]);
  });
});
