import { HOUR_MS } from './events.ts';

/** A rolling hour of requests, as the documented maximum of 200 requests an hour of the admin APIs. */
export class Budget {
  readonly #limit: number | undefined;
  readonly #now: () => number;
  #taken: number[] = [];

  constructor(limit: number | undefined, now: () => number) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Takes one request; returns the seconds to wait where none is left. A refused request does not count. */
  take(): number | undefined {
    if (this.#limit === undefined) return undefined;
    const now = this.#now();
    this.#taken = this.#taken.filter((at) => at > now - HOUR_MS);
    if (this.#taken.length < this.#limit) {
      this.#taken.push(now);
      return undefined;
    }
    const oldest = this.#taken[0] ?? now;
    return Math.max(1, Math.ceil((oldest + HOUR_MS - now) / 1000));
  }
}
