import { contentOf, type EventKey } from '../rows/event-key.ts';
import { KeySet } from '../rows/key-set.ts';
import { HOUR } from '../time/clock.ts';
import type { Window } from '../time/window.ts';
import { decodeHourProof, encodeHourProof, type HourProof, newHourProof } from './hour-proof.ts';

/** What is known of one UTC hour. */
export interface HourState {
  /** First instant of the hour, ms since the epoch. */
  readonly hour: number;
  /** Parts that were collected whole, 24 hours or more after the hour ended; disjoint and sorted. */
  final: readonly Window[];
  /** The part that was asked for last, every row of it delivered, and when, by the services' clocks; none after it is settled. */
  asked: AskedPart | undefined;
  /** Events acknowledged, for comparison with other hours. */
  count: number;
  /** Whether the reader was told that this hour is unusually quiet. */
  toldQuiet: boolean;
  /** Acknowledged events. */
  ids: KeySet;
  /** Acknowledged events without id: content key to how many equal ones. */
  contents: Map<bigint, number>;
  /** The hour is settled, its events are forgotten, and it takes no more. */
  isClosed: boolean;
  /** What is known of its events in the table. */
  proof: HourProof;
  /** Rows that this run found in the table, others' among them, and which of them the source showed as well. */
  found: KeySet | undefined;
  met: KeySet;
}

export function newHour(hour: number): HourState {
  return {
    hour,
    final: [],
    asked: undefined,
    count: 0,
    toldQuiet: false,
    ids: new KeySet(),
    contents: new Map(),
    isClosed: false,
    proof: newHourProof(),
    found: undefined,
    met: new KeySet(),
  };
}

/** A part of an hour, and when it was asked for, ms since the epoch. */
export interface AskedPart extends Window {
  readonly at: number;
}

/**
 * When an open part of an hour is due again: asked for at age a, counted from the hour's end, at age 4a/3. Events arrive up to
 * a day late, most of them at once: what the source shows d after it happened is asked for by d + d/3.
 * @returns ms since the epoch; -Infinity where it was not asked for as a whole, or not after it had ended
 */
export function dueAt(state: HourState | undefined, open: Window): number {
  const asked = state?.asked;
  if (state === undefined || asked === undefined || !wasAsked(state, open)) return Number.NEGATIVE_INFINITY;
  const age = asked.at - (state.hour + HOUR);
  return age <= 0 ? Number.NEGATIVE_INFINITY : asked.at + age / 3;
}

/** Whether all of a part of the hour was asked for, in one go or finally. */
export function wasAsked(state: HourState | undefined, part: Window): boolean {
  const open = openPart(state, part);
  if (open === undefined) return true;
  const { start, end } = state?.asked ?? { start: Number.POSITIVE_INFINITY, end: 0 };
  return start <= open.start && end >= open.end;
}

/** Lets go of a settled hour's events, so that memory does not grow with the hours that are done. */
export function close(state: HourState): void {
  state.isClosed = true;
  state.ids = new KeySet();
  state.contents = new Map();
  state.found = undefined;
  state.met = new KeySet();
}

/** Lets go of rows that were found in the table and that the source did not show. */
export function forgetUnmet(state: HourState): void {
  const { found, met } = state;
  if (found === undefined) return;
  const kept = state.ids.filter((high, low) => !found.has(high, low) || met.has(high, low));
  state.count -= state.ids.size - kept.size;
  state.ids = kept;
}

/** Settled hours are not asked for again: all of it is final. */
export function isSettled(state: HourState): boolean {
  const [only] = state.final;
  return only !== undefined && only.start <= state.hour && only.end >= state.hour + HOUR;
}

/** Adds a part that is final. */
export function addFinal(state: HourState, part: Window): void {
  const merged: Window[] = [];
  for (const next of [...state.final, part].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && next.start <= last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, next.end) };
    } else {
      merged.push(next);
    }
  }
  state.final = merged;
}

/** What of `wanted` is not final yet, as one window; undefined where nothing is left. */
export function openPart(state: HourState | undefined, wanted: Window): Window | undefined {
  let { start, end } = wanted;
  for (const part of state?.final ?? []) {
    if (part.start <= start && part.end > start) start = part.end;
  }
  for (const part of (state?.final ?? []).toReversed()) {
    if (part.end >= end && part.start < end) end = part.start;
  }
  return start < end ? { start, end } : undefined;
}

export function acknowledge(state: HourState, key: EventKey): void {
  if (key.byContent) {
    const content = contentOf(key);
    state.contents.set(content, (state.contents.get(content) ?? 0) + 1);
    state.count += 1;
  } else if (state.ids.add(key.high, key.low)) {
    state.count += 1;
  }
}

function encodeAsked(asked: AskedPart | undefined): Buffer {
  const buffer = Buffer.alloc(asked === undefined ? 1 : 25);
  if (asked === undefined) return buffer;
  buffer.writeUInt8(1, 0);
  buffer.writeDoubleLE(asked.start, 1);
  buffer.writeDoubleLE(asked.end, 9);
  buffer.writeDoubleLE(asked.at, 17);
  return buffer;
}

/** hour, flags, count, parts, ids, contents, when it was asked for, what is known of the table; all numbers little-endian. */
export function encodeHour(state: HourState): Buffer {
  const settled = isSettled(state);
  const ids = settled ? 0 : state.ids.size;
  const contents = settled ? [] : [...state.contents];
  const buffer = Buffer.allocUnsafe(
    8 + 1 + 4 + 4 + 16 * state.final.length + 4 + 8 * ids + 4 + 12 * contents.length,
  );
  let at = buffer.writeDoubleLE(state.hour, 0);
  at = buffer.writeUInt8(state.toldQuiet ? 1 : 0, at);
  at = buffer.writeUInt32LE(state.count, at);
  at = buffer.writeUInt32LE(state.final.length, at);
  for (const part of state.final) at = buffer.writeDoubleLE(part.end, buffer.writeDoubleLE(part.start, at));
  at = buffer.writeUInt32LE(ids, at);
  if (ids > 0) {
    for (const [high, low] of state.ids.keys())
      at = buffer.writeUInt32LE(low, buffer.writeUInt32LE(high, at));
  }
  at = buffer.writeUInt32LE(contents.length, at);
  for (const [content, count] of contents)
    at = buffer.writeUInt32LE(count, buffer.writeBigUInt64LE(content, at));
  return Buffer.concat([
    buffer,
    encodeAsked(settled ? undefined : state.asked),
    encodeHourProof(state.proof),
  ]);
}

/** @throws RangeError where the payload is too short */
export function decodeHour(payload: Buffer): HourState {
  const state = newHour(payload.readDoubleLE(0));
  state.toldQuiet = payload.readUInt8(8) === 1;
  state.count = payload.readUInt32LE(9);
  let at = 17;
  const parts = payload.readUInt32LE(13);
  const final: Window[] = [];
  for (let part = 0; part < parts; part += 1, at += 16) {
    final.push({ start: payload.readDoubleLE(at), end: payload.readDoubleLE(at + 8) });
  }
  state.final = final;
  const ids = payload.readUInt32LE(at);
  at += 4;
  for (let id = 0; id < ids; id += 1, at += 8)
    state.ids.add(payload.readUInt32LE(at), payload.readUInt32LE(at + 4));
  const contents = payload.readUInt32LE(at);
  at += 4;
  for (let content = 0; content < contents; content += 1, at += 12) {
    state.contents.set(payload.readBigUInt64LE(at), payload.readUInt32LE(at + 8));
  }
  // Files of version 1.0 end here.
  if (at < payload.length) {
    const isAsked = payload.readUInt8(at) === 1;
    at += 1;
    if (isAsked) {
      const [start, end, askedAt] = [0, 8, 16].map((offset) => payload.readDoubleLE(at + offset));
      state.asked = { start: start ?? 0, end: end ?? 0, at: askedAt ?? 0 };
      at += 24;
    }
  }
  state.proof = decodeHourProof(payload.subarray(at));
  return state;
}
