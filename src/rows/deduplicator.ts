import { hash } from 'node:crypto';
import type { ActivityEvent } from './event.ts';

/**
 * What tells one event from another: its hour, and 64 bits of a SHA-256 over its id, or over its content where it has
 * none. Short, and nothing of the event can be read from it. A million events share 64 bits by chance once in
 * some ten million runs.
 */
export interface EventKey {
  readonly hour: number;
  readonly high: number;
  readonly low: number;
  readonly byContent: boolean;
  /** A row on its way back that the checkpoint knows already. */
  readonly recorded?: true;
}

/** Given to many different events. */
const NIL = '00000000-0000-0000-0000-000000000000';

export function keyOf(event: ActivityEvent, hour: number): EventKey {
  const id = event.Id;
  const byContent = typeof id !== 'string' || id === '' || id === NIL;
  const digest = hash('sha256', byContent ? canonical(event) : id, 'binary');
  return { hour, high: uint32(digest, 0), low: uint32(digest, 4), byContent };
}

function uint32(digest: string, at: number): number {
  return (
    ((digest.charCodeAt(at) << 24) |
      (digest.charCodeAt(at + 1) << 16) |
      (digest.charCodeAt(at + 2) << 8) |
      digest.charCodeAt(at + 3)) >>>
    0
  );
}

/** The content with its properties in a fixed order: the service may list them differently the next time. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${canonical(entry)}`).join(',')}}`;
}

/** Events that earlier runs sent, as the checkpoint knows them. */
export interface Known {
  has(key: EventKey): boolean;
  /** How many equal events without id. */
  contents(key: EventKey): number;
  /** The hours whose events are known one by one. */
  openHours(): Iterable<number>;
}

const NOTHING: Known = { has: () => false, contents: () => 0, openHours: () => [] };

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
export class Seen {
  readonly #hours = new Map<number, SeenHour>();
  readonly #known: Known;

  constructor(known: Known = NOTHING) {
    this.#known = known;
  }

  /** Whether the event is new; it counts as taken from now on. */
  take(key: EventKey): boolean {
    const hour = this.#hour(key.hour);
    if (!key.byContent) return !this.#known.has(key) && hour.ids.add(key.high, key.low);
    const content = contentOf(key);
    const met = (hour.met.get(content) ?? 0) + 1;
    const taken = hour.taken.get(content) ?? this.#known.contents(key);
    hour.met.set(content, met);
    hour.taken.set(content, Math.max(taken, met));
    return met > taken;
  }

  /** The key of an event without a time, which an earlier run may have filed under the last hour of any window. */
  placed(key: EventKey): EventKey {
    for (const hour of this.#known.openHours()) {
      const there = { ...key, hour };
      if (key.byContent ? this.#known.contents(there) > 0 : this.#known.has(there)) return there;
    }
    return key;
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

/** A key's 64 bits as one value. */
export function contentOf(key: EventKey): bigint {
  return (BigInt(key.high) << 32n) | BigInt(key.low);
}

/** A set of 64-bit keys in flat memory: 8 bytes a slot, at most three quarters full. */
export class KeySet {
  #slots = new Uint32Array(2 * 256);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(high: number, low: number): boolean {
    return this.#occupied(this.#find(high, low || 1));
  }

  /** @returns whether the key was not there before */
  add(high: number, low: number): boolean {
    const nonZero = low || 1;
    const at = this.#find(high, nonZero);
    if (this.#occupied(at)) return false;
    this.#slots[at] = high;
    this.#slots[at + 1] = nonZero;
    this.#size += 1;
    if (this.#size * 8 > this.#slots.length * 3) this.#grow();
    return true;
  }

  *keys(): Generator<readonly [high: number, low: number]> {
    for (let at = 0; at < this.#slots.length; at += 2) {
      if (this.#occupied(at)) yield [this.#slots[at] ?? 0, this.#slots[at + 1] ?? 0];
    }
  }

  #occupied(at: number): boolean {
    return this.#slots[at + 1] !== 0;
  }

  #find(high: number, low: number): number {
    const mask = this.#slots.length / 2 - 1;
    let slot = (high ^ low) & mask;
    while (this.#slots[2 * slot + 1] !== 0) {
      if (this.#slots[2 * slot] === high && this.#slots[2 * slot + 1] === low) break;
      slot = (slot + 1) & mask;
    }
    return 2 * slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 2) {
      const [high = 0, low = 0] = [old[at], old[at + 1]];
      if (low === 0) continue;
      const to = this.#find(high, low);
      this.#slots[to] = high;
      this.#slots[to + 1] = low;
    }
  }
}
