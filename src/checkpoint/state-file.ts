import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { ActionError } from '../errors.ts';
import { type FileLock, lock } from '../files/file-lock.ts';
import { fileFault, openPrivate, writeAll } from '../files/kept-file.ts';
import type { EventKey } from '../rows/event-key.ts';
import type { Window } from '../time/window.ts';
import { Checkpoint } from './checkpoint.ts';
import { acknowledge, isSettled } from './hour-state.ts';
import { encode, type Record } from './log-record.ts';
import { acknowledgedRecord, finalRecord, type RunMark, runRecord } from './records.ts';
import { type LoadOptions, load } from './state-load.ts';

export interface OpenOptions extends LoadOptions {
  /** Bytes appended after which the file is replaced by a snapshot while the run goes on. */
  readonly compactAfter?: number;
}

/** Why the file could not be rewritten, and whether what was appended to the old one is less than the state. */
export interface CompactionFailure {
  /** Of the system, such as ENOSPC. */
  readonly code: string;
  readonly lacking: boolean;
}

/** Some two million events. */
const APPENDED = 16 * 2 ** 20;

/**
 * The checkpoint on disk. What a run learns is appended as it happens, and at the end the file is replaced by a fresh
 * snapshot. At any moment, also on a full disk, the file holds a whole state.
 */
export class StateFile {
  readonly checkpoint: Checkpoint;
  readonly #options: OpenOptions;
  readonly #lock: FileLock | undefined;
  #file: number | undefined;
  #length = 0;
  #compactAt = 0;
  /** Something could not be appended: only a fresh snapshot holds it. */
  #lacking = false;

  private constructor(options: OpenOptions, checkpoint: Checkpoint, held: FileLock | undefined) {
    this.#options = options;
    this.checkpoint = checkpoint;
    this.#lock = held;
  }

  /**
   * Opens, or begins, a state file; missing folders are created. A damaged file, one of another configuration and one
   * of a newer version are set aside under another name, and the run is a first one.
   * @throws ActionError 'state-locked' or 'state-file'
   */
  static open(options: OpenOptions): StateFile {
    const { path, readOnly } = options;
    let held: FileLock | undefined;
    try {
      if (readOnly) return new StateFile(options, load(options) ?? new Checkpoint(), undefined);
      mkdirSync(dirname(path), { recursive: true });
      held = lock(path, 'the state file', 'state-file');
      const state = new StateFile(options, load(options) ?? new Checkpoint(), held);
      // Nothing is dropped by the runner's clock alone.
      state.#replace(Number.NEGATIVE_INFINITY);
      return state;
    } catch (error) {
      held?.release();
      throw fileFault(error, path, 'state-file');
    }
  }

  /** Notes that a run begins, and how far back it reaches. */
  begin(mark: RunMark): void {
    this.note(runRecord(mark));
  }

  /** Notes rows as acknowledged, or as safely kept elsewhere. */
  acknowledged(keys: readonly EventKey[]): void {
    for (const key of keys) {
      const hour = this.checkpoint.hour(key.hour);
      if (!isSettled(hour)) acknowledge(hour, key);
    }
    if (keys.length > 0) this.#append(acknowledgedRecord(keys));
  }

  /** Applies a record to the state, and appends it. */
  note(record: Record): void {
    this.checkpoint.apply(record);
    this.#append(record);
  }

  /** Notes a part of an hour as final: collected whole, late enough, and every row acknowledged. */
  final(part: Window): void {
    const record = finalRecord(part);
    this.checkpoint.final(part);
    this.#append(record);
  }

  /** @throws ActionError 'state-locked' where another run has taken the file over */
  ensureHeld(): void {
    this.#lock?.ensureHeld();
  }

  /**
   * Writes the state as a fresh snapshot and lets the file go.
   * @param now by which hours that the service has forgotten are left out; -Infinity for none
   * @returns what stood in the way of it, if anything did
   * @throws ActionError 'state-locked' where the file is another run's by now
   */
  close(now: number): CompactionFailure | undefined {
    if (this.#options.readOnly) return undefined;
    try {
      this.#replace(now);
      return undefined;
    } catch (error) {
      if (error instanceof ActionError) throw error;
      return { code: (error as NodeJS.ErrnoException).code ?? 'unknown error', lacking: this.#lacking };
    } finally {
      if (this.#file !== undefined) closeSync(this.#file);
      this.#file = undefined;
      this.#lock?.release();
    }
  }

  /**
   * @throws ActionError 'state-file': rows acknowledged from now on would be sent again by the next run; 'state-locked'
   */
  #append(record: Record): void {
    if (this.#options.readOnly || this.#file === undefined) return;
    this.ensureHeld();
    try {
      const framed = encode(record);
      writeAll(this.#file, framed, this.#length);
      this.#length += framed.length;
    } catch (error) {
      const file = this.#file;
      this.#file = undefined;
      this.#lacking = true;
      try {
        ftruncateSync(file, this.#length);
      } catch {
        // An incomplete record at the end is passed over by the next reader.
      }
      try {
        closeSync(file);
      } catch {
        // On a full network drive closing fails as well.
      }
      throw fileFault(error, this.#options.path, 'state-file');
    }
    this.#compact();
  }

  /** What was appended since the last snapshot would have to be read, and held, by the run after a crash. */
  #compact(): void {
    if (this.#length < this.#compactAt) return;
    try {
      this.#replace(Number.NEGATIVE_INFINITY);
    } catch (error) {
      if (error instanceof ActionError) throw error;
      // No room for a second file: the old one goes on, only longer.
      this.#compactAt = this.#length + this.#compactAfter();
      if (this.#file !== undefined) return;
      this.#lacking = true;
      throw fileFault(error, this.#options.path, 'state-file');
    }
  }

  /** Never less than the snapshot itself, so that rewriting costs no more than appending. */
  #compactAfter(snapshot = 0): number {
    return Math.max(this.#options.compactAfter ?? APPENDED, snapshot);
  }

  #replace(now: number): void {
    this.ensureHeld();
    const { path, fingerprint } = this.#options;
    const fresh = `${path}.new`;
    // A run that was frozen while it wrote one must not go on writing in what becomes this run's file.
    rmSync(fresh, { force: true });
    const file = openPrivate(fresh, 'w');
    let length = 0;
    const wasOpen = this.#file !== undefined;
    try {
      for (const record of this.checkpoint.snapshot(fingerprint, now)) {
        writeAll(file, record, length);
        length += record.length;
      }
      fsyncSync(file);
      this.ensureHeld();
      // Windows does not replace a file that is open.
      if (this.#file !== undefined) closeSync(this.#file);
      this.#file = undefined;
      renameSync(fresh, path);
    } catch (error) {
      closeSync(file);
      // Where the lock is lost, the file of this name may be the other run's by now.
      if (error instanceof ActionError) throw error;
      rmSync(fresh, { force: true });
      // Closed above, and the rename failed: what comes next is still appended to the old one.
      if (wasOpen && this.#file === undefined) this.#file = openSync(path, 'r+');
      throw error;
    }
    this.#file = file;
    this.#length = length;
    this.#compactAt = length + this.#compactAfter(length);
  }
}
