import { type ActivityEvent, instantOf } from './event.ts';
import { eventsOfHour, HOUR_MS } from './events.ts';
import { type ActivityFilter, fits } from './filter.ts';
import type { EmulatorOptions } from './settings.ts';

/** An event that the source holds: where it files it and from when it shows it. */
interface FiledEvent {
  event: ActivityEvent;
  at: number;
  visibleAt: number;
}

/** An hour as text: all its events joined by commas, and where each begins and ends. */
interface RenderedHour {
  text: Buffer;
  ends: Uint32Array;
}

const KEPT_HOURS = 30;

/** Everything the activity log holds: synthetic events by hour, and those that a test has added. */
export class EventSource {
  readonly #count: (hourStartMs: number) => number;
  readonly #seed: number;
  readonly #now: () => number;
  readonly #renderedLimit: number;
  readonly #added = new Map<number, FiledEvent[]>();
  readonly #hours = new Map<number, FiledEvent[]>();
  readonly #rendered = new Map<number, RenderedHour>();
  #renderedBytes = 0;

  constructor(options: EmulatorOptions, now: () => number) {
    const perHour = options.eventsPerHour ?? 0;
    this.#count = typeof perHour === 'number' ? () => perHour : perHour;
    this.#seed = options.seed ?? 1;
    this.#now = now;
    this.#renderedLimit = options.renderedBytes ?? 1.5e9;
  }

  /** Files events under `filedAt`, else under their CreationTime. */
  add(events: readonly ActivityEvent[], visibleAt = Number.NEGATIVE_INFINITY, filedAt?: number): void {
    for (const event of events) {
      const at = filedAt ?? instantOf(event);
      if (at === undefined)
        throw new Error('An event without CreationTime has to say under which time it is filed.');
      const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
      const filed = this.#added.get(hour) ?? [];
      filed.push({ event, at, visibleAt });
      this.#added.set(hour, filed);
    }
  }

  /** Events of an hour within [from, to], as known at `asOf`. */
  page(hour: number, from: number, to: number, asOf: number, filter: ActivityFilter): ActivityEvent[] {
    return this.#filed(hour)
      .filter(({ at, visibleAt }) => at >= from && at <= to && at <= asOf && visibleAt <= asOf)
      .filter(({ event }) => fits(event, filter))
      .map(({ event }) => event);
  }

  /** Events with `startMs <= time < endMs` that the source would show now. */
  between(startMs: number, endMs: number): ActivityEvent[] {
    const found: ActivityEvent[] = [];
    for (let hour = Math.floor(startMs / HOUR_MS) * HOUR_MS; hour < endMs; hour += HOUR_MS) {
      for (const event of this.page(hour, startMs, endMs - 1, this.#now(), {})) found.push(event);
    }
    return found;
  }

  /**
   * The text of a whole hour, ready to be sent: only for an hour that is over, unfiltered, and without added
   * events, since no part of it can then be hidden.
   */
  rendered(
    hour: number,
    from: number,
    to: number,
    asOf: number,
    filter: ActivityFilter,
  ): RenderedHour | undefined {
    const whole = from <= hour && to >= hour + HOUR_MS - 1000 && asOf >= hour + HOUR_MS;
    if (!whole || this.#added.has(hour)) return undefined;
    if (filter.activity !== undefined || filter.userId !== undefined) return undefined;
    let rendered = this.#rendered.get(hour);
    if (rendered === undefined) {
      rendered = render(eventsOfHour(hour, this.#count(hour), this.#seed));
      this.#renderedBytes += rendered.text.length;
    }
    this.#rendered.delete(hour);
    this.#rendered.set(hour, rendered);
    for (const [oldest, { text }] of this.#rendered) {
      if (this.#renderedBytes <= this.#renderedLimit || oldest === hour) break;
      this.#rendered.delete(oldest);
      this.#renderedBytes -= text.length;
    }
    return rendered;
  }

  #filed(hour: number): readonly FiledEvent[] {
    let synthetic = this.#hours.get(hour);
    if (synthetic === undefined) {
      const fresh = eventsOfHour(hour, this.#count(hour), this.#seed);
      const visibleAt = Number.NEGATIVE_INFINITY;
      synthetic = fresh.map((event) => ({ event, at: instantOf(event) ?? hour, visibleAt }));
      for (const oldest of this.#hours.keys()) {
        if (this.#hours.size < KEPT_HOURS) break;
        this.#hours.delete(oldest);
      }
      this.#hours.set(hour, synthetic);
    }
    const added = this.#added.get(hour);
    return added === undefined ? synthetic : [...synthetic, ...added];
  }
}

function render(events: readonly ActivityEvent[]): RenderedHour {
  const texts = events.map((event) => JSON.stringify(event));
  const text = Buffer.from(texts.join(','), 'utf8');
  const ends = new Uint32Array(texts.length);
  let end = -1;
  texts.forEach((one, index) => {
    end += 1 + Buffer.byteLength(one, 'utf8');
    ends[index] = end;
  });
  return { text, ends };
}
