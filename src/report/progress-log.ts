import type { Clock } from '../time/clock.ts';
import { MINUTE, SECOND } from '../time/clock.ts';
import type { Wait } from '../time/deadline.ts';
import { grouped } from './markdown.ts';
import { hoursCollected, hoursPlanned, missingHours, type RunRecord } from './run-record.ts';

/** How often a long run says where it is. */
const INTERVAL = 15 * SECOND;
/** Waits that are worth a line. */
const WORTH_TELLING = 5 * SECOND;

/** Lines of live progress in the log: seldom enough for runs of hours, soon enough to see that it is alive. */
export class ProgressLog {
  readonly #record: RunRecord;
  readonly #clock: Clock;
  readonly #info: (line: string) => void;
  readonly #toldUntil = new Map<string, number>();
  #last: number;
  /** When the first hours were asked for, and how many events there were: sign-in is no measure of the pace. */
  #begun: { readonly at: number; readonly events: number } | undefined;

  constructor(record: RunRecord, clock: Clock, info: (line: string) => void) {
    this.#record = record;
    this.#clock = clock;
    this.#info = info;
    this.#last = clock.now();
  }

  /** Says where the run is, at most every 15 seconds unless `now`. */
  tell(always = false): void {
    const now = this.#clock.now();
    const { collected, delivered } = this.#record;
    this.#begun ??= { at: now, events: collected.counts.collected };
    if (!always && now - this.#last < INTERVAL) return;
    this.#last = now;
    const hours = this.#hours();
    const batches = `${grouped(delivered.batchesSent)} ${delivered.batchesSent === 1 ? 'batch' : 'batches'}`;
    this.#info(
      `${hours}${grouped(collected.counts.collected)} events collected, ${grouped(delivered.rows)} rows acknowledged in ${batches}${this.#pace(now)}`,
    );
  }

  #hours(): string {
    const { collected } = this.#record;
    const planned = hoursPlanned(this.#record);
    if (planned === 0) return '';
    const missing = missingHours(collected).length;
    const lacking = missing > 0 ? `, ${missing} missing` : '';
    const percent = Math.floor((100 * collected.hoursDone) / planned);
    return `${hoursCollected(collected)} of ${planned} hours (${percent} %${lacking}), `;
  }

  /** How fast it goes and when it will be done at this pace; nothing in the first seconds, of which nothing follows. */
  #pace(now: number): string {
    const begun = this.#begun;
    if (begun === undefined || now - begun.at < INTERVAL) return '';
    const { collected } = this.#record;
    const elapsed = now - begun.at;
    const rate = Math.round((collected.counts.collected - begun.events) / (elapsed / SECOND));
    const left = hoursPlanned(this.#record) - collected.hoursDone;
    const pace = `; ${grouped(rate)} events a second`;
    if (left <= 0 || collected.hoursDone === 0) return pace;
    const end = new Date(now + (elapsed * left) / collected.hoursDone).toISOString();
    return `${pace}, done at about ${end.slice(11, 16)}Z${end.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? '' : ` on ${end.slice(0, 10)}`}`;
  }

  /** Says who makes the run wait, why, and until when; not of the seconds between two attempts. */
  waiting({ service, why, until }: Wait): void {
    const ms = until - this.#clock.now();
    // Requests that wait for the same say the same.
    const isThrottle = why.startsWith('HTTP 429');
    if ((ms < WORTH_TELLING && !isThrottle) || until < (this.#toldUntil.get(service) ?? 0) + WORTH_TELLING)
      return;
    this.#toldUntil.set(service, until);
    const length =
      ms >= 2 * MINUTE ? `${Math.round(ms / MINUTE)} minutes` : `${Math.ceil(ms / SECOND)} seconds`;
    const verb = isThrottle ? 'throttles' : 'makes the run wait';
    this.#info(`${service} ${verb} for ${length}, until ${new Date(until).toISOString()} (${why})`);
  }
}
