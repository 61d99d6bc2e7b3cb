import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { isOld, noteAbsence, pendingRows, prove, type UnprovenRows } from '../checkpoint/hour-proof.ts';
import type { HourState } from '../checkpoint/hour-state.ts';
import type { CheckpointWriter } from '../checkpoint/writer.ts';
import type { HourPrint, TableReader } from '../destination/table-reader.ts';
import { ActionError } from '../errors.ts';
import type { ProvedHour } from '../report/proved.ts';
import { HOUR, SECOND } from '../time/clock.ts';
import type { Deadline } from '../time/deadline.ts';
import { HISTORY, hourOf, hoursOf, type Window } from '../time/window.ts';

/** Looks at the table after the last upload, from the first one on. */
const LOOKS = [0, 2, 4, 8, 15, 30, 60].map((seconds) => seconds * SECOND);

/** Rows that may wait for their proof while a run goes on: some 8 MB. */
const RELIEF = 500_000;

/** A look at the table that comes to a judgement of each row. */
export class Proof {
  readonly #reader: TableReader;
  readonly #writer: CheckpointWriter;
  readonly #checkpoint: Checkpoint;
  readonly #window: Window | undefined;
  /** Hours that had rows seen by earlier runs. */
  readonly #known: ReadonlySet<number>;
  #prints = new Map<number, HourPrint>();
  #isBelieved = true;
  #isSighted = false;
  #now: number | undefined;
  readonly #givenUp: UnprovenRows[] = [];
  #relieveAt = RELIEF;

  /** @param window of which the report tells */
  constructor(
    reader: TableReader,
    writer: CheckpointWriter,
    checkpoint: Checkpoint,
    window: Window | undefined,
  ) {
    this.#reader = reader;
    this.#writer = writer;
    this.#checkpoint = checkpoint;
    this.#window = window;
    const states = [...checkpoint.hours.values()];
    this.#known = new Set(states.filter(({ proof }) => proof.proven > 0).map(({ hour }) => hour));
  }

  /** By the query service's clock, ms since the epoch; undefined before it told it. */
  get now(): number | undefined {
    return this.#now;
  }

  /** Whether rows that are known to be there were seen in this run. */
  get isSighted(): boolean {
    return this.#isSighted && this.#isBelieved;
  }

  /** Hours whose rows were not all seen yet. */
  unproven(): HourState[] {
    return [...this.#checkpoint.hours.values()].filter(({ proof }) => proof.unproven.length > 0);
  }

  /**
   * Looks until all rows of this run are seen, at growing distances, and judges what is left.
   * @param waitMs how long to wait for rows at the most
   * @throws ActionError 'table-…' where the table can't be seen
   */
  async settle(waitMs: number, deadline: Deadline): Promise<void> {
    const { clock } = deadline;
    const sight = await this.#reader.sight();
    this.#now = sight?.now;
    const end = Math.min(clock.now() + waitMs, deadline.at);
    for (let turn = 0; ; turn += 1) {
      const pause = LOOKS[turn] ?? LOOKS.at(-1) ?? SECOND;
      await clock.sleep(Math.max(Math.min(pause, end - clock.now()), 0), deadline.signal);
      await this.#look(turn === 0);
      const isWaiting = this.unproven().some(({ proof }) =>
        proof.unproven.some(({ acknowledgedAt }) => acknowledgedAt === undefined),
      );
      if (!isWaiting || clock.now() >= end) break;
    }
    await this.#lookCloser();
    this.#judge();
  }

  /**
   * Looks while the run goes on, where so many rows wait for their proof that memory would grow with the window. A table
   * that can't be seen now is told at the end.
   */
  async relieve(): Promise<void> {
    if (this.#waiting() < this.#relieveAt) return;
    try {
      await this.#look(false);
      this.#relieveAt = this.#waiting() + RELIEF;
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      this.#relieveAt = Number.POSITIVE_INFINITY;
    }
  }

  #waiting(): number {
    return this.unproven().reduce((sum, { proof }) => sum + pendingRows(proof), 0);
  }

  /** What the report says of the window's hours. */
  hours(): ProvedHour[] {
    const now = this.#now ?? Number.NEGATIVE_INFINITY;
    return [...this.#checkpoint.hours.values()]
      .filter(({ hour }) => this.#window === undefined || isWithin(hour, this.#window))
      .sort((a, b) => a.hour - b.hour)
      .map(({ hour, proof }) => {
        const missing = proof.unproven
          .filter((group) => isOld(group, now))
          .reduce((sum, { keys }) => sum + keys.size, 0);
        const all = pendingRows(proof);
        return {
          hour,
          events: proof.proven + proof.givenUp + all,
          seen: proof.proven,
          pending: all - missing,
          missing,
          givenUp: proof.givenUp,
          repeats: this.#prints.get(hour)?.repeats ?? 0,
        };
      })
      .filter(({ events, repeats }) => events > 0 || repeats > 0);
  }

  /** Notes rows that were sent twice and are not looked for any more. */
  noteGivenUp(group: UnprovenRows): void {
    this.#givenUp.push(group);
  }

  /** What was given up in this run. */
  get givenUp(): readonly UnprovenRows[] {
    return this.#givenUp;
  }

  /** Takes out rows that are there. */
  seen(state: HourState, isThere: (high: number, low: number) => boolean): void {
    const { seen, seenAgain } = prove(state.proof, isThere);
    if (seen > 0) this.#isSighted = true;
    if (seenAgain > 0) this.#writer.noteResend(true);
  }

  /** Compares fingerprints: hours with just the events that were sent are proved by that alone. */
  async #look(isFirst: boolean): Promise<void> {
    for (const window of this.#windows(isFirst)) {
      const { hours, now, isBelieved } = await this.#reader.hours(window);
      this.#now = now ?? this.#now;
      this.#isBelieved &&= isBelieved;
      for (let hour = window.start; hour < window.end; hour += HOUR) this.#prints.delete(hour);
      for (const [hour, print] of hours) this.#prints.set(hour, print);
    }
    if (isFirst) this.#ensureSight();
    if (!this.#isBelieved) return;
    for (const state of this.unproven()) {
      const print = this.#prints.get(state.hour);
      if (print !== undefined && isSame(state, print)) this.seen(state, () => true);
    }
  }

  /** Asks for the keys of hours that hold other events than were sent, or not yet all. */
  async #lookCloser(): Promise<void> {
    const sizes = new Map(this.unproven().map(({ hour }) => [hour, this.#prints.get(hour)?.ids ?? 0]));
    for await (const [hour, keys] of this.#reader.keys(sizes)) {
      const state = this.#checkpoint.hours.get(hour);
      if (state !== undefined) this.seen(state, (high, low) => keys.has(high, low));
    }
  }

  #judge(): void {
    if (this.#now === undefined) return;
    const left = this.unproven();
    if (!this.#isSighted && this.#looksAltered(left)) {
      throw new ActionError('table-columns', 'no id of the events sent is there, though as many rows are');
    }
    for (const { proof } of left) noteAbsence(proof, this.#now, this.isSighted);
  }

  /** @throws ActionError 'table-blind' where not a single hour shows rows that an earlier run saw */
  #ensureSight(): void {
    const asked = this.#windows(true);
    const known = [...this.#known].filter((hour) => asked.some((window) => isWithin(hour, window)));
    const shown = known.filter((hour) => (this.#prints.get(hour)?.ids ?? 0) > 0);
    if (shown.length > 0) this.#isSighted = true;
    else if (known.length > 0) {
      throw new ActionError('table-blind', `no row of ${known.length} hours that were seen before`);
    }
  }

  /** Rows of earlier runs of which none is there, in hours that hold rows. */
  #looksAltered(left: readonly HourState[]): boolean {
    const old = left.filter(({ proof }) =>
      proof.unproven.every(({ acknowledgedAt }) => acknowledgedAt !== undefined),
    );
    const sent = old.reduce((sum, { proof }) => sum + pendingRows(proof), 0);
    const there = old.reduce((sum, { hour }) => sum + (this.#prints.get(hour)?.ids ?? 0), 0);
    return sent > 0 && there * 2 >= sent;
  }

  /** At the first look the whole window, and an hour that is known; then what is still waited for. */
  #windows(isFirst: boolean): Window[] {
    const wanted = new Set(this.unproven().map(({ hour }) => hour));
    if (isFirst) {
      if (this.#window !== undefined) for (const { hour } of hoursOf(this.#window)) wanted.add(hour);
      const newest = Math.max(...this.#known);
      if (wanted.size > 0 && this.#known.size > 0 && ![...this.#known].some((hour) => wanted.has(hour)))
        wanted.add(newest);
    }
    const oldest = (this.#now ?? 0) - HISTORY;
    const windows: Window[] = [];
    for (const hour of [...wanted].filter((one) => one >= oldest).sort((a, b) => a - b)) {
      const last = windows.at(-1);
      if (last?.end === hour) windows[windows.length - 1] = { start: last.start, end: hour + HOUR };
      else windows.push({ start: hour, end: hour + HOUR });
    }
    return windows;
  }
}

function isWithin(hour: number, { start, end }: Window): boolean {
  return hour >= hourOf(start) && hour < end;
}

/** Whether the table holds just the ids that are known of the hour. */
function isSame({ ids, isClosed, proof }: HourState, print: HourPrint): boolean {
  // A closed hour's ids are forgotten; those that wait for their proof are all of them where none is proved yet.
  if (isClosed && proof.proven + proof.givenUp > 0) return false;
  const known = isClosed ? proof.unproven.map(({ keys }) => keys) : [ids];
  if (known.reduce((sum, { size }) => sum + size, 0) !== print.ids) return false;
  let [xorHigh, xorLow, sumHigh, sumLow] = [0, 0, 0, 0];
  for (const keys of known) {
    for (const [high, low] of keys.keys()) {
      xorHigh = (xorHigh ^ high) >>> 0;
      xorLow = (xorLow ^ low) >>> 0;
      sumHigh += high;
      sumLow += low;
    }
  }
  return (
    xorHigh === print.xorHigh &&
    xorLow === print.xorLow &&
    sumHigh === print.sumHigh &&
    sumLow === print.sumLow
  );
}
