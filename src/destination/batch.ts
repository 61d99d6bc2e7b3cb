import type { EventKey } from '../rows/event-key.ts';
import type { ReadyRow } from '../rows/rows.ts';
import { BODY_LIMIT } from '../rows/truncate.ts';

/** A request body, and where its rows are in it, so that it can be split without serialising again. */
export interface Batch {
  /** The JSON array in UTF-8, at most BODY_LIMIT bytes. */
  readonly body: Buffer;
  readonly keys: readonly EventKey[];
  /** Offset just behind each row in `body`. */
  readonly ends: readonly number[];
}

const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;

/**
 * Packs rows into request bodies of at most `limit` bytes. Rows are written straight into the body, which counts them
 * in the bytes that are sent, and leaves nothing on the heap but the batch under way.
 */
export class Batcher {
  readonly #limit: number;
  readonly #spare: Buffer[] = [];
  #buffer: Buffer | undefined;
  #length = 0;
  #keys: EventKey[] = [];
  #ends: number[] = [];

  constructor(limit: number = BODY_LIMIT) {
    this.#limit = limit;
  }

  get rows(): number {
    return this.#keys.length;
  }

  /** Adds a row, and returns the batch that it completed, if any. */
  add(row: ReadyRow): Batch | undefined {
    const { json } = row;
    let completed: Batch | undefined;
    // Three bytes of UTF-8 are the most that a UTF-16 unit can need; only near the end is it worth counting them.
    const mightNotFit = json.length * 3 + this.#length + 2 > this.#limit;
    if (mightNotFit && Buffer.byteLength(json) + this.#length + 2 > this.#limit) completed = this.flush();
    const buffer = this.#open();
    buffer[this.#length] = this.#keys.length === 0 ? OPEN : COMMA;
    this.#length += 1;
    this.#length += buffer.write(json, this.#length, 'utf8');
    this.#keys.push(row.key);
    this.#ends.push(this.#length);
    return completed;
  }

  /** The batch under way, whatever its size; undefined where it is empty. */
  flush(): Batch | undefined {
    if (this.#buffer === undefined) return undefined;
    this.#buffer[this.#length] = CLOSE;
    const batch = { body: this.#buffer.subarray(0, this.#length + 1), keys: this.#keys, ends: this.#ends };
    this.#buffer = undefined;
    this.#length = 0;
    this.#keys = [];
    this.#ends = [];
    return batch;
  }

  /** Takes a batch's memory back once it is no longer needed. */
  reuse(batch: Batch): void {
    const buffer = Buffer.from(batch.body.buffer, batch.body.byteOffset, 0);
    if (buffer.buffer.byteLength === this.#limit) this.#spare.push(Buffer.from(buffer.buffer));
  }

  #open(): Buffer {
    this.#buffer ??= this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#limit);
    return this.#buffer;
  }
}

/** Rows `from` to `to` (exclusive) of a batch as a batch of their own. */
export function slice(batch: Batch, from: number, to: number): Batch {
  const start = from === 0 ? 1 : (batch.ends[from - 1] ?? 0) + 1;
  const end = batch.ends[to - 1] ?? start;
  const body = Buffer.allocUnsafeSlow(end - start + 2);
  body[0] = OPEN;
  batch.body.copy(body, 1, start, end);
  body[body.length - 1] = CLOSE;
  return {
    body,
    keys: batch.keys.slice(from, to),
    ends: batch.ends.slice(from, to).map((offset) => offset - start + 1),
  };
}

/** The JSON of a batch's row. */
export function rowAt(batch: Batch, at: number): string {
  const start = at === 0 ? 1 : (batch.ends[at - 1] ?? 0) + 1;
  return batch.body.toString('utf8', start, batch.ends[at]);
}
