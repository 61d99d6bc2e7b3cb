import type { PreviouslyDelivered } from '../rows/deduplicator.ts';
import { contentOf, type EventKey } from '../rows/event-key.ts';
import { HOUR } from '../time/clock.ts';
import { HISTORY, hourOf, type Window } from '../time/window.ts';
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

/** The version that this code writes; a file with a higher one is left for the code that wrote it. */
export const VERSION = 1;

export interface Header {
  readonly version: number;
  readonly fingerprint: string;
}

/** When the last run began, and the oldest instant that runs of this configuration ever covered. */
export interface RunMark {
  readonly since: number;
  readonly at: number;
  /** Whether the destination ever accepted a row: what it refuses from then on are bad rows. */
  readonly accepted?: boolean;
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
        this.mark = JSON.parse(payload.toString('utf8')) as RunMark;
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

  #acknowledge(key: EventKey): void {
    const state = this.hour(key.hour);
    if (!isSettled(state)) acknowledge(state, key);
  }
}

export function runRecord(mark: RunMark): Record {
  return { kind: 'run', payload: Buffer.from(JSON.stringify(mark)) };
}

export function finalRecord(part: Window): Record {
  const payload = Buffer.allocUnsafe(24);
  payload.writeDoubleLE(hourOf(part.start), 0);
  payload.writeDoubleLE(part.start, 8);
  payload.writeDoubleLE(part.end, 16);
  return { kind: 'final', payload };
}

/** Keys of 8 bytes behind their hour: runs of rows of the same hour and kind share one head. */
export function acknowledgedRecord(keys: readonly EventKey[]): Record {
  const payload = Buffer.allocUnsafe(keys.length * 21);
  let at = 0;
  for (let from = 0; from < keys.length; ) {
    const { hour, byContent } = keys[from] as EventKey;
    let to = from;
    while (to < keys.length && keys[to]?.hour === hour && keys[to]?.byContent === byContent) to += 1;
    at = payload.writeDoubleLE(hour, at);
    at = payload.writeUInt8(byContent ? 1 : 0, at);
    at = payload.writeUInt32LE(to - from, at);
    for (const key of keys.slice(from, to))
      at = payload.writeUInt32LE(key.low, payload.writeUInt32LE(key.high, at));
    from = to;
  }
  return { kind: 'acknowledged', payload: payload.subarray(0, at) };
}

function* decodeKeys(payload: Buffer): Generator<EventKey, void> {
  for (let at = 0; at < payload.length; ) {
    const hour = payload.readDoubleLE(at);
    const byContent = payload.readUInt8(at + 8) === 1;
    const count = payload.readUInt32LE(at + 9);
    at += 13;
    for (let key = 0; key < count; key += 1, at += 8) {
      yield { hour, byContent, high: payload.readUInt32LE(at), low: payload.readUInt32LE(at + 4) };
    }
  }
}
