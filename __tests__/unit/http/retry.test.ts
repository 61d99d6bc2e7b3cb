import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DeadlineError } from '../../../src/errors.ts';
import { Gate } from '../../../src/http/gate.ts';
import { ATTEMPTS, backoff, type Outcome, RequestFailedError, retrying } from '../../../src/http/retry.ts';
import { DAY, HOUR, SECOND } from '../../../src/time/clock.ts';
import { type Deadline, wait } from '../../../src/time/deadline.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const transient = (why = 'HTTP 503', retryAfterMs?: number): Outcome<string> => ({
  kind: 'transient',
  why,
  retryAfterMs,
});
const throttled = (retryAfterMs?: number): Outcome<string> => ({
  kind: 'throttled',
  why: 'HTTP 429',
  retryAfterMs,
});
const done: Outcome<string> = { kind: 'done', value: 'body' };

function setUp(length = Number.POSITIVE_INFINITY) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const deadline: Deadline = { clock, at: clock.now() + length, signal: stop.signal };
  return { clock, stop, deadline };
}

/** An attempt that answers by a script, whose last entry stands for all that follow. */
function scripted(...outcomes: Outcome<string>[]) {
  const numbers: number[] = [];
  const attempt = async (number: number) => {
    numbers.push(number);
    return outcomes[numbers.length - 1] ?? outcomes.at(-1) ?? done;
  };
  return { numbers, attempt };
}

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('retrying', () => {
  it('gives the value of the first attempt that is done, without waiting', async () => {
    const { clock, deadline } = setUp();
    const { attempt, numbers } = scripted(done);
    expect(await retrying(attempt, deadline, 'The service')).toBe('body');
    expect(numbers).toEqual([1]);
    expect(clock.slept).toEqual([]);
  });

  it('tries seven times, and says so', async () => {
    const { clock, deadline } = setUp();
    const { attempt, numbers } = scripted(transient('ECONNRESET'));
    const error = await caught(clock.until(retrying(attempt, deadline, 'The service')));
    expect(error).toBeInstanceOf(RequestFailedError);
    expect(error).toMatchObject({ why: 'ECONNRESET', attempts: 7, message: 'ECONNRESET (7 attempts)' });
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(ATTEMPTS).toBe(7);
    expect(clock.slept.length).toBe(6);
  });

  it('goes on where the seventh attempt succeeds', async () => {
    const { clock, deadline } = setUp();
    const { attempt } = scripted(...Array.from({ length: 6 }, () => transient()), done);
    expect(await clock.until(retrying(attempt, deadline, 'The service'))).toBe('body');
  });

  it('waits longer each time, between half of 1, 2, 4, 8, 16, 30 seconds and all of it', async () => {
    const { clock, deadline } = setUp();
    await caught(clock.until(retrying(scripted(transient()).attempt, deadline, 'The service')));
    const full = [1, 2, 4, 8, 16, 30].map((seconds) => seconds * SECOND);
    for (const [at, most] of full.entries()) {
      expect(clock.slept[at]).toBeGreaterThanOrEqual(most / 2);
      expect(clock.slept[at]).toBeLessThanOrEqual(most);
    }
  });

  it('does not try again what cannot succeed', async () => {
    const { clock, deadline } = setUp();
    const { attempt, numbers } = scripted({ kind: 'failed', why: 'HTTP 400' });
    const error = await caught(retrying(attempt, deadline, 'The service'));
    expect(error).toMatchObject({ name: 'RequestFailedError', message: 'HTTP 400', attempts: 1 });
    expect(numbers).toEqual([1]);
    expect(clock.slept).toEqual([]);
  });

  it('lets an error of the attempt itself through at once', async () => {
    const { deadline } = setUp();
    const refused = new Error('refused');
    const attempt = () => Promise.reject(refused);
    expect(await caught(retrying(attempt, deadline, 'The service'))).toBe(refused);
  });

  it('waits as long as a 503 asks for', async () => {
    const { clock, deadline } = setUp();
    await clock.until(
      retrying(scripted(transient('HTTP 503', 120 * SECOND), done).attempt, deadline, 'The service'),
    );
    expect(clock.slept).toEqual([120 * SECOND]);
  });

  it('does not count throttles among the attempts, however many there are', async () => {
    const { clock, deadline } = setUp();
    const gate = new Gate({ first: SECOND, longest: SECOND }, 'The service');
    const many = Array.from({ length: 40 }, () => throttled(3400 * SECOND));
    const { attempt, numbers } = scripted(...many, transient(), ...many, done);
    expect(await clock.until(retrying(attempt, deadline, 'The service', gate))).toBe('body');
    expect(numbers.filter((number) => number === 1).length).toBe(41);
    expect(numbers.at(-1)).toBe(2);
  });

  it('waits out a Retry-After of an hour, and not a second less', async () => {
    const { clock, deadline } = setUp();
    const gate = new Gate({ first: SECOND, longest: SECOND }, 'The service');
    const start = clock.now();
    await clock.until(
      retrying(scripted(throttled(3400 * SECOND), done).attempt, deadline, 'The service', gate),
    );
    expect(clock.now() - start).toBe(3400 * SECOND);
  });

  it('asks nothing while the gate is closed', async () => {
    const { clock, deadline } = setUp();
    const gate = new Gate({ first: SECOND, longest: SECOND }, 'The service');
    gate.close('HTTP 429', 60 * SECOND, clock.now(), clock.now());
    const start = clock.now();
    let askedAt = 0;
    const attempt = async () => {
      askedAt = clock.now();
      return done;
    };
    await clock.until(retrying(attempt, deadline, 'The service', gate));
    expect(askedAt - start).toBe(60 * SECOND);
  });

  it.each([
    ['a throttle', throttled(2 * HOUR), new Gate({ first: SECOND, longest: SECOND }, 'The service')],
    ['a throttle of its own', throttled(2 * HOUR), undefined],
  ])(
    'does not wait for %s that ends after the deadline, and says whose it is',
    async (_name, outcome, gate) => {
      const { clock, deadline } = setUp(HOUR);
      const start = clock.now();
      const error = await caught(retrying(scripted(outcome).attempt, deadline, 'The service', gate));
      expect(error).toBeInstanceOf(DeadlineError);
      expect(String(error)).toContain(
        `The service answers HTTP 429, and the wait for it would have ended at ${new Date(start + 2 * HOUR).toISOString()}`,
      );
      expect(clock.slept).toEqual([]);
      expect(clock.now()).toBe(start);
    },
  );

  it.each([
    ['beyond the deadline', HOUR, 2 * HOUR, 0],
    ['for more than a quarter of an hour', DAY, 16 * 60 * SECOND, 0],
    ['for a quarter of an hour in all', DAY, 6 * 60 * SECOND, 2],
  ])(
    'gives up a request, and not the run, where a 503 asks to wait %s',
    async (_name, length, asked, waits) => {
      const { clock, deadline } = setUp(length);
      const error = await caught(
        clock.until(retrying(scripted(transient('HTTP 503', asked)).attempt, deadline, 'The service')),
      );
      expect(error).toBeInstanceOf(RequestFailedError);
      expect(String(error)).toContain(`HTTP 503, and asks to wait ${asked / 60_000} min`);
      expect(clock.slept.length).toBe(waits);
    },
  );

  it('still waits for a throttle that ends just before the deadline', async () => {
    const { clock, deadline } = setUp(HOUR);
    const gate = new Gate({ first: SECOND, longest: SECOND }, 'The service');
    expect(
      await clock.until(retrying(scripted(throttled(HOUR), done).attempt, deadline, 'The service', gate)),
    ).toBe('body');
  });

  it.each([
    ['a backoff', transient(), undefined],
    ['a throttle', throttled(DAY), new Gate({ first: SECOND, longest: SECOND }, 'The service')],
  ])('ends at once when it is stopped during %s, with the reason', async (_name, outcome, gate) => {
    const { clock, stop, deadline } = setUp();
    const reason = new Error('cancelled');
    const { attempt, numbers } = scripted(outcome);
    const error = caught(retrying(attempt, deadline, 'The service', gate));
    const start = clock.now();
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.slept.length).toBe(1);
    stop.abort(reason);
    expect(await error).toBe(reason);
    expect(clock.now()).toBe(start);
    expect(numbers).toEqual([1]);
  });

  it('asks nothing any more once it was stopped', async () => {
    const { stop, deadline } = setUp();
    const reason = new Error('cancelled');
    stop.abort(reason);
    const { attempt, numbers } = scripted(done);
    expect(await caught(retrying(attempt, deadline, 'The service'))).toBe(reason);
    expect(numbers).toEqual([]);
  });
});

describe('backoff', () => {
  it('lies between half and all of what doubles up to 30 seconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, chance) => {
          const full = Math.min(2 ** (failures - 1), 30) * SECOND;
          const ms = backoff(failures, () => chance);
          expect(ms).toBeGreaterThanOrEqual(full / 2);
          expect(ms).toBeLessThanOrEqual(full);
        },
      ),
    );
  });

  it('differs from one request to the next, so that they do not all come back at once', () => {
    expect(new Set(Array.from({ length: 20 }, () => backoff(5))).size).toBeGreaterThan(10);
  });
});

describe('wait', () => {
  const CAUSE = { service: 'The service', why: 'HTTP 429' };

  it('may end at the deadline, and not a millisecond after it', async () => {
    const { clock, deadline } = setUp(1000);
    await clock.until(wait(1000, deadline, CAUSE));
    expect(await caught(wait(1, deadline, CAUSE))).toBeInstanceOf(DeadlineError);
    expect(clock.slept).toEqual([1000]);
  });
});
