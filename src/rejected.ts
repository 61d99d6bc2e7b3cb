import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Batch, rowAt } from './batch.ts';
import { ActionError } from './errors.ts';
import type { EventKey } from './seen.ts';

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

export function eventText(key: EventKey): string {
  const hex = (part: number) => part.toString(16).padStart(8, '0');
  return `${new Date(key.hour).toISOString().slice(0, 13)}/${key.byContent ? 'content' : 'id'}/${hex(key.high)}${hex(key.low)}`;
}

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

/**
 * Appends the rows of a refused batch, gzipped NDJSON, one member each time. The file is readable by its owner only,
 * since it holds what the log and the state file must not. It is on the disk when this returns.
 * @throws ActionError 'rejected-file'
 */
export function keepRejected(
  path: string,
  batch: Batch,
  reason: string,
  { now, recorded }: { readonly now: number; readonly recorded: boolean },
): void {
  const time = new Date(now).toISOString();
  const tail = (key: EventKey) =>
    `,"reason":${JSON.stringify(reason)},"time":"${time}","event":"${eventText(key)}","recorded":${recorded}}\n`;
  const lines = batch.keys.map((key, at) => `{"row":${rowAt(batch, at)}${tail(key)}`);
  const member = gzipSync(lines.join(''));
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(path, 'a', 0o600);
    const { size } = fstatSync(file);
    try {
      for (let written = 0; written < member.length; ) written += writeSync(file, member, written);
      fsyncSync(file);
    } catch (error) {
      // Half a member would make everything behind it unreadable.
      ftruncateSync(file, size);
      throw error;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ActionError('rejected-file', `${code} at ${path}`, { cause: error });
  }
}

/** Whether nothing but zeros stands behind `end`: zlib takes these for the end of a file, whatever follows them. */
export function endsAt(content: Buffer, end: number): boolean {
  return content.subarray(end).every((byte) => byte === 0);
}

/** Where zlib stops to read. @throws Error 'Z_…' */
function endOf(content: Buffer): number {
  const { engine } = gunzipSync(content, { info: true }) as unknown as { engine: { bytesWritten: number } };
  return engine.bytesWritten;
}

/**
 * Makes a file of rejected rows ready for more: one that cannot be read to its end (a disk or a
 * machine that failed) is set aside, since nothing behind the damage could ever be replayed.
 * @returns where a damaged file was put, or undefined
 */
export function prepareRejected(path: string, now: number): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const content = readFileSync(path);
    if (content.length === 0) return undefined;
    const end = endOf(content);
    if (!endsAt(content, end)) throw Object.assign(new Error(), { code: 'Z_DATA_ERROR' });
    // Behind zeros that a failing machine left nothing could be read again.
    if (end < content.length) truncateSync(path, end);
    return undefined;
  } catch (error) {
    // A file that cannot be read at all is told when rows have to be kept in it.
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) return undefined;
    const aside = `${path}.damaged-${new Date(now).toISOString().replace(/[-:.]/g, '')}`;
    renameSync(path, aside);
    return aside;
  }
}
