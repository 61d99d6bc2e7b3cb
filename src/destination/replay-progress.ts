import { existsSync, fstatSync, ftruncateSync, readFileSync } from 'node:fs';
import { ActionError } from '../errors.ts';
import { openPrivate, writeAll } from '../files/kept-file.ts';
import type { EventKey } from '../rows/event-key.ts';
import { KeySet } from '../rows/key-set.ts';

/** First bytes of the file; one of another version begins otherwise. */
const HEAD = Buffer.from('replay2\n');
/** hour, whether by content, and 64 bits of a hash; little-endian. */
const ENTRY = 8 + 1 + 8;

/** Beside the replayed file. Holds hashes of events and nothing else of them. */
export function acceptedPath(path: string): string {
  return `${path}.accepted`;
}

/** The events of a file that were accepted, by their keys. */
export class AcceptedRows {
  readonly #ids = new Map<number, KeySet>();
  /** Of equal events without an id: how many. */
  readonly #contents = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#ids.size === 0 && this.#contents.size === 0;
  }

  add(key: EventKey): void {
    if (key.byContent) {
      this.#contents.set(contentText(key), (this.#contents.get(contentText(key)) ?? 0) + 1);
      return;
    }
    const ids = this.#ids.get(key.hour) ?? new KeySet();
    ids.add(key.high, key.low);
    this.#ids.set(key.hour, ids);
  }

  /**
   * For one way through the file: whether the next row with this key was accepted until now. Of equal events without an
   * id as many count as accepted as were.
   */
  oneByOne(): (key: EventKey) => boolean {
    const left = new Map(this.#contents);
    return (key) => {
      if (!key.byContent) return this.#ids.get(key.hour)?.has(key.high, key.low) ?? false;
      const count = left.get(contentText(key)) ?? 0;
      if (count > 0) left.set(contentText(key), count - 1);
      return count > 0;
    };
  }
}

function contentText({ hour, high, low }: EventKey): string {
  return `${hour} ${high} ${low}`;
}

/** What a replay that was cut short noted beside the file. @throws ActionError 'replay-file' */
export function readAccepted(path: string): AcceptedRows {
  const accepted = new AcceptedRows();
  const progress = acceptedPath(path);
  if (!existsSync(progress)) return accepted;
  const bytes = readFileSync(progress);
  if (!bytes.subarray(0, HEAD.length).equals(HEAD.subarray(0, bytes.length))) {
    throw new ActionError(
      'replay-file',
      `${progress} was not written by this version, so it can't be told which rows were accepted already: replay with the version that wrote it, or remove it, which sends those rows again`,
    );
  }
  for (let at = HEAD.length; at + ENTRY <= bytes.length; at += ENTRY) {
    accepted.add({
      hour: bytes.readDoubleLE(at),
      byContent: bytes.readUInt8(at + 8) === 1,
      high: bytes.readUInt32LE(at + 9),
      low: bytes.readUInt32LE(at + 13),
    });
  }
  return accepted;
}

/** Opens the file to append to it, behind the last whole entry. */
export function openAccepted(path: string): number {
  const file = openPrivate(acceptedPath(path), 'a');
  const { size } = fstatSync(file);
  if (size <= HEAD.length) {
    ftruncateSync(file, 0);
    writeAll(file, HEAD);
  } else {
    ftruncateSync(file, size - ((size - HEAD.length) % ENTRY));
  }
  return file;
}

/** Appends whole entries or none: half of one would shift all behind it. */
export function appendAccepted(file: number, keys: readonly EventKey[]): void {
  const bytes = Buffer.allocUnsafe(keys.length * ENTRY);
  let at = 0;
  for (const { hour, byContent, high, low } of keys) {
    at = bytes.writeDoubleLE(hour, at);
    at = bytes.writeUInt8(byContent ? 1 : 0, at);
    at = bytes.writeUInt32LE(low, bytes.writeUInt32LE(high, at));
  }
  const { size } = fstatSync(file);
  try {
    writeAll(file, bytes);
  } catch (error) {
    ftruncateSync(file, size);
    throw error;
  }
}
