import { type Batch, slice } from './batch.ts';
import type { Delivery } from './delivery.ts';

/** Refusals without any acceptance after which the rule or the stream is at fault and not single rows. */
export const REFUSALS_AT_MOST = 50;
/** The same at the end of a run, where there is nothing else left to try. */
const REFUSALS_AT_END = 20;
/** Refusals spent on the first batches before more rows are waited for, and on each batch that comes then. */
const FIRST_TRIES = 20;
const TRIES_A_BATCH = 2;
/** Refused rows that wait to be narrowed down, in bytes. What comes beyond is left to the next run. */
const WAITING = 8 * 2 ** 20;

/** A part of a refused batch, and where its first row stands among all rows of the run. */
export interface Part {
  readonly at: number;
  readonly batch: Batch;
}

/** Parts of refused batches that wait to be narrowed down, in the order of their rows. */
export class RefusedParts {
  readonly #parts: Part[] = [];
  #bytes = 0;
  #fromNewest = false;

  get length(): number {
    return this.#parts.length;
  }

  /** Whether so much waits already that a new refusal is left to the next run. */
  isFull(part: Part): boolean {
    return this.#bytes + part.batch.body.length > WAITING;
  }

  /** In whatever order the refusals came: which rows stand at the ends is what counts. */
  add(part: Part): void {
    const next = this.#parts.findIndex(({ at }) => at > part.at);
    this.#parts.splice(next < 0 ? this.#parts.length : next, 0, part);
    this.#bytes += part.batch.body.length;
  }

  /**
   * In turn the oldest and the newest: a block of bad rows, wherever it stands, leaves good ones at one of the ends.
   */
  take(): Part | undefined {
    const part = this.#fromNewest ? this.#parts.pop() : this.#parts.shift();
    this.#fromNewest = !this.#fromNewest;
    this.#bytes -= part?.batch.body.length ?? 0;
    return part;
  }

  /** Takes all that are left. */
  drain(): Part[] {
    this.#bytes = 0;
    return this.#parts.splice(0);
  }
}

/** The halves of a part, in memory of their own. */
export function halvesOf({ at, batch }: Part): Part[] {
  const rows = batch.keys.length;
  const middle = Math.ceil(rows / 2);
  return [
    { at, batch: slice(batch, 0, middle) },
    { at: at + middle, batch: slice(batch, middle, rows) },
  ];
}

/**
 * Whether refusals are the fault of rows or of the destination, which is open until anything was accepted. Until then
 * single rows that were refused are suspects, and a limited number of requests looks for a good row.
 */
export class Refusals {
  #isProven: boolean;
  #count = 0;
  #allowed = FIRST_TRIES;
  readonly #suspects: Delivery[] = [];

  /** @param provenBefore whether this destination is known to have accepted rows in an earlier run */
  constructor(provenBefore: boolean) {
    this.#isProven = provenBefore;
  }

  get isProven(): boolean {
    return this.#isProven;
  }

  /** Whether another part may be tried before more rows come. */
  get mayTry(): boolean {
    return this.#isProven || this.#count < this.#allowed;
  }

  /** Whether so many were refused that the destination is at fault. @param isEnd whether no rows are left to try */
  isHopeless(isEnd: boolean): boolean {
    return !this.#isProven && this.#count >= (isEnd ? REFUSALS_AT_END : REFUSALS_AT_MOST);
  }

  /** Another batch was refused, and some more tries with it. */
  addBatch(): void {
    this.#allowed += TRIES_A_BATCH;
  }

  add(): void {
    if (!this.#isProven) this.#count += 1;
  }

  /** A single row was refused: at fault itself only if anything is ever accepted. */
  suspect(delivery: Delivery): void {
    this.#suspects.push({ ...delivery, batch: slice(delivery.batch, 0, 1) });
  }

  prove(): void {
    this.#isProven = true;
  }

  /** Takes the suspects, judged. */
  judge(status: 'rejected' | 'failed'): Delivery[] {
    return this.#suspects.splice(0).map((suspect) => ({ ...suspect, status }));
  }

  /** The refusals in words. @param why the last one, where it is known */
  detail(why = this.#suspects.at(-1)?.why ?? 'a refusal'): string {
    return `${this.#count} uploads refused and none accepted, the last with ${why}`;
  }
}
