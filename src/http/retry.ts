import { type Deadline, wait } from '../time/deadline.ts';
import { Gate } from './gate.ts';

/**
 * What an attempt came to. The attempt judges, `retrying` only waits.
 * `why` is a phrase for the reader ("HTTP 503", "ECONNRESET"), never free text of a service.
 */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | {
      readonly kind: 'throttled' | 'transient';
      readonly why: string;
      /** Of the service's answer, where there was one. */
      readonly status?: number;
      readonly retryAfterMs: number | undefined;
    }
  | { readonly kind: 'failed'; readonly why: string; readonly status?: number };

/** Thrown when an attempt cannot succeed, or did not after all attempts. */
export class RequestFailedError extends Error {
  override readonly name = 'RequestFailedError';
  readonly why: string;
  readonly attempts: number;
  /** Of the service's last answer, where there was one. */
  readonly status: number | undefined;

  constructor(why: string, attempts: number, status?: number) {
    super(attempts > 1 ? `${why} (${attempts} attempts)` : why);
    this.why = why;
    this.attempts = attempts;
    this.status = status;
  }
}

/** Attempts at a request before it is given up; throttles are not counted among them. */
export const ATTEMPTS = 7;
const FIRST_WAIT = 1000;
/**
 * Longest that a service that is not throttling may have one request wait, all its answers together. A throttle speaks of
 * all requests; a 503 of this one, which must not hold up the others for hours.
 */
const LONGEST_ASKED = 15 * 60_000;
const LONGEST_WAIT = 30_000;
/** Waits of a request that shares no gate, where a 429 names no time. */
const OWN_WAITS = { first: 2000, longest: 60_000 };

/** Wait before attempt `failures + 1`, in ms: doubling from 1 s to 30 s, with half of it drawn by chance. */
export function backoff(failures: number, random: () => number = Math.random): number {
  const full = Math.min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT);
  return full * (0.5 + random() / 2);
}

/**
 * Runs an attempt until it is done, with one way of waiting for sources, ingestion and sign-in alike.
 * It stands in for core-rest-pipeline's retryPolicy because that one waits by itself, uninterrupted and however long,
 * counts throttles among its tries, and cannot see a body that is no JSON.
 * @param service its name for the reader, told when it makes us wait
 * @param gate shared by all requests to the same service; a request of its own kind has one of its own
 * @throws RequestFailedError, DeadlineError (a wait would end after the deadline), or the signal's reason
 */
export async function retrying<T>(
  attempt: (number: number) => Promise<Outcome<T>>,
  deadline: Deadline,
  service: string,
  gate: Gate = new Gate(OWN_WAITS, service),
): Promise<T> {
  let waited = 0;
  let failures = 0;
  for (;;) {
    await gate.pass(deadline);
    deadline.signal.throwIfAborted();
    const sentAt = deadline.clock.now();
    const outcome = await attempt(failures + 1);
    switch (outcome.kind) {
      case 'done':
        gate.answered(sentAt);
        return outcome.value;
      case 'failed':
        throw new RequestFailedError(outcome.why, failures + 1, outcome.status);
      case 'throttled':
        gate.close(outcome.why, outcome.retryAfterMs, sentAt, deadline.clock.now());
        continue;
      case 'transient':
        break;
    }
    failures += 1;
    if (failures >= ATTEMPTS) throw new RequestFailedError(outcome.why, failures, outcome.status);
    const asked = outcome.retryAfterMs ?? 0;
    waited += asked;
    if (waited > LONGEST_ASKED || deadline.clock.now() + asked > deadline.at) {
      const minutes = Math.ceil(asked / 60_000);
      throw new RequestFailedError(
        `${outcome.why}, and asks to wait ${minutes} min`,
        failures,
        outcome.status,
      );
    }
    await wait(Math.max(asked, backoff(failures)), deadline, { service, why: outcome.why });
  }
}
