import { ActionError } from '../errors.ts';
import type { EventKey } from '../rows/event-key.ts';
import { HOUR, MINUTE } from '../time/clock.ts';
import { clipToHistory, hourOf, hoursOf, isFinalAt, isWholeHour, type Window } from '../time/window.ts';
import { byHour, Checkpoint } from './checkpoint.ts';
import { setAside, takeBack } from './hour-proof.ts';
import { type AskedPart, forgetUnmet, wasAsked } from './hour-state.ts';
import type { Record } from './log-record.ts';
import { PendingRows } from './pending-rows.ts';
import { isUnusuallyQuiet } from './quiet-hours.ts';
import {
  askedRecord,
  deliveredRecord,
  foundRecord,
  type RunMark,
  resentRecord,
  runRecord,
} from './records.ts';
import { markOfBegin } from './run-mark.ts';
import { type CompactionFailure, type OpenOptions, StateFile } from './state-file.ts';

/**
 * Keeps what a run has achieved, so that the next one can go on from there. Without a state file it keeps nothing beyond the
 * run. What goes wrong with the file while the run is under way is told to `onFault` and kept here; the run ends by it
 * elsewhere.
 */
export class CheckpointWriter {
  /** What went wrong with the file. */
  readonly faults: ActionError[] = [];
  /** When the run before this one began, ms since the epoch. */
  readonly lastRunAt: number | undefined;
  /** The oldest instant that runs before this one covered. */
  readonly covered: number | undefined;
  /** What is known of earlier runs; undefined without a state file, unless the table is read back. */
  readonly checkpoint: Checkpoint | undefined;
  /** Rows acknowledged in this run that have no id. */
  withoutId = 0;
  readonly #state: StateFile | undefined;
  /** The table that this run reads back: workspace and name, as a hash. */
  readonly #table: string | undefined;
  readonly #pending = new PendingRows();
  readonly #onFault: (error: ActionError) => void;
  /** Of the services; until they have told their time, nothing is given up for lost. */
  #now: (() => number) | undefined;

  private constructor(
    state: StateFile | undefined,
    table: string | undefined,
    onFault: (error: ActionError) => void,
  ) {
    this.#state = state;
    this.#table = table;
    this.#onFault = onFault;
    this.checkpoint = state?.checkpoint ?? (table === undefined ? undefined : new Checkpoint());
    this.lastRunAt = this.checkpoint?.mark?.at;
    this.covered = this.checkpoint?.mark?.since;
  }

  /**
   * @param options of the state file; undefined where there is none
   * @param table workspace and name of the table that is read back, as a hash; undefined where none is
   * @param onFault told each fault of the file once the run is under way
   * @throws ActionError 'state-locked' or 'state-file'
   */
  static open(
    options: OpenOptions | undefined,
    table: string | undefined,
    onFault: (error: ActionError) => void,
  ): CheckpointWriter {
    const state = options === undefined ? undefined : StateFile.open(options);
    return new CheckpointWriter(state, table, onFault);
  }

  /**
   * Whether it is not known what earlier runs sent of an instant's hour: no run that this checkpoint knows of covered it (an
   * earlier checkpoint may have been lost), and none has asked for the hour as a whole since.
   */
  isUnknown(instant: number): boolean {
    return this.covered === undefined || instant < this.covered || this.#isUnknownYet(hourOf(instant));
  }

  #isUnknownYet(hour: number): boolean {
    const { unknownBefore, since = hour } = this.checkpoint?.mark ?? {};
    if (unknownBefore === undefined || hour >= unknownBefore) return false;
    const part = { start: Math.max(hour, since), end: Math.min(hour + HOUR, unknownBefore) };
    return !wasAsked(this.checkpoint?.hours.get(hour), part);
  }

  /** Whether this run or the next one looks for its rows in the table: a replay has no mark of its own. */
  get #isLookedFor(): boolean {
    return this.#table !== undefined || this.checkpoint?.mark?.table !== undefined;
  }

  /** Whether the destination took rows of an earlier run. */
  get wasAccepted(): boolean {
    return this.checkpoint?.mark?.accepted === true;
  }

  /** Notes that a run begins to collect a window. @param now by the runner's clock, ms since the epoch */
  begin({ start }: Window, now: number): void {
    const isUnknown = this.isUnknown(start);
    this.#mark(markOfBegin(this.checkpoint?.mark, { start, now, table: this.#table, isUnknown }));
  }

  /** Whether rows that were sent again did show up. */
  noteResend(resendWorks: boolean): void {
    const mark = this.checkpoint?.mark;
    if (mark !== undefined && (mark.resendWorks === true) !== resendWorks)
      this.#mark({ ...mark, resendWorks });
  }

  /**
   * The same window by the services' clocks: what lies before their history is told once as lost, and then no longer
   * counts as covered.
   * @param now of the services, ms since the epoch
   */
  confirm({ start, end }: Window, now: () => number): void {
    this.#now = now;
    const mark = this.checkpoint?.mark;
    if (mark === undefined) return;
    const since = clipToHistory({ start: Math.min(this.covered ?? start, start), end }, now()).start;
    // Set when this run began, by the runner's clock, which may be off. Before the end of a window up to now there is nothing
    // that it does not ask for.
    const untilNow = now() - end < MINUTE ? end : now();
    const unknownBefore = mark.unknownBefore === mark.at ? untilNow : mark.unknownBefore;
    if (since !== mark.since || unknownBefore !== mark.unknownBefore)
      this.#mark({ ...mark, since, ...(unknownBefore !== undefined && { unknownBefore }) });
  }

  /** A row will be delivered. */
  added(key: EventKey): void {
    this.#pending.added(key);
  }

  /** The destination accepted rows. */
  accepted(): void {
    const mark = this.checkpoint?.mark;
    if (mark === undefined || mark.accepted === true) return;
    this.#mark({ ...mark, accepted: true });
  }

  /**
   * Rows are no longer under way.
   * @param outcome kept: they count as sent, and are not looked for in the table, where they are not, or not by an id
   * @param requestId of their upload
   */
  resolve(keys: readonly EventKey[], outcome: 'delivered' | 'kept' | 'failed', requestId: string): void {
    let handled = outcome !== 'failed';
    if (outcome === 'delivered') this.withoutId += keys.filter(({ byContent }) => byContent).length;
    if (outcome === 'delivered' && this.#isLookedFor) {
      // Which of equal events without an id it was can't be told: they are not counted again.
      const told = keys.filter((key) => key.recorded !== true || !key.byContent);
      handled = this.#note(deliveredRecord(told, requestId));
    } else if (handled) {
      const fresh = keys.filter((key) => key.recorded !== true);
      handled = this.#guarded(() => this.#state?.acknowledged(fresh));
    }
    this.#settle(this.#pending.resolved(keys, handled));
  }

  /** Rows were found in the table: they count as sent, and as proved once the source shows their events (`met`). */
  found(keys: readonly EventKey[]): void {
    if (keys.length > 0) this.#note(foundRecord(keys));
  }

  /** The source shows an event that counts as sent. */
  met(key: EventKey): void {
    this.checkpoint?.met(key);
  }

  /** Rows are about to be sent once more. @returns whether that is on the disk */
  resending(keys: readonly EventKey[]): boolean {
    return this.#note(resentRecord(keys));
  }

  /** Rows were sent once more, and acknowledged. */
  resent(keys: readonly EventKey[], requestId: string): void {
    this.#note(deliveredRecord(keys, requestId));
  }

  /** Rows were refused for good when they were sent once more, and are kept elsewhere. */
  setAside(keys: readonly EventKey[]): void {
    for (const [hour, set] of byHour(keys)) {
      const proof = this.checkpoint?.hours.get(hour)?.proof;
      if (proof !== undefined) setAside(proof, set);
    }
  }

  /** Rows could not be sent once more after all: they count as sent once, as before. */
  notResent(keys: readonly EventKey[]): void {
    for (const [hour, set] of byHour(keys)) {
      const proof = this.checkpoint?.hours.get(hour)?.proof;
      if (proof !== undefined) takeBack(proof, set);
    }
  }

  /** A window was collected whole. @param askedAt when it was first asked for, ms since the epoch */
  collected(window: Window, askedAt: number): void {
    for (const { start, end } of hoursOf(window))
      this.#settle(this.#pending.hourCollected({ start, end, at: askedAt }));
  }

  /**
   * The hours of a window that came without an event and usually have some; each is told once.
   * @param hasEvents whether this run saw events of an hour
   */
  takeQuietHours(window: Window, hasEvents: (hour: number) => boolean, now: number): number[] {
    const { checkpoint } = this;
    if (checkpoint === undefined) return [];
    const quiet = [...hoursOf(window)]
      .filter((part) => isWholeHour(part) && !hasEvents(part.hour))
      .map(({ hour }) => hour)
      .filter((hour) => isUnusuallyQuiet(checkpoint, hour, now));
    for (const hour of quiet) checkpoint.hour(hour).toldQuiet = true;
    return quiet;
  }

  /** @throws ActionError 'state-locked' where another run has taken the file over */
  ensureHeld(): void {
    this.#state?.ensureHeld();
  }

  /** Writes the state and lets the file go. @returns why it could not be rewritten, if it could not */
  close(runnerNow: number): CompactionFailure | undefined {
    const now = this.#now === undefined ? Number.NEGATIVE_INFINITY : Math.min(this.#now(), runnerNow);
    let failure: CompactionFailure | undefined;
    // Found again by the next run, which then knows that the source had not shown them before.
    for (const state of this.checkpoint?.hours.values() ?? [])
      if (this.#isUnknownYet(state.hour)) forgetUnmet(state);
    this.#guarded(() => {
      failure = this.#state?.close(now);
    });
    return failure;
  }

  #mark(mark: RunMark): void {
    this.#note(runRecord(mark));
  }

  /** @returns whether it was done */
  #note(record: Record): boolean {
    return this.#guarded(() => {
      if (this.#state !== undefined) this.#state.note(record);
      else this.checkpoint?.apply(record);
    });
  }

  /** Notes parts as asked for, and as final where they were late enough. */
  #settle(parts: readonly AskedPart[]): void {
    for (const part of parts) {
      if (!isFinalAt(hourOf(part.start) + HOUR, part.at)) {
        this.#note(askedRecord(part));
        continue;
      }
      this.#guarded(() => {
        if (this.#state !== undefined) this.#state.final(part);
        else this.checkpoint?.final(part);
      });
    }
  }

  /** @returns whether it was done */
  #guarded(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      this.faults.push(error);
      this.#onFault(error);
      return false;
    }
  }
}
