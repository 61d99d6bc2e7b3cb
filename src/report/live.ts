import type { Clock } from '../clock.ts';
import { MINUTE, SECOND } from '../clock.ts';
import type { Tally } from './tally.ts';

/** How often a long run says where it is. */
const INTERVAL = 15 * SECOND;

/** Lines of live progress in the log: seldom enough for runs of hours, soon enough to see that it is alive. */
export class Live {
  readonly #tally: Tally;
  readonly #clock: Clock;
  readonly #info: (line: string) => void;
  readonly #throttledUntil = new Map<string, number>();
  #last: number;

  constructor(tally: Tally, clock: Clock, info: (line: string) => void) {
    this.#tally = tally;
    this.#clock = clock;
    this.#info = info;
    this.#last = clock.now();
  }

  /** Says where the run is, at most every 15 seconds unless `now`. */
  tell(always = false): void {
    const now = this.#clock.now();
    if (!always && now - this.#last < INTERVAL) return;
    this.#last = now;
    const { counts, hoursDone, hoursPlanned, ingested, batchesSent } = this.#tally;
    const hours = hoursPlanned > 0 ? `${hoursDone} of ${hoursPlanned} hours, ` : '';
    this.#info(
      `${hours}${grouped(counts.collected)} events collected, ${grouped(ingested)} rows acknowledged in ${grouped(batchesSent)} ${batchesSent === 1 ? 'batch' : 'batches'}`,
    );
  }

  /** Says that a service throttles, and until when. */
  throttled(service: string, until: number): void {
    // The 429s of requests that were under way together say the same.
    if (until < (this.#throttledUntil.get(service) ?? 0) + 5 * SECOND) return;
    this.#throttledUntil.set(service, until);
    const ms = Math.max(until - this.#clock.now(), 0);
    const length =
      ms >= 2 * MINUTE ? `${Math.round(ms / MINUTE)} minutes` : `${Math.ceil(ms / SECOND)} seconds`;
    this.#info(`${service} throttles for ${length}, until ${new Date(until).toISOString()}`);
  }
}

/** A number with thousands separated: 103,120. */
export function grouped(value: number): string {
  // toLocaleString would load ICU's locale data, a tenth of what it takes to start.
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
