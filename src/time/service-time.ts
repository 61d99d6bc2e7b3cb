import { type Clock, MINUTE, SECOND } from './clock.ts';

/** A difference of clocks that is worth a word, and that the services' time is taken for. */
const WORTH_TELLING = 5 * MINUTE;
/** The Date of an answer is in whole seconds, and some time old when it arrives. */
const EXACT = 2 * SECOND;

/**
 * The time by the services' clocks, as the Date of their answers tells it. A runner's clock may be hours or days off; what
 * is settled, asked for and given up for lost is none of its business.
 */
export class ServiceTime {
  readonly #clock: Clock;
  /** Latest difference to the runner's clock, by service: ms that the service is ahead. */
  readonly #ahead = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param date the Date header of an answer that has just arrived */
  observe(service: string, date: string | undefined): void {
    const at = Date.parse(date ?? '');
    if (!Number.isNaN(at)) this.#ahead.set(service, at - this.#clock.now());
  }

  /** Whether any service has told its time. */
  get isKnown(): boolean {
    return this.#ahead.size > 0;
  }

  /**
   * How far the services are ahead of the runner, in ms; 0 where that is less than five minutes. Where they differ among
   * themselves, the one that contradicts the runner least counts: a single gateway may be wrong, too.
   */
  get ahead(): number {
    const least = [...this.#ahead.values()].reduce(
      (best, ahead) => (Math.abs(ahead) < Math.abs(best) ? ahead : best),
      Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(least) && Math.abs(least) >= WORTH_TELLING ? least : 0;
  }

  /** Now, by the services where the runner is off. ms since the epoch */
  now(): number {
    return this.#clock.now() + this.ahead;
  }

  /** An instant of the runner's clock, or the earlier one that a service has for it: nothing is settled too early. */
  earliest(instant: number, service: string): number {
    const ahead = this.#ahead.get(service) ?? 0;
    return ahead < -EXACT ? instant + ahead : instant;
  }
}
