import { ActionError } from '../errors.ts';
import type { EventKey } from '../rows/event-key.ts';
import { HOUR } from '../time/clock.ts';
import { clipToHistory, hoursOf, isFinalAt, isWholeHour, type Window } from '../time/window.ts';
import type { Checkpoint } from './checkpoint.ts';
import { PendingRows } from './pending-rows.ts';
import { isUnusuallyQuiet } from './quiet-hours.ts';
import { type CompactionFailure, type OpenOptions, StateFile } from './state-file.ts';

/**
 * Keeps what a run has achieved, so that the next one can go on from there. Without a state file it keeps nothing. What goes
 * wrong with the file while the run is under way is told to `onFault` and kept here; the run ends by it elsewhere.
 */
export class CheckpointWriter {
  /** What went wrong with the file. */
  readonly faults: ActionError[] = [];
  /** When the run before this one began, ms since the epoch. */
  readonly lastRunAt: number | undefined;
  /** The oldest instant that runs before this one covered. */
  readonly covered: number | undefined;
  readonly #state: StateFile | undefined;
  readonly #pending = new PendingRows();
  readonly #onFault: (error: ActionError) => void;
  /** Of the services; until they have told their time, nothing is given up for lost. */
  #now: (() => number) | undefined;

  private constructor(state: StateFile | undefined, onFault: (error: ActionError) => void) {
    this.#state = state;
    this.#onFault = onFault;
    this.lastRunAt = state?.checkpoint.mark?.at;
    this.covered = state?.checkpoint.mark?.since;
  }

  /**
   * @param options of the state file; undefined where there is none
   * @param onFault told each fault of the file once the run is under way
   * @throws ActionError 'state-locked' or 'state-file'
   */
  static open(options: OpenOptions | undefined, onFault: (error: ActionError) => void): CheckpointWriter {
    return new CheckpointWriter(options === undefined ? undefined : StateFile.open(options), onFault);
  }

  /** What is known of earlier runs; undefined without a state file. */
  get checkpoint(): Checkpoint | undefined {
    return this.#state?.checkpoint;
  }

  /** Whether the destination took rows of an earlier run. */
  get wasAccepted(): boolean {
    return this.checkpoint?.mark?.accepted === true;
  }

  /** Notes that a run begins to collect a window. @param now by the runner's clock, ms since the epoch */
  begin({ start }: Window, now: number): void {
    const before = this.checkpoint?.mark;
    // Not clipped yet: the runner's clock alone must not make hours forgotten.
    const since = Math.min(before?.since ?? start, start);
    const accepted = before?.accepted === true ? { accepted: true } : {};
    this.#guarded(() => this.#state?.begin({ since, at: now, ...accepted }));
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
    if (since !== mark.since) this.#guarded(() => this.#state?.begin({ ...mark, since }));
  }

  /** A row will be delivered. */
  added(key: EventKey): void {
    this.#pending.added(key);
  }

  /** The destination accepted rows. */
  accepted(): void {
    const mark = this.checkpoint?.mark;
    if (mark === undefined || mark.accepted === true) return;
    this.#guarded(() => this.#state?.begin({ ...mark, accepted: true }));
  }

  /** Rows are no longer under way. @param handled whether they were acknowledged or kept, and count as sent */
  resolve(keys: readonly EventKey[], handled: boolean): void {
    const fresh = keys.filter((key) => key.recorded !== true);
    const recorded = handled && this.#guarded(() => this.#state?.acknowledged(fresh));
    this.#settle(this.#pending.resolved(keys, recorded));
  }

  /** A window was collected whole. @param askedAt when it was first asked for, ms since the epoch */
  collected(window: Window, askedAt: number): void {
    for (const { hour, start, end } of hoursOf(window)) {
      if (isFinalAt(hour + HOUR, askedAt)) this.#settle(this.#pending.hourCollected({ start, end }));
    }
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
    this.#guarded(() => {
      failure = this.#state?.close(now);
    });
    return failure;
  }

  #settle(parts: readonly Window[]): void {
    for (const part of parts) this.#guarded(() => this.#state?.final(part));
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
