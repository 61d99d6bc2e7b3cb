import { contentOf, type EventKey } from './event-key.ts';
import { KeySet } from './key-set.ts';

/** Events that earlier runs sent, as the checkpoint knows them. */
export interface PreviouslyDelivered {
  has(key: EventKey): boolean;
  /** How many equal events without id. */
  contents(key: EventKey): number;
  /** The hours whose events are known one by one. */
  openHours(): Iterable<number>;
}

const NOTHING: PreviouslyDelivered = { has: () => false, contents: () => 0, openHours: () => [] };

/** Events seen in one hour. */
class SeenHour {
  readonly ids = new KeySet();
  /** Content to how many equal events were taken, and to how many this reading of the hour has met. */
  readonly taken = new Map<bigint, number>();
  readonly met = new Map<bigint, number>();
}

/**
 * Which events were already taken in, hour by hour: an event's id repeats only within the hour of its CreationTime.
 * An event without an id is never taken for a repeat within one reading of the source. When an hour is read again,
 * in this run or a later one, as many equal ones are passed over as were taken before.
 */
export class Deduplicator {
  readonly #hours = new Map<number, SeenHour>();
  readonly #known: PreviouslyDelivered;

  constructor(known: PreviouslyDelivered = NOTHING) {
    this.#known = known;
  }

  /** Counts the event as taken. @returns whether it is new */
  admit(key: EventKey): boolean {
    const hour = this.#hour(key.hour);
    if (!key.byContent) return !this.#known.has(key) && hour.ids.add(key.high, key.low);
    const content = contentOf(key);
    const met = (hour.met.get(content) ?? 0) + 1;
    const taken = hour.taken.get(content) ?? this.#known.contents(key);
    hour.met.set(content, met);
    hour.taken.set(content, Math.max(taken, met));
    return met > taken;
  }

  /**
   * The key of an event without a time, which an earlier run may have filed under the last hour of any window: under its own
   * first. Of equal events without an id each stands for one of those that were sent.
   */
  asDelivered(key: EventKey): EventKey {
    if (this.#isSent(key)) return key;
    for (const hour of this.#known.openHours()) {
      const there = { ...key, hour };
      if (this.#isSent(there)) return there;
    }
    return key;
  }

  #isSent(key: EventKey): boolean {
    if (!key.byContent) return this.#known.has(key);
    return this.#known.contents(key) > (this.#hours.get(key.hour)?.met.get(contentOf(key)) ?? 0);
  }

  /** Begins another reading of an hour from its start. */
  rewind(hour: number): void {
    this.#hours.get(hour)?.met.clear();
  }

  /** Lets go of hours that are done with, so that memory does not grow with the window. */
  forget(isDone: (hour: number) => boolean): void {
    for (const hour of this.#hours.keys()) {
      if (isDone(hour)) this.#hours.delete(hour);
    }
  }

  #hour(hour: number): SeenHour {
    let seen = this.#hours.get(hour);
    if (seen === undefined) {
      seen = new SeenHour();
      this.#hours.set(hour, seen);
    }
    return seen;
  }
}
