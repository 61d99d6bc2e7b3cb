import { createHash } from 'node:crypto';
import { closeSync, createReadStream, existsSync, renameSync, rmSync } from 'node:fs';
import { ActionError } from '../errors.ts';
import { type FileLock, lock } from '../files/file-lock.ts';
import { type Stretch, stretchesOf } from '../files/gzip-members.ts';
import { fileFault } from '../files/kept-file.ts';
import { Deduplicator } from '../rows/deduplicator.ts';
import type { EventKey } from '../rows/event-key.ts';
import { rowJson } from '../rows/map.ts';
import type { Redact } from '../rows/redaction.ts';
import type { ReadyRow } from '../rows/rows.ts';
import type { Truncations } from '../rows/truncate.ts';
import { linesOf, rowOf } from './replay-lines.ts';
import {
  type AcceptedRows,
  acceptedPath,
  appendAccepted,
  openAccepted,
  readAccepted,
} from './replay-progress.ts';
import { keepAside, writeRest } from './replay-rest.ts';

/**
 * A file of refused rows on its way back, held against other runs until it is closed. Which events were accepted is appended to a file beside it as it happens, by
 * their keys, so that a replay that is cut short does not send them again, whatever was done to the file since. A row
 * leaves the file only when it was accepted and all that remains is on the disk.
 */
export class ReplayFile {
  readonly #path: string;
  /** None in a dry run. */
  readonly #lock: FileLock | undefined;
  readonly #readOnly: boolean;
  readonly #accepted: AcceptedRows;
  readonly #stretches: readonly Stretch[];
  /** Of the content that was read: another file is not to be replaced by what remains of this one. */
  readonly #hash: string;
  #progress: number | undefined;
  /** Lines that hold no row; they stay in the file. */
  unreadable = 0;
  /** Rows of an event that is in the file more than once, beyond the first. */
  repeated = 0;

  private constructor(
    path: string,
    held: FileLock | undefined,
    content: { stretches: readonly Stretch[]; hash: string },
  ) {
    this.#path = path;
    this.#lock = held;
    this.#readOnly = held === undefined;
    this.#stretches = content.stretches;
    this.#hash = content.hash;
    this.#accepted = readAccepted(path);
  }

  /**
   * @param readOnly a dry run: nothing is written, neither the file nor beside it
   * @throws ActionError 'replay-file' where it cannot be read, or nothing in it
   */
  static async open(path: string, readOnly: boolean): Promise<ReplayFile> {
    if (!existsSync(path)) throw new ActionError('replay-file', `no file at ${path}`);
    const held = readOnly ? undefined : lock(path, 'the replay file', 'replay-file');
    try {
      const stretches = await stretchesOf(path);
      const nothing = stretches.length > 0 && stretches.every(({ kind }) => kind !== 'whole');
      if (nothing) throw Object.assign(new Error('no gzip'), { code: 'Z_DATA_ERROR' });
      return new ReplayFile(path, held, { stretches, hash: await hashOf(path) });
    } catch (error) {
      held?.release();
      throw fileFault(error, path, 'replay-file');
    }
  }

  get isDamaged(): boolean {
    return this.#stretches.some(
      ({ kind }, at) => kind === 'damaged' || (kind === 'zeros' && at < this.#stretches.length - 1),
    );
  }

  /** The rows that are still to be sent, each event once. @throws ActionError 'replay-file' */
  async *rows(truncations: Truncations, redact: Redact | undefined): AsyncGenerator<ReadyRow, void> {
    const acceptedBefore = this.#accepted.oneByOne();
    const met = new Deduplicator();
    for await (const text of this.#lines()) {
      const found = rowOf(text);
      if (found === undefined) {
        this.unreadable += 1;
        continue;
      }
      const { row, key } = found;
      if (acceptedBefore(key)) {
        // By a replay that was cut short.
        continue;
      }
      // Equal events without an id are events of their own: which of them is a repeat can't be told, so none is left out.
      if (!key.byContent && !met.admit(key)) {
        this.repeated += 1;
        continue;
      }
      yield { json: rowJson(row, truncations, redact), key };
    }
  }

  /** Notes rows as accepted. @throws ActionError 'replay-file' where that cannot be written */
  accepted(keys: readonly EventKey[]): void {
    if (this.#readOnly) return;
    for (const key of keys) this.#accepted.add(key);
    try {
      this.#progress ??= openAccepted(this.#path);
      appendAccepted(this.#progress, keys);
    } catch (error) {
      throw fileFault(error, acceptedPath(this.#path), 'replay-file');
    }
  }

  /** @throws ActionError 'state-locked' where another run has taken the file over */
  ensureHeld(): void {
    this.#lock?.ensureHeld();
  }

  /**
   * Takes the accepted rows out of the file and lets it go; sets it aside as it was where parts of it cannot be read.
   * @throws ActionError 'replay-file' where it was damaged, was changed meanwhile or cannot be written; 'state-locked'
   */
  async close(now: number): Promise<void> {
    try {
      this.ensureHeld();
      if (this.#progress !== undefined) closeSync(this.#progress);
      const nothingToDo = this.#accepted.isEmpty && !this.isDamaged;
      const damagedAt = this.#readOnly || nothingToDo ? undefined : await this.#replace(now);
      if (!this.isDamaged) return;
      const where = damagedAt === undefined ? '' : `; as it was it is kept at ${damagedAt}`;
      throw new ActionError(
        'replay-file',
        `parts of ${this.#path} are damaged, and the rows in them can't be read; what is whole was taken${where}`,
      );
    } finally {
      this.#lock?.release();
    }
  }

  /** @returns where the file as it was is kept, because parts of it could not be read */
  async #replace(now: number): Promise<string | undefined> {
    const fresh = `${this.#path}.new`;
    try {
      await writeRest(fresh, this.#lines(), this.#accepted.oneByOne());
      if ((await hashOf(this.#path)) !== this.#hash) {
        rmSync(fresh, { force: true });
        throw new ActionError(
          'replay-file',
          `${this.#path} was changed while it was replayed: it stays as it is, and what was accepted of it is noted beside it`,
        );
      }
      const damagedAt = this.isDamaged ? await keepAside(this.#path, this.#lines(), now) : undefined;
      renameSync(fresh, this.#path);
      rmSync(acceptedPath(this.#path), { force: true });
      return damagedAt;
    } catch (error) {
      throw fileFault(error, this.#path, 'replay-file');
    }
  }

  #lines(): AsyncGenerator<string, void> {
    return linesOf(this.#path, this.#stretches);
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
