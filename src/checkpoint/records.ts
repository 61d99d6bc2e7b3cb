import type { EventKey } from '../rows/event-key.ts';
import { hourOf, type Window } from '../time/window.ts';
import type { AskedPart } from './hour-state.ts';
import type { Record } from './log-record.ts';

/** When the last run began, and the oldest instant that runs of this configuration ever covered. */
export interface RunMark {
  readonly since: number;
  readonly at: number;
  /** Whether the destination ever accepted a row: what it refuses from then on are bad rows. */
  readonly accepted?: boolean;
  /** The table, as a hash, in which rows are looked for; none where they are not. */
  readonly table?: string;
  /** When rows were last looked for there, by the runner's clock, ms since the epoch. */
  readonly tableAt?: number;
  /**
   * Until when it is not known what was sent, ms since the epoch: the table is asked for each hour before it, until the hour was
   * asked for as a whole.
   */
  readonly unknownBefore?: number;
  /** Whether the last rows that were sent again did show up: then others may follow all at once. */
  readonly resendWorks?: boolean;
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

/** Rows that count as sent: acknowledged, or kept elsewhere. */
export function acknowledgedRecord(keys: readonly EventKey[]): Record {
  return { kind: 'acknowledged', payload: encodeKeys(keys) };
}

/** Rows that the service acknowledged, and that are looked for in the table. */
export function deliveredRecord(keys: readonly EventKey[], requestId: string): Record {
  const id = Buffer.from(requestId.slice(0, 255), 'latin1');
  return { kind: 'delivered', payload: Buffer.concat([Buffer.from([id.length]), id, encodeKeys(keys)]) };
}

export function foundRecord(keys: readonly EventKey[]): Record {
  return { kind: 'found', payload: encodeKeys(keys) };
}

export function resentRecord(keys: readonly EventKey[]): Record {
  return { kind: 'resent', payload: encodeKeys(keys) };
}

/** Hours may be asked for in part. */
export function askedRecord({ start, end, at }: AskedPart): Record {
  const payload = Buffer.allocUnsafe(24);
  payload.writeDoubleLE(start, 0);
  payload.writeDoubleLE(end, 8);
  payload.writeDoubleLE(at, 16);
  return { kind: 'asked', payload };
}

export function askedPartOf({ payload }: Record): AskedPart {
  return { start: payload.readDoubleLE(0), end: payload.readDoubleLE(8), at: payload.readDoubleLE(16) };
}

export function requestIdOf({ payload }: Record): { requestId: string; keys: Buffer } {
  const end = 1 + payload.readUInt8(0);
  return { requestId: payload.toString('latin1', 1, end), keys: payload.subarray(end) };
}

/** Keys of 8 bytes behind their hour: runs of rows of the same hour and kind share one head. */
function encodeKeys(keys: readonly EventKey[]): Buffer {
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
  return payload.subarray(0, at);
}

export function* decodeKeys(payload: Buffer): Generator<EventKey, void> {
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
