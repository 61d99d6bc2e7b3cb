import type { PreviouslyDelivered } from '../rows/deduplicator.ts';
import { contentOf, type EventKey } from '../rows/event-key.ts';
import { KeySet } from '../rows/key-set.ts';
import { HOUR } from '../time/clock.ts';
import { HISTORY, hourOf, type Window } from '../time/window.ts';
import { beginElsewhere, deliveredRow, expectAgain } from './hour-proof.ts';
import {
  acknowledge,
  addFinal,
  close,
  decodeHour,
  encodeHour,
  type HourState,
  isSettled,
  newHour,
} from './hour-state.ts';
import { encode, type Record } from './log-record.ts';
import { askedPartOf, decodeKeys, type RunMark, requestIdOf, runRecord } from './records.ts';

/** The version that this code writes; a file with a higher one is left for the code that wrote it. */
export const VERSION = 1;

export interface Header {
  readonly version: number;
  readonly fingerprint: string;
}

/** The state that goes from run to run: hours, acknowledged events of hours that are not settled, and no more. */
export class Checkpoint implements PreviouslyDelivered {
  readonly hours = new Map<number, HourState>();
  mark: RunMark | undefined;

  hour(hour: number): HourState {
    let state = this.hours.get(hour);
    if (state === undefined) {
      state = newHour(hour);
      this.hours.set(hour, state);
    }
    return state;
  }

  /** Applies a record; returns it, so that what is done is what is written. */
  apply(record: Record): Record {
    const { kind, payload } = record;
    switch (kind) {
      case 'hour': {
        const state = decodeHour(payload);
        this.hours.set(state.hour, state);
        if (isSettled(state)) close(state);
        break;
      }
      case 'acknowledged':
        for (const key of decodeKeys(payload)) this.#acknowledge(key);
        break;
      case 'final': {
        const state = this.final({ start: payload.readDoubleLE(8), end: payload.readDoubleLE(16) });
        if (isSettled(state)) close(state);
        break;
      }
      case 'run':
        this.#begin(JSON.parse(payload.toString('utf8')) as RunMark);
        break;
      case 'delivered': {
        const { requestId, keys } = requestIdOf(record);
        for (const key of decodeKeys(keys)) {
          this.#acknowledge(key);
          if (!key.byContent) deliveredRow(this.hour(key.hour).proof, key.high, key.low, requestId);
        }
        break;
      }
      case 'asked': {
        const asked = askedPartOf(record);
        this.hour(hourOf(asked.start)).asked = asked;
        break;
      }
      case 'found':
        for (const key of decodeKeys(payload)) this.#find(key);
        break;
      case 'resent':
        for (const [hour, keys] of byHour(decodeKeys(payload))) expectAgain(this.hour(hour).proof, keys);
        break;
      case 'header':
      case 'snapshotEnd':
        break;
    }
    return record;
  }

  /** The records of a file that holds this state and nothing else. Hours that the service has forgotten are left out. */
  *snapshot(fingerprint: string, now: number): Generator<Buffer, void> {
    const header: Header = { version: VERSION, fingerprint };
    yield encode({ kind: 'header', payload: Buffer.from(JSON.stringify(header)) });
    if (this.mark !== undefined) yield encode(runRecord(this.mark));
    for (const state of [...this.hours.values()].sort((a, b) => a.hour - b.hour)) {
      if (state.hour + HOUR > now - HISTORY) yield encode({ kind: 'hour', payload: encodeHour(state) });
    }
    yield encode({ kind: 'snapshotEnd', payload: Buffer.alloc(0) });
  }

  /** Notes a part of an hour as final. */
  final(part: Window): HourState {
    const state = this.hour(hourOf(part.start));
    addFinal(state, part);
    return state;
  }

  /** Closes the settled hours among those that are done with in this run: no page to come can list their events. */
  close(isDone: (hour: number) => boolean): void {
    for (const state of this.hours.values()) {
      if (!state.isClosed && isSettled(state) && isDone(state.hour)) close(state);
    }
  }

  /** Whether the hour is settled: every event of it counts as sent, wherever the source lists it. */
  isSettled(hour: number): boolean {
    const state = this.hours.get(hour);
    return state !== undefined && isSettled(state);
  }

  *openHours(): Generator<number, void> {
    for (const state of this.hours.values()) if (!isSettled(state)) yield state.hour;
  }

  /** Whether an event was acknowledged, or comes too late for an hour that is closed. */
  has(key: EventKey): boolean {
    const state = this.hours.get(key.hour);
    return state !== undefined && (state.isClosed || state.ids.has(key.high, key.low));
  }

  /** How many equal events without id were acknowledged for their hour; any number where it is closed. */
  contents(key: EventKey): number {
    const state = this.hours.get(key.hour);
    if (state?.isClosed) return Number.POSITIVE_INFINITY;
    return state?.contents.get(contentOf(key)) ?? 0;
  }

  /** Where rows are looked for in another table than before, what was seen in that one is no longer looked for. */
  #begin(mark: RunMark): void {
    const isOtherTable = mark.table !== undefined && mark.table !== this.mark?.table;
    this.mark = mark;
    if (isOtherTable) for (const state of this.hours.values()) beginElsewhere(state.proof, state.ids);
  }

  #find(key: EventKey): void {
    const state = this.hour(key.hour);
    if (state.ids.has(key.high, key.low)) return;
    this.#acknowledge(key);
    state.found ??= new KeySet();
    state.found.add(key.high, key.low);
  }

  /** The source shows an event that was sent before: if it was found in the table, it is proved by that. */
  met({ hour, high, low }: EventKey): void {
    const state = this.hours.get(hour);
    if (!state?.found?.has(high, low) || !state.met.add(high, low)) return;
    state.proof.proven += 1;
  }

  #acknowledge(key: EventKey): void {
    const state = this.hour(key.hour);
    if (!isSettled(state)) acknowledge(state, key);
  }
}

/** Keys, hour by hour. */
export function byHour(keys: Iterable<EventKey>): Map<number, KeySet> {
  const hours = new Map<number, KeySet>();
  for (const { hour, high, low } of keys) {
    const found = hours.get(hour) ?? new KeySet();
    found.add(high, low);
    hours.set(hour, found);
  }
  return hours;
}
