import { type Deadline, wait } from '../time/deadline.ts';

/**
 * One gate for all requests to a service: a 429 closes it for everybody until Retry-After has passed,
 * because the service counts the requests of all of them together.
 */
export class Gate {
  readonly #firstWait: number;
  readonly #longestWait: number;
  readonly #service: string;
  #until = 0;
  #closedAt = 0;
  #why = '';
  #withoutHint = 0;

  /**
   * @param waits ms to wait where a 429 names no time: the first, doubled each time up to the longest
   * @param service its name for the reader
   */
  constructor(waits: { readonly first: number; readonly longest: number }, service: string) {
    this.#firstWait = waits.first;
    this.#longestWait = waits.longest;
    this.#service = service;
  }

  /** When the throttle ends that is on now, or 0. */
  closedUntil(now: number): number {
    return this.#until > now ? this.#until : 0;
  }

  /** Waits while the gate is closed. @throws DeadlineError where that is past the deadline */
  async pass(deadline: Deadline): Promise<void> {
    for (let left = this.#left(deadline); left > 0; left = this.#left(deadline)) {
      await wait(left, deadline, { service: this.#service, why: this.#why });
    }
  }

  /** @param why the answer that closes it, such as "HTTP 429" */
  close(why: string, retryAfterMs: number | undefined, sentAt: number, now: number): void {
    let ms = retryAfterMs;
    if (ms === undefined) {
      // Requests that were under way when the gate closed say nothing new about how long to wait.
      if (sentAt > this.#closedAt || this.#withoutHint === 0) this.#withoutHint += 1;
      ms = Math.min(this.#firstWait * 2 ** (this.#withoutHint - 1), this.#longestWait);
    }
    const until = now + Math.max(ms, 1000);
    this.#closedAt = now;
    if (until <= this.#until) return;
    this.#until = until;
    this.#why = why;
  }

  /** An answer, to a request sent since the gate last closed, that is no throttle: the next 429 without a time starts from the first wait again. */
  answered(sentAt: number): void {
    if (sentAt >= this.#closedAt) this.#withoutHint = 0;
  }

  #left(deadline: Deadline): number {
    return this.#until - deadline.clock.now();
  }
}
