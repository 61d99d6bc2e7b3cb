import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  renameSync,
  truncateSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type FileLock, lock } from '../files/file-lock.ts';
import { stretchesOf } from '../files/gzip-members.ts';
import { fileFault, openPrivate, writeAll } from '../files/kept-file.ts';
import type { EventKey } from '../rows/event-key.ts';
import { type Batch, rowAt } from './batch.ts';

/** A line of the file: the row, why and when it was refused, and which event it is. */
export interface RejectedRow {
  readonly row: Record<string, unknown>;
  readonly reason: string;
  /** ISO 8601 UTC. */
  readonly time: string;
  /** The event's hour and key as the checkpoint knows them. */
  readonly event: string;
  /** Whether a checkpoint counts the event as handled. */
  readonly recorded: boolean;
}

/** The file of rows that the service refused for good, held against other runs until it is closed. */
export class RejectedFile {
  readonly #path: string;
  readonly #lock: FileLock;
  /** Where a damaged file was put, or undefined. */
  readonly setAside: string | undefined;

  private constructor(path: string, held: FileLock, setAside: string | undefined) {
    this.#path = path;
    this.#lock = held;
    this.setAside = setAside;
  }

  /**
   * Opens, or begins, the file; missing folders are created. One that cannot be read to its end (a disk or a machine
   * that failed) is set aside, so that what is appended from now on stays readable by any program. Zeros at its end are
   * cut off.
   * @throws ActionError 'rejected-file' or 'state-locked'
   */
  static async open(path: string, now: number): Promise<RejectedFile> {
    let held: FileLock | undefined;
    try {
      mkdirSync(dirname(path), { recursive: true });
      held = lock(path, 'the rejected file', 'rejected-file');
      return new RejectedFile(path, held, await setDamagedAside(path, now));
    } catch (error) {
      held?.release();
      throw fileFault(error, path, 'rejected-file');
    }
  }

  /** @throws ActionError 'state-locked' where another run has taken the file over */
  ensureHeld(): void {
    this.#lock.ensureHeld();
  }

  /**
   * Appends the rows of a refused batch, gzipped NDJSON, one member each time. The file is readable by its owner only,
   * since it holds what the log and the state file must not. It is on the disk when this returns.
   * @throws ActionError 'rejected-file' or 'state-locked'
   */
  append(
    batch: Batch,
    reason: string,
    { now, recorded }: { readonly now: number; readonly recorded: boolean },
  ): void {
    this.ensureHeld();
    const time = new Date(now).toISOString();
    const tail = (key: EventKey) =>
      `,"reason":${JSON.stringify(reason)},"time":"${time}","event":"${eventText(key)}","recorded":${recorded}}\n`;
    const lines = batch.keys.map((key, at) => `{"row":${rowAt(batch, at)}${tail(key)}`);
    const member = gzipSync(lines.join(''));
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      const file = openPrivate(this.#path, 'a');
      const { size } = fstatSync(file);
      try {
        writeAll(file, member);
        fsyncSync(file);
      } catch (error) {
        // Half a member would make everything behind it unreadable.
        ftruncateSync(file, size);
        throw error;
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw fileFault(error, this.#path, 'rejected-file');
    }
  }

  close(): void {
    this.#lock.release();
  }
}

async function setDamagedAside(path: string, now: number): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const stretches = await stretchesOf(path);
  const last = stretches.at(-1);
  const whole = last?.kind === 'zeros' ? stretches.slice(0, -1) : stretches;
  if (whole.some(({ kind }) => kind !== 'whole')) {
    const aside = asideOf(path, now);
    renameSync(path, aside);
    return aside;
  }
  if (last?.kind === 'zeros') truncateSync(path, last.start);
  return undefined;
}

/** The name under which a damaged file is kept. */
export function asideOf(path: string, now: number): string {
  const plain = `${path}.damaged-${new Date(now).toISOString().replace(/[-:.]/g, '')}`;
  let aside = plain;
  for (let more = 2; existsSync(aside); more += 1) aside = `${plain}-${more}`;
  return aside;
}

/** An event's hour and key in a line of the file. */
export function eventText(key: EventKey): string {
  const hex = (part: number) => part.toString(16).padStart(8, '0');
  return `${new Date(key.hour).toISOString().slice(0, 13)}/${key.byContent ? 'content' : 'id'}/${hex(key.high)}${hex(key.low)}`;
}

/** @returns undefined where the text is none that `eventText` writes */
export function eventKey(text: unknown): EventKey | undefined {
  const parts =
    typeof text === 'string' ? /^(.{13})\/(id|content)\/([0-9a-f]{8})([0-9a-f]{8})$/.exec(text) : null;
  const hour = Date.parse(`${parts?.[1] ?? ''}:00:00Z`);
  if (parts === null || Number.isNaN(hour)) return undefined;
  const [, , kind, high = '0', low = '0'] = parts;
  return {
    hour,
    byContent: kind === 'content',
    high: Number.parseInt(high, 16),
    low: Number.parseInt(low, 16),
  };
}
