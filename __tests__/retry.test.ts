import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY, HOUR, SECOND } from '../src/clock.ts';
import { OutOfTimeError } from '../src/errors.ts';
import { Gate } from '../src/http/gate.ts';
import { type Pace, wait } from '../src/http/pace.ts';
import { ATTEMPTS, backoff, type Outcome, RequestFailedError, retrying } from '../src/http/retry.ts';
import { VirtualClock } from './virtual-clock.ts';

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

function setUp(deadline = Number.POSITIVE_INFINITY) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const pace: Pace = { clock, deadline: clock.now() + deadline, signal: stop.signal };
  return { clock, stop, pace };
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
    const { clock, pace } = setUp();
    const { attempt, numbers } = scripted(done);
    expect(await retrying(attempt, pace)).toBe('body');
    expect(numbers).toEqual([1]);
    expect(clock.slept).toEqual([]);
  });

  it('tries seven times, and says so', async () => {
    const { clock, pace } = setUp();
    const { attempt, numbers } = scripted(transient('ECONNRESET'));
    const error = await caught(clock.until(retrying(attempt, pace)));
    expect(error).toBeInstanceOf(RequestFailedError);
    expect(error).toMatchObject({ why: 'ECONNRESET', attempts: 7, message: 'ECONNRESET (7 attempts)' });
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(ATTEMPTS).toBe(7);
    expect(clock.slept.length).toBe(6);
  });

  it('goes on where the seventh attempt succeeds', async () => {
    const { clock, pace } = setUp();
    const { attempt } = scripted(...Array.from({ length: 6 }, () => transient()), done);
    expect(await clock.until(retrying(attempt, pace))).toBe('body');
  });

  it('waits longer each time, between half of 1, 2, 4, 8, 16, 30 seconds and all of it', async () => {
    const { clock, pace } = setUp();
    await caught(clock.until(retrying(scripted(transient()).attempt, pace)));
    const full = [1, 2, 4, 8, 16, 30].map((seconds) => seconds * SECOND);
    for (const [at, most] of full.entries()) {
      expect(clock.slept[at]).toBeGreaterThanOrEqual(most / 2);
      expect(clock.slept[at]).toBeLessThanOrEqual(most);
    }
  });

  it('does not try again what cannot succeed', async () => {
    const { clock, pace } = setUp();
    const { attempt, numbers } = scripted({ kind: 'failed', why: 'HTTP 400' });
    const error = await caught(retrying(attempt, pace));
    expect(error).toMatchObject({ name: 'RequestFailedError', message: 'HTTP 400', attempts: 1 });
    expect(numbers).toEqual([1]);
    expect(clock.slept).toEqual([]);
  });

  it('lets an error of the attempt itself through at once', async () => {
    const { pace } = setUp();
    const refused = new Error('refused');
    const attempt = () => Promise.reject(refused);
    expect(await caught(retrying(attempt, pace))).toBe(refused);
  });

  it('waits as long as a 503 asks for', async () => {
    const { clock, pace } = setUp();
    await clock.until(retrying(scripted(transient('HTTP 503', 120 * SECOND), done).attempt, pace));
    expect(clock.slept).toEqual([120 * SECOND]);
  });

  it('does not count throttles among the attempts, however many there are', async () => {
    const { clock, pace } = setUp();
    const gate = new Gate({ first: SECOND, longest: SECOND });
    const many = Array.from({ length: 40 }, () => throttled(3400 * SECOND));
    const { attempt, numbers } = scripted(...many, transient(), ...many, done);
    expect(await clock.until(retrying(attempt, pace, gate))).toBe('body');
    expect(numbers.filter((number) => number === 1).length).toBe(41);
    expect(numbers.at(-1)).toBe(2);
  });

  it('waits out a Retry-After of an hour, and not a second less', async () => {
    const { clock, pace } = setUp();
    const gate = new Gate({ first: SECOND, longest: SECOND });
    const start = clock.now();
    await clock.until(retrying(scripted(throttled(3400 * SECOND), done).attempt, pace, gate));
    expect(clock.now() - start).toBe(3400 * SECOND);
  });

  it('asks nothing while the gate is closed', async () => {
    const { clock, pace } = setUp();
    const gate = new Gate({ first: SECOND, longest: SECOND });
    gate.close(60 * SECOND, clock.now(), clock.now());
    const start = clock.now();
    let askedAt = 0;
    const attempt = async () => {
      askedAt = clock.now();
      return done;
    };
    await clock.until(retrying(attempt, pace, gate));
    expect(askedAt - start).toBe(60 * SECOND);
  });

  it.each([
    ['a throttle', throttled(2 * HOUR), new Gate({ first: SECOND, longest: SECOND })],
    ['a 503 that names a time', transient('HTTP 503', 2 * HOUR), undefined],
  ])('does not wait for %s that ends after the deadline', async (_name, outcome, gate) => {
    const { clock, pace } = setUp(HOUR);
    const start = clock.now();
    const error = await caught(retrying(scripted(outcome).attempt, pace, gate));
    expect(error).toBeInstanceOf(OutOfTimeError);
    expect(error).toMatchObject({ until: start + 2 * HOUR });
    expect(clock.slept).toEqual([]);
    expect(clock.now()).toBe(start);
  });

  it('still waits for a throttle that ends just before the deadline', async () => {
    const { clock, pace } = setUp(HOUR);
    const gate = new Gate({ first: SECOND, longest: SECOND });
    expect(await clock.until(retrying(scripted(throttled(HOUR), done).attempt, pace, gate))).toBe('body');
  });

  it.each([
    ['a backoff', transient(), undefined],
    ['a throttle', throttled(DAY), new Gate({ first: SECOND, longest: SECOND })],
  ])('ends at once when it is stopped during %s, with the reason', async (_name, outcome, gate) => {
    const { clock, stop, pace } = setUp();
    const reason = new Error('cancelled');
    const { attempt, numbers } = scripted(outcome);
    const error = caught(retrying(attempt, pace, gate));
    const start = clock.now();
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.slept.length).toBe(1);
    stop.abort(reason);
    expect(await error).toBe(reason);
    expect(clock.now()).toBe(start);
    expect(numbers).toEqual([1]);
  });

  it('asks nothing any more once it was stopped', async () => {
    const { stop, pace } = setUp();
    const reason = new Error('cancelled');
    stop.abort(reason);
    const { attempt, numbers } = scripted(done);
    expect(await caught(retrying(attempt, pace))).toBe(reason);
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
  it('may end at the deadline, and not a millisecond after it', async () => {
    const { clock, pace } = setUp(1000);
    await clock.until(wait(1000, pace));
    expect(await caught(wait(1, pace))).toBeInstanceOf(OutOfTimeError);
    expect(clock.slept).toEqual([1000]);
  });
});
