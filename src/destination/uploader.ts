import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ActionError, DeadlineError } from '../errors.ts';
import { type Answer, statusWithCode } from '../http/answer.ts';
import { RequestFailedError } from '../http/retry.ts';
import { Slots } from '../http/slots.ts';
import type { Batch } from './batch.ts';
import type { Delivery } from './delivery.ts';
import { Queue } from './queue.ts';
import { halvesOf, type Part, Refusals, RefusedParts } from './refusals.ts';

export interface UploaderOptions {
  readonly concurrency: number;
  /** Whether this destination is known to have accepted rows before: then what it refuses are bad rows. */
  readonly provenBefore: boolean;
  /** Sends a gzipped body. Throws what `retrying` throws. */
  readonly send: (body: Buffer, requestId: string) => Promise<Answer>;
  /** A refusal that concerns the destination rather than rows, or undefined. */
  readonly faultOf: (answer: Answer) => ActionError | undefined;
  readonly newRequestId: () => string;
  /** Whether rows are full of random digits, as pseudonyms are. */
  readonly isRandom?: boolean;
  /** Told once when the destination takes nothing any more: there is no point in collecting on. */
  readonly onStop: (reason: unknown) => void;
}

/** Uploads in a row that failed with all their attempts, after which the destination counts as down. */
const FAILURES_IN_A_ROW = 8;
/** zlib's own default level, and room for the whole output, which else comes in ten pieces by way of the main thread. */
const GZIP = { level: 6, chunkSize: 256 * 1024 };
/** Looking longer for what repeats makes random digits no smaller: a quarter less CPU for 3 % more bytes. */
const GZIP_OF_RANDOM = { ...GZIP, level: 5 };
const NOT_SENT = { wireBytes: 0, requestId: '', why: 'not sent any more' };

const gzipped = promisify(gzip);

/**
 * Uploads batches, up to `concurrency` at a time. A body that is too large is halved; one that is refused is halved down
 * to the rows at fault, beside the batches that come after it, so that bad rows neither take the others with them nor
 * hold them back.
 *
 * As long as nothing was accepted it is open whether the rows or the destination are at fault: then one request at a time
 * looks for a good row, also among rows that come later. Afterwards as many at a time as batches: in one lane, a run
 * with thousands of bad rows would take `concurrency` times as long.
 */
export class Uploader {
  readonly #options: UploaderOptions;
  readonly #slots: Slots;
  readonly #underWay = new Set<Promise<void>>();
  readonly #parts = new RefusedParts();
  readonly #refusals: Refusals;
  readonly #deliveries = new Queue<Delivery>();
  /** Rows so far: where the next batch stands among all of them. */
  #rows = 0;
  #narrowing = 0;
  #isComplete = false;
  #failures = 0;
  #stopped = false;
  #error: { readonly error: unknown } | undefined;

  constructor(options: UploaderOptions) {
    this.#options = options;
    this.#slots = new Slots(options.concurrency);
    this.#refusals = new Refusals(options.provenBefore);
  }

  /**
   * Uploads all batches, and tells what became of each row as it is known. The next batch is asked for only when an upload
   * may begin, which holds collection back.
   * @throws what `batches` throws, or what is no fault of an upload, once every batch has its delivery
   */
  async *deliver(batches: AsyncIterable<Batch>): AsyncGenerator<Delivery, void> {
    const work = this.#uploadAll(batches).finally(() => this.#deliveries.close());
    // Thrown below, behind the last delivery.
    work.catch(() => undefined);
    try {
      yield* this.#deliveries;
    } finally {
      this.#stopped = true;
      await work;
    }
  }

  /**
   * Takes no more uploads up: what comes or is halved from now on has failed. Out of time is no stop: what is
   * collected is still sent, as long as `send` lets it.
   */
  stop(reason: unknown): void {
    if (!(reason instanceof DeadlineError)) this.#stopped = true;
  }

  async #uploadAll(batches: AsyncIterable<Batch>): Promise<void> {
    try {
      for await (const batch of batches) await this.#add(batch);
    } finally {
      await this.#settle();
    }
  }

  async #add(batch: Batch): Promise<void> {
    await this.#slots.take();
    const part = { at: this.#rows, batch };
    this.#rows += batch.keys.length;
    this.#start(async () => {
      try {
        if (await this.#upload(batch)) this.#setAside(part);
      } finally {
        this.#slots.give();
      }
    });
  }

  async #settle(): Promise<void> {
    this.#isComplete = true;
    this.#narrow();
    while (this.#underWay.size > 0) await Promise.race(this.#underWay);
    if (this.#refusals.isHopeless(true)) this.#refusesEverything();
    this.#judge(this.#stopped ? 'failed' : 'rejected');
    for (const { batch } of this.#parts.drain()) this.#end({ status: 'failed', batch, ...NOT_SENT });
    if (this.#error !== undefined) throw this.#error.error;
  }

  #start(act: () => Promise<void>): void {
    const task = act()
      .catch((error: unknown) => {
        this.#error ??= { error };
        this.#stopBecause(error);
      })
      .finally(() => this.#underWay.delete(task));
    this.#underWay.add(task);
  }

  /** Puts the halves of a refused batch where they wait to be narrowed down. */
  #setAside(refused: Part): void {
    this.#refusals.addBatch();
    for (const part of halvesOf(refused)) {
      if (!this.#parts.isFull(part)) this.#parts.add(part);
      else {
        const why = 'too many refused rows at once: left to the next run';
        this.#end({ status: 'failed', batch: part.batch, ...NOT_SENT, why });
      }
    }
    this.#narrow();
  }

  #narrow(): void {
    const most = this.#refusals.isProven ? this.#options.concurrency : 1;
    while (this.#narrowing < most && this.#parts.length > this.#narrowing && this.#mayTry()) {
      this.#narrowing += 1;
      this.#start(async () => {
        try {
          while (this.#parts.length > 0 && this.#mayTry()) await this.#tryOne();
        } finally {
          this.#narrowing -= 1;
        }
        this.#narrow();
      });
    }
  }

  #mayTry(): boolean {
    return !this.#stopped && (this.#isComplete || this.#refusals.mayTry);
  }

  async #tryOne(): Promise<void> {
    await this.#slots.take();
    try {
      const part = this.#parts.take();
      if (part === undefined || !(await this.#upload(part.batch))) return;
      for (const half of halvesOf(part)) this.#parts.add(half);
    } finally {
      this.#slots.give();
    }
  }

  /** @returns whether its parts are still to be uploaded in its place; else it has its delivery */
  async #upload(batch: Batch): Promise<boolean> {
    if (this.#stopped) return this.#end({ status: 'failed', batch, ...NOT_SENT });
    const requestId = this.#options.newRequestId();
    const body = await gzipped(batch.body, this.#options.isRandom === true ? GZIP_OF_RANDOM : GZIP);
    const sent = { batch, wireBytes: body.length, requestId };
    let answer: Answer;
    try {
      answer = await this.#options.send(body, requestId);
    } catch (error) {
      this.#failed(error);
      return this.#end({
        status: 'failed',
        ...sent,
        why: error instanceof Error ? error.message : 'unknown',
      });
    }
    this.#failures = 0;
    if (answer.status !== 204) return this.#refused(answer, sent);
    this.#refusals.prove();
    this.#judge('rejected');
    this.#end({ status: 'delivered', ...sent, why: '' });
    this.#narrow();
    return false;
  }

  #refused(answer: Answer, sent: Omit<Delivery, 'status' | 'why'>): boolean {
    const why = statusWithCode(answer);
    const fault = this.#options.faultOf(answer);
    if (fault !== undefined) {
      this.#stopBecause(fault);
      return this.#end({ status: 'failed', ...sent, why });
    }
    const rows = sent.batch.keys.length;
    // Too large says nothing about the rows, and halving always ends.
    if (answer.status === 413 && rows > 1) return true;
    this.#refusals.add();
    if (this.#refusals.isHopeless(false)) {
      this.#refusesEverything(why);
      return this.#end({ status: 'failed', ...sent, why });
    }
    if (rows > 1) return true;
    const rejected: Delivery = { status: 'rejected', ...sent, why };
    if (this.#refusals.isProven) return this.#end(rejected);
    this.#refusals.suspect(rejected);
    return false;
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    if (!(error instanceof RequestFailedError)) {
      this.#stopBecause(error);
    } else if (this.#failures >= FAILURES_IN_A_ROW) {
      const detail = `${this.#failures} uploads in a row, ${error.message}`;
      this.#stopBecause(new ActionError('uploads-failed', detail));
    }
  }

  #refusesEverything(why?: string): void {
    this.#stopBecause(new ActionError('everything-refused', this.#refusals.detail(why)));
  }

  #stopBecause(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#judge('failed');
    this.#options.onStop(reason);
  }

  #judge(status: 'rejected' | 'failed'): void {
    for (const suspect of this.#refusals.judge(status)) this.#end(suspect);
  }

  #end(delivery: Delivery): false {
    this.#deliveries.put(delivery);
    return false;
  }
}
