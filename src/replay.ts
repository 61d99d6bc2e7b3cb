import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { createGunzip, gzipSync } from 'node:zlib';
import type { ReadyRow } from './batch.ts';
import type { Cuts } from './cut.ts';
import { ActionError } from './errors.ts';
import { parseExactly } from './exact-json.ts';
import { parseInstant } from './instant.ts';
import { rowJson } from './map.ts';
import { endsAt, eventKey } from './rejected.ts';
import { type EventKey, keyOf } from './seen.ts';
import { hourOf } from './window.ts';

/**
 * A file of refused rows on its way back. Which lines were accepted is appended to a file beside it as it happens, so
 * that a replay that is cut short does not send them twice.
 */
export class Replay {
  readonly #path: string;
  readonly #accepted: Set<number>;
  readonly #lines = new WeakMap<EventKey, number>();
  #progress: number | undefined;
  /** Lines that hold no row; they stay in the file. */
  unreadable = 0;

  private constructor(path: string, accepted: Set<number>) {
    this.#path = path;
    this.#accepted = accepted;
  }

  static open(path: string): Replay {
    return new Replay(path, acceptedBefore(path));
  }

  /** The rows that are still to be sent. @throws ActionError 'replay-file' */
  async *rows(cuts: Cuts): AsyncGenerator<ReadyRow, void> {
    for await (const { number, text } of lines(this.#path)) {
      if (this.#accepted.has(number)) continue;
      const found = rowOf(text);
      if (found === undefined) {
        this.unreadable += 1;
        continue;
      }
      this.#lines.set(found.key, number);
      yield { json: rowJson(found.row, cuts), key: found.key };
    }
  }

  /** Notes rows as accepted. @throws ActionError 'replay-file' where that cannot be written */
  accepted(keys: readonly EventKey[]): void {
    const numbers = keys.map((key) => this.#lines.get(key)).filter((number) => number !== undefined);
    const bytes = Buffer.from(Uint32Array.from(numbers).buffer);
    for (const number of numbers) this.#accepted.add(number);
    guarded(this.#path, () => {
      this.#progress ??= beginProgress(this.#path);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#progress, bytes, at);
    });
  }

  /** Takes the accepted rows out of the file. */
  async close(): Promise<void> {
    if (this.#progress !== undefined) closeSync(this.#progress);
    if (this.#accepted.size === 0) return;
    const fresh = `${this.#path}.new`;
    const file = guarded(fresh, () => openSync(fresh, 'w', 0o600));
    try {
      await this.#writeRest(file);
      fsyncSync(file);
    } catch (error) {
      closeSync(file);
      rmSync(fresh, { force: true });
      guarded(fresh, () => {
        throw error;
      });
    }
    closeSync(file);
    renameSync(fresh, this.#path);
    rmSync(progressPath(this.#path), { force: true });
  }

  async #writeRest(file: number): Promise<void> {
    let kept: string[] = [];
    const write = () => {
      writeSync(file, gzipSync(kept.join('')));
      kept = [];
    };
    for await (const { number, text } of lines(this.#path)) {
      if (this.#accepted.has(number)) continue;
      kept.push(`${text}\n`);
      if (kept.length >= 1000) write();
    }
    write();
  }
}

const LF = 0x0a;

/** A fault of the file system, in words of its own. */
function guarded<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof ActionError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ActionError('replay-file', `${code} at ${path}`, { cause: error });
  }
}

async function* lines(path: string): AsyncGenerator<{ number: number; text: string }, void> {
  const source = createReadStream(path);
  const unzipped = source.pipe(createGunzip());
  source.on('error', (error) => unzipped.destroy(error));
  // What still comes after the loop below has ended concerns nobody.
  unzipped.on('error', () => undefined);
  let number = 0;
  try {
    for await (const text of textsOf(unzipped)) {
      if (text !== '') yield { number, text };
      number += 1;
    }
    if (!endsAt(readFileSync(path), unzipped.bytesWritten))
      throw Object.assign(new Error(), { code: 'Z_DATA_ERROR' });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ActionError('replay-file', `${code} after line ${number} of ${path}`, { cause: error });
  } finally {
    source.destroy();
  }
}

/** Lines end with a line feed and nothing else: JSON may hold what node:readline takes for an end as well. */
async function* textsOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  let begun: Buffer[] = [];
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      yield Buffer.concat([...begun, chunk.subarray(from, end)]).toString('utf8');
      begun = [];
      from = end + 1;
    }
    begun.push(chunk.subarray(from));
  }
  const rest = Buffer.concat(begun);
  if (rest.length > 0) yield rest.toString('utf8');
}

function rowOf(text: string): { row: Record<string, unknown>; key: EventKey } | undefined {
  try {
    const line = parseExactly(text) as { row?: unknown; event?: unknown; recorded?: unknown };
    if (typeof line.row !== 'object' || line.row === null || Array.isArray(line.row)) return undefined;
    const row = line.row as Record<string, unknown>;
    const time = row.CreationTime ?? row.TimeGenerated;
    const hour = hourOf((typeof time === 'string' ? parseInstant(time) : undefined) ?? 0);
    const key = eventKey(line.event) ?? keyOf({ Id: row.ActivityId }, hour);
    return { row, key: line.recorded === true ? { ...key, recorded: true } : key };
  } catch {
    return undefined;
  }
}

/** The progress of a replay names the file that it belongs to by length and hash; lines may be appended to it since. */
const PROGRESS_HEAD = 36;

function progressPath(path: string): string {
  return `${path}.accepted`;
}

function beginProgress(path: string): number {
  const progress = progressPath(path);
  if (existsSync(progress) && acceptedBefore(path).size > 0) return openSync(progress, 'a', 0o600);
  const content = readFileSync(path);
  const head = Buffer.alloc(PROGRESS_HEAD);
  head.writeUInt32LE(content.length, 0);
  createHash('sha256').update(content).digest().copy(head, 4);
  const file = openSync(progress, 'w', 0o600);
  writeSync(file, head);
  return file;
}

function acceptedBefore(path: string): Set<number> {
  const accepted = new Set<number>();
  if (!existsSync(progressPath(path))) return accepted;
  const progress = readFileSync(progressPath(path));
  if (progress.length < PROGRESS_HEAD) return accepted;
  const content = readFileSync(path).subarray(0, progress.readUInt32LE(0));
  const digest = createHash('sha256').update(content).digest();
  if (!digest.equals(progress.subarray(4, PROGRESS_HEAD))) return accepted;
  for (let at = PROGRESS_HEAD; at + 4 <= progress.length; at += 4) accepted.add(progress.readUInt32LE(at));
  return accepted;
}
