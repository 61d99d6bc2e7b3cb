import type { Pipeline } from '@azure/core-rest-pipeline';
import { type Answer, errorCode, statusWithCode } from '../http/answer.ts';
import type { AnswerKind } from '../http/bounds.ts';
import type { Gate } from '../http/gate.ts';
import { type Outcome, RequestFailedError, retrying } from '../http/retry.ts';
import { send } from '../http/transport.ts';
import type { Deadline } from '../time/deadline.ts';

/** What a source needs to call its service. */
export interface SourceLink {
  readonly pipeline: Pipeline;
  readonly deadline: Deadline;
  /** Now by the services' clocks, ms since the epoch. */
  readonly now: () => number;
  /** Its name for the reader. */
  readonly service: string;
  /** Closed by a 429 for all requests to this service. */
  readonly gate: Gate;
}

/** Thrown when the service says no to the request itself: another attempt would meet the same answer. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  /** Status and code, such as "HTTP 401 PowerBINotAuthorizedException". */
  readonly why: string;

  constructor(answer: Answer) {
    super(statusWithCode(answer));
    this.status = answer.status;
    this.why = this.message;
  }

  /** Whether it is a verdict on the app or the address, which another source may not share. */
  get isVerdict(): boolean {
    return this.status === 401 || this.status === 403 || this.status === 404;
  }
}

/** Why one request failed for good. */
export interface Reason {
  readonly why: string;
  /** Of the service's last answer, where there was one. */
  readonly status?: number | undefined;
}

/** Why one request failed for good, or undefined where the error concerns the whole run. */
export function reasonOf(error: unknown): Reason | undefined {
  if (error instanceof RequestFailedError) return { why: error.message, status: error.status };
  return error instanceof RefusedError ? { why: error.why, status: error.status } : undefined;
}

/** Silence after which a page is asked for again. The service's own answer may take most of a minute. */
const SILENCE = 60_000;

/**
 * GETs what `read` makes of the body, with all retries. `url` is asked anew for each attempt, since a wait may have
 * changed it.
 * @param read undefined where the body is not the answer asked for: an error page of a gateway with status 200, or a
 * body that was cut off, must not be taken for "no events"
 * @throws RefusedError, RequestFailedError, DeadlineError, the deadline's reason, or what `url` throws
 */
export function get<T>(
  link: SourceLink,
  url: () => string,
  read: (answer: Answer) => T | undefined,
  kind: AnswerKind = 'page',
): Promise<T> {
  return retrying(
    async (): Promise<Outcome<T>> => {
      const outcome = await send(link.pipeline, {
        method: 'GET',
        url: url(),
        headers: { Accept: 'application/json' },
        silenceMs: SILENCE,
        answer: kind,
        signal: link.deadline.signal,
      });
      if (outcome.kind !== 'done') return outcome;
      if (outcome.value.status !== 200) return refusal(outcome.value);
      const value = read(outcome.value);
      if (value !== undefined) return { kind: 'done', value };
      const type = outcome.value.header('content-type')?.includes('json') ? 'broken JSON' : 'no JSON';
      return { kind: 'transient', why: `HTTP 200 with ${type}`, retryAfterMs: undefined };
    },
    link.deadline,
    link.service,
    link.gate,
  );
}

/** A token that is found expired although it was just renewed (the clocks differ) is no refusal of the app. */
function refusal(answer: Answer): Outcome<never> {
  if (errorCode(answer) !== 'TokenExpired') throw new RefusedError(answer);
  return { kind: 'transient', why: statusWithCode(answer), retryAfterMs: undefined };
}

/**
 * A continuation token as it goes into a URL: services give it percent-encoded already, and it must arrive encoded
 * exactly once (https://learn.microsoft.com/en-us/rest/api/power-bi/admin/get-activity-events).
 */
export function encodeToken(token: string): string {
  // Bytes in it may be no text: then it is encoded already, or it is not at all.
  if (/^(?:[\w.~!*'()-]|%[0-9A-Fa-f]{2})*$/.test(token)) return token;
  let plain = token;
  try {
    plain = decodeURIComponent(token);
  } catch {
    // Not percent-encoded: it holds a bare percent sign.
  }
  return encodeURIComponent(plain.toWellFormed());
}
