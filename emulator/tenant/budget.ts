import { HOUR_MS } from './events.ts';

/** A rolling span of requests: an hour, as the documented maximum of 200 requests of the admin APIs is counted, or another. */
export class Budget {
  readonly #limit: () => number | undefined;
  readonly #spanMs: number;
  readonly #now: () => number;
  #taken: number[] = [];

  constructor(limit: () => number | undefined, now: () => number, spanMs = HOUR_MS) {
    this.#limit = limit;
    this.#spanMs = spanMs;
    this.#now = now;
  }

  /** Takes one request; returns the seconds to wait where none is left. A refused request does not count. */
  take(): number | undefined {
    const limit = this.#limit();
    if (limit === undefined) return undefined;
    const now = this.#now();
    this.#taken = this.#taken.filter((at) => at > now - this.#spanMs);
    if (this.#taken.length < limit) {
      this.#taken.push(now);
      return undefined;
    }
    const oldest = this.#taken[0] ?? now;
    return Math.max(1, Math.ceil((oldest + this.#spanMs - now) / 1000));
  }
}
