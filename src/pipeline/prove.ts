import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { noteAbsence, pendingRows, prove, seenRows, type UnprovenRows } from '../checkpoint/hour-proof.ts';
import { type HourState, isSettled } from '../checkpoint/hour-state.ts';
import type { CheckpointWriter } from '../checkpoint/writer.ts';
import { type HourPrint, holdsJust } from '../destination/hour-print.ts';
import type { TableReader } from '../destination/table-reader.ts';
import { ActionError, DeadlineError } from '../errors.ts';
import type { ProvedHour } from '../report/proved.ts';
import { type KeySet, unionOf } from '../rows/key-set.ts';
import { DAY, HOUR, SECOND } from '../time/clock.ts';
import type { Deadline } from '../time/deadline.ts';
import { hoursOf, isWithin, type Window, windowsOver } from '../time/window.ts';
import { provedHours } from './proved-hours.ts';

/** Looks at the table after the last upload, from the first one on. */
const LOOKS = [0, 2, 4, 8, 15, 30, 60].map((seconds) => seconds * SECOND);

/** Hours that one query is asked for, whether all of them are wanted or not. */
const LONG = 2 * DAY;

/** Rows that may wait for their proof while a run goes on: some 8 MB. */
const RELIEF = 500_000;

/** Rows in doubt that are asked for key by key, and hours that are tried for a row that is known to be there. */
const MOST_DOUBTS = 10_000;
const MOST_WITNESSES = 5;

/** A look at the table that comes to a judgement of each row. */
export class Proof {
  readonly #reader: TableReader;
  readonly #writer: CheckpointWriter;
  readonly #checkpoint: Checkpoint;
  readonly #window: Window | undefined;
  /** Hours that had rows seen by earlier runs. */
  readonly #known: ReadonlySet<number>;
  /** Settled hours of which earlier runs saw all rows. */
  readonly #done: ReadonlySet<number>;
  /** Hours of which an answer held less than is known to be there: what it lacks is not absent. */
  readonly #doubtful = new Set<number>();
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
    this.#known = new Set(states.filter(({ proof }) => seenRows(proof) > 0).map(({ hour }) => hour));
    const done = states.filter((state) => isSettled(state) && state.proof.unproven.length === 0);
    this.#done = new Set(done.map(({ hour }) => hour));
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
   * @param hasSight whether this run knows already that the table can be seen
   * @throws ActionError 'table-…' where the table can't be seen
   */
  async settle(waitMs: number, deadline: Deadline, hasSight: boolean): Promise<void> {
    const { clock } = deadline;
    this.#now = hasSight ? undefined : (await this.#reader.sight())?.now;
    // Some time before the deadline: what is not seen by then is pending.
    const end = Math.min(clock.now() + waitMs, deadline.at - SECOND);
    for (let turn = 0; ; turn += 1) {
      const pause = LOOKS[turn] ?? LOOKS.at(-1) ?? SECOND;
      await clock.sleep(Math.max(Math.min(pause, end - clock.now()), 0), deadline.signal);
      await this.#look(turn === 0);
      if (!this.unproven().some(isWaiting) || clock.now() >= end) break;
    }
    this.#now ??= (await this.#reader.sight())?.now;
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
      if (!(error instanceof ActionError || error instanceof DeadlineError)) throw error;
      this.#relieveAt = Number.POSITIVE_INFINITY;
    }
  }

  #waiting(): number {
    return this.unproven().reduce((sum, { proof }) => sum + pendingRows(proof), 0);
  }

  /** What the report says of the window's hours. */
  hours(): ProvedHour[] {
    return provedHours(this.#checkpoint.hours.values(), this.#window, this.#now);
  }

  /** Of these, the hours of the window: a run with a window of its own leaves others alone. */
  unprovenOfWindow(): HourState[] {
    const window = this.#window;
    return this.unproven().filter(({ hour }) => window === undefined || isWithin(hour, window));
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
  #see(state: HourState, isThere: (high: number, low: number) => boolean): void {
    const { seen, seenAgain } = prove(state.proof, isThere);
    if (seen > 0) this.#isSighted = true;
    if (seenAgain > 0) this.#writer.noteResend(true);
  }

  /** Compares fingerprints: hours with just the events that were sent are proved by that alone. */
  async #look(isFirst: boolean): Promise<void> {
    const windows = this.#windows(isFirst);
    for (const window of windows) {
      const { hours, now, isBelieved } = await this.#reader.hours(window);
      this.#now = now ?? this.#now;
      this.#isBelieved &&= isBelieved;
      for (let hour = window.start; hour < window.end; hour += HOUR) this.#note(hour, hours.get(hour));
    }
    if (isFirst) this.#ensureSight(windows);
    if (!this.#isBelieved) return;
    for (const state of this.unproven()) {
      const print = this.#prints.get(state.hour);
      if (print !== undefined && isSame(state, print)) this.#see(state, () => true);
    }
  }

  #note(hour: number, print: HourPrint | undefined): void {
    if (print === undefined) this.#prints.delete(hour);
    else this.#prints.set(hour, print);
    const proof = this.#checkpoint.hours.get(hour)?.proof;
    if (proof !== undefined) proof.repeats = print?.repeats ?? 0;
  }

  /** Asks for the keys of hours that hold other events than were sent, or not yet all. */
  async #lookCloser(): Promise<void> {
    const sizes = new Map(this.unproven().map(({ hour }) => [hour, this.#prints.get(hour)?.ids ?? 0]));
    for await (const [hour, keys] of this.#reader.keys(sizes)) {
      const state = this.#checkpoint.hours.get(hour);
      if (state === undefined) continue;
      if (keys.size < (this.#prints.get(hour)?.ids ?? 0)) this.#doubtful.add(hour);
      this.#see(state, (high, low) => keys.has(high, low));
    }
    for (const { hour, proof } of this.unproven())
      if (seenRows(proof) > 0 && !this.#prints.has(hour)) this.#doubtful.add(hour);
    await this.#resolveDoubts();
  }

  /**
   * An hour of which an answer lacks keys may hold rows without CreationTime, which are counted and have no hour of their own:
   * whether rows of earlier runs are there is asked key by key.
   */
  async #resolveDoubts(): Promise<void> {
    const rows = this.unproven()
      .filter(({ hour }) => this.#doubtful.has(hour))
      .map((state) => ({ state, keys: unionOf(earlierGroups(state).map(({ keys }) => keys)) }))
      .filter(({ keys }) => keys.size > 0);
    const count = rows.reduce((sum, { keys }) => sum + keys.size, 0);
    if (count === 0 || count > MOST_DOUBTS) return;
    if (await this.lookFor(rows)) for (const { state } of rows) this.#doubtful.delete(state.hour);
  }

  /**
   * Looks for rows under whatever hour they stand in the table.
   * @returns whether the answer shows a row that is known to be there; else it says nothing of the others
   */
  async lookFor(rows: readonly { readonly state: HourState; readonly keys: KeySet }[]): Promise<boolean> {
    const witness = await this.#witness();
    if (witness === undefined) return false;
    const wanted = unionOf(rows.map(({ keys }) => keys));
    wanted.add(witness.high, witness.low);
    const there = await this.#reader.some(
      wanted,
      Math.min(witness.hour, ...rows.map(({ state }) => state.hour)),
    );
    for (const { state } of rows) this.#see(state, (high, low) => there.has(high, low));
    return there.has(witness.high, witness.low);
  }

  /** A key that is there, of an hour that costs little to ask for; undefined where none is. */
  async #witness(): Promise<
    { readonly hour: number; readonly high: number; readonly low: number } | undefined
  > {
    const cheap = [...this.#prints].filter(([, { ids }]) => ids > 0).sort(([, a], [, b]) => a.ids - b.ids);
    // Some may hold nothing but rows without CreationTime.
    for (const [hour, { ids }] of cheap.slice(0, MOST_WITNESSES))
      for await (const [, keys] of this.#reader.keys(new Map([[hour, ids]])))
        for (const [high, low] of keys.keys()) return { hour, high, low };
    return undefined;
  }

  #judge(): void {
    if (this.#now === undefined) return;
    const left = this.unproven();
    if (!this.#isSighted && this.#looksAltered(left)) {
      throw new ActionError('table-columns', 'no id of the events sent is there, though as many rows are');
    }
    for (const { hour, proof } of left)
      noteAbsence(proof, this.#now, this.isSighted && !this.#doubtful.has(hour));
  }

  /** @throws ActionError 'table-blind' where not a single hour shows rows that an earlier run saw */
  #ensureSight(asked: readonly Window[]): void {
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

  /**
   * At the first look the window, and an hour that is known; then what is still waited for. Of a long window, hours that are
   * done are left out: they would cost more with each day.
   */
  #windows(isFirst: boolean): Window[] {
    const wanted = new Set(
      this.unproven()
        .filter((state) => isFirst || isWaiting(state))
        .map(({ hour }) => hour),
    );
    if (isFirst) {
      for (const hour of this.#hoursOfWindow()) wanted.add(hour);
      if (this.#known.size > 0 && ![...this.#known].some((hour) => wanted.has(hour)))
        wanted.add(Math.max(...this.#known));
    }
    return windowsOver(wanted, LONG);
  }

  #hoursOfWindow(): number[] {
    if (this.#window === undefined) return [];
    const hours = [...hoursOf(this.#window)].map(({ hour }) => hour);
    return hours.length * HOUR <= LONG ? hours : hours.filter((hour) => !this.#done.has(hour));
  }
}

/** Whether rows of the hour were not judged yet. */
function isWaiting({ proof }: HourState): boolean {
  return proof.unproven.some(({ acknowledgedAt }) => acknowledgedAt === undefined);
}

/** Rows that earlier runs sent and did not see. */
function earlierGroups({ proof }: HourState): UnprovenRows[] {
  return proof.unproven.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined);
}

/** Whether the table holds just the ids that are known of the hour. */
function isSame({ ids, isClosed, proof }: HourState, print: HourPrint): boolean {
  if (!isClosed) return holdsJust(print, [ids]);
  // A closed hour's ids are forgotten; those that wait for their proof are all of them where none is proved yet.
  const waiting = proof.unproven.map(({ keys }) => keys);
  return proof.proven + proof.givenUp === 0 && holdsJust(print, waiting);
}
