import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ActionError, OutOfTimeError } from '../errors.ts';
import { type Answer, statusWithCode } from '../http/answer.ts';
import { RequestFailedError } from '../http/retry.ts';
import { Slots } from '../http/slots.ts';
import { type Batch, slice } from './batch.ts';

/** How an upload ended. A batch that is halved has no ending of its own, its parts have. */
export interface Ending {
  readonly status: 'sent' | 'refused' | 'failed';
  readonly batch: Batch;
  readonly wireBytes: number;
  readonly requestId: string;
  /** Status and code of a refusal, or what failed. */
  readonly why: string;
}

export interface IngestOptions {
  readonly concurrency: number;
  /** Whether this destination is known to have accepted rows before: then what it refuses are bad rows. */
  readonly provenBefore: boolean;
  /** Sends a gzipped body. Throws what `retrying` throws. */
  readonly send: (body: Buffer, requestId: string) => Promise<Answer>;
  /** A refusal that concerns the destination rather than rows, or undefined. */
  readonly verdictOf: (answer: Answer) => ActionError | undefined;
  readonly newRequestId: () => string;
  readonly onEnd: (ending: Ending) => void;
  /** Told once when the destination takes nothing any more: there is no point in collecting on. */
  readonly onStop: (reason: unknown) => void;
}

/** Refusals without any acceptance after which the rule or the stream is at fault and not single rows. */
export const REFUSALS_AT_MOST = 50;
/** The same at the end of a run, where there is nothing else left to try. */
const REFUSALS_AT_END = 20;
/** Refusals spent on the first batches before more rows are waited for, and on each batch that comes then. */
const FIRST_TRIES = 20;
const TRIES_A_BATCH = 2;
/** Refused rows that wait to be narrowed down, in bytes. What comes beyond is left to the next run. */
const WAITING = 8 * 2 ** 20;
/** Uploads in a row that failed with all their attempts, after which the destination counts as down. */
const FAILURES_IN_A_ROW = 8;
/** zlib's own default level, and room for the whole output, which else comes in ten pieces by way of the main thread. */
const GZIP = { level: 6, chunkSize: 256 * 1024 };

const gzipped = promisify(gzip);

/**
 * Uploads batches, up to `concurrency` at a time. Each ends as sent, refused or failed. A body that is too large is
 * halved; one that is refused is halved down to the rows at fault, beside the batches that come after it, so that bad rows
 * neither take the others with them nor hold them back.
 *
 * As long as nothing was accepted it is open whether the rows or the destination are at fault. Then one request at a time
 * looks for a good row, in turn from the oldest and from the newest end of what was refused, also among rows that come
 * later: a block of bad rows, wherever it stands, leaves good ones at one of the ends.
 */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #slots: Slots;
  readonly #underWay = new Set<Promise<void>>();
  /** Parts of refused batches that are still to be tried, oldest first. */
  readonly #parts: Part[] = [];
  /** Rows added so far: where the next batch stands among all of them. */
  #rows = 0;
  #partBytes = 0;
  #narrowing = 0;
  #fromNewest = false;
  /** Single rows refused before the first acceptance: at fault themselves only if anything is ever accepted. */
  #suspects: Ending[] = [];
  #proven: boolean;
  #refusals = 0;
  #allowed = FIRST_TRIES;
  #isComplete = false;
  #failures = 0;
  #stopped = false;
  #error: { readonly error: unknown } | undefined;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#slots = new Slots(options.concurrency);
    this.#proven = options.provenBefore;
  }

  /** Starts a batch's upload; waits while `concurrency` others are under way, which holds collection back. */
  async add(batch: Batch, whenDone: () => void): Promise<void> {
    await this.#slots.take();
    const part = { at: this.#rows, batch };
    this.#rows += batch.keys.length;
    this.#start(async () => {
      try {
        const refused = await this.#upload(batch);
        if (refused) this.#setAside(part);
      } finally {
        this.#slots.give();
      }
      whenDone();
    });
  }

  /**
   * Takes no more uploads up: what is added or halved from now on has failed. Out of time is no stop: what is
   * collected is still sent, as long as `send` lets it.
   */
  stop(reason: unknown): void {
    if (!(reason instanceof OutOfTimeError)) this.#stopped = true;
  }

  /** Waits for the uploads under way. Afterwards every batch has ended. */
  async settle(): Promise<void> {
    this.#isComplete = true;
    this.#narrow();
    while (this.#underWay.size > 0) await Promise.race(this.#underWay);
    if (!this.#proven && this.#refusals >= REFUSALS_AT_END) this.#refusesEverything();
    this.#judgeSuspects(this.#stopped ? 'failed' : 'refused');
    for (const { batch } of this.#parts.splice(0)) this.#end(batch, 'failed', NOT_SENT);
    if (this.#error !== undefined) throw this.#error.error;
  }

  #start(act: () => Promise<void>): void {
    const task = act()
      // Whoever waits for it at that moment or nobody: the first error is kept for `settle`, and ends the run.
      .catch((error: unknown) => {
        this.#error ??= { error };
        this.#stopBecause(error);
      })
      .finally(() => this.#underWay.delete(task));
    this.#underWay.add(task);
  }

  /** Puts the halves of a refused batch where they wait to be narrowed down. */
  #setAside(refused: Part): void {
    this.#allowed += TRIES_A_BATCH;
    for (const part of halvesOf(refused)) {
      if (this.#partBytes + part.batch.body.length > WAITING) {
        const why = 'too many refused rows at once: left to the next run';
        this.#end(part.batch, 'failed', { ...NOT_SENT, why });
      } else {
        this.#insert(part);
      }
    }
    this.#narrow();
  }

  /** Oldest first, in whatever order the refusals came: the ends are what is tried. */
  #insert(part: Part): void {
    const next = this.#parts.findIndex(({ at }) => at > part.at);
    this.#parts.splice(next < 0 ? this.#parts.length : next, 0, part);
    this.#partBytes += part.batch.body.length;
  }

  #narrow(): void {
    const most = this.#proven ? this.#options.concurrency : 1;
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
    return !this.#stopped && (this.#proven || this.#isComplete || this.#refusals < this.#allowed);
  }

  async #tryOne(): Promise<void> {
    await this.#slots.take();
    try {
      const fromNewest = this.#fromNewest;
      this.#fromNewest = !fromNewest;
      const part = fromNewest ? this.#parts.pop() : this.#parts.shift();
      if (part === undefined) return;
      this.#partBytes -= part.batch.body.length;
      if (!(await this.#upload(part.batch))) return;
      for (const half of halvesOf(part)) this.#insert(half);
    } finally {
      this.#slots.give();
    }
  }

  /** @returns whether its parts are still to be uploaded in its place; else it has ended */
  async #upload(batch: Batch): Promise<boolean> {
    if (this.#stopped) return this.#end(batch, 'failed', NOT_SENT);
    const requestId = this.#options.newRequestId();
    const body = await gzipped(batch.body, GZIP);
    const sent = { wireBytes: body.length, requestId };
    let answer: Answer;
    try {
      answer = await this.#options.send(body, requestId);
    } catch (error) {
      this.#failed(error);
      return this.#end(batch, 'failed', { ...sent, why: error instanceof Error ? error.message : 'unknown' });
    }
    this.#failures = 0;
    if (answer.status === 204) {
      this.#proven = true;
      this.#judgeSuspects('refused');
      this.#end(batch, 'sent', { ...sent, why: '' });
      this.#narrow();
      return false;
    }
    return this.#refused(batch, answer, sent);
  }

  #refused(batch: Batch, answer: Answer, sent: { wireBytes: number; requestId: string }): boolean {
    const told = { ...sent, why: statusWithCode(answer) };
    const verdict = this.#options.verdictOf(answer);
    if (verdict !== undefined) {
      this.#stopBecause(verdict);
      return this.#end(batch, 'failed', told);
    }
    const rows = batch.keys.length;
    // Too large says nothing about the rows, and halving always ends.
    if (answer.status === 413 && rows > 1) return true;
    if (!this.#proven) {
      this.#refusals += 1;
      if (this.#refusals >= REFUSALS_AT_MOST) {
        this.#refusesEverything(told.why);
        return this.#end(batch, 'failed', told);
      }
    }
    if (rows > 1) return true;
    if (this.#proven) return this.#end(batch, 'refused', told);
    this.#suspects.push({ status: 'refused', batch: slice(batch, 0, 1), ...told });
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

  #refusesEverything(why = this.#suspects.at(-1)?.why ?? 'a refusal'): void {
    const detail = `${this.#refusals} uploads refused and none accepted, the last with ${why}`;
    this.#stopBecause(new ActionError('everything-refused', detail));
  }

  #stopBecause(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#judgeSuspects('failed');
    this.#options.onStop(reason);
  }

  #judgeSuspects(status: 'refused' | 'failed'): void {
    for (const suspect of this.#suspects.splice(0)) this.#options.onEnd({ ...suspect, status });
  }

  #end(batch: Batch, status: Ending['status'], told: Omit<Ending, 'status' | 'batch'>): false {
    this.#options.onEnd({ status, batch, ...told });
    return false;
  }
}

const NOT_SENT = { wireBytes: 0, requestId: '', why: 'not sent any more' };

/** A part of a refused batch, and where its first row stands among all rows added. */
interface Part {
  readonly at: number;
  readonly batch: Batch;
}

/** The halves of a part, in memory of their own. */
function halvesOf({ at, batch }: Part): Part[] {
  const rows = batch.keys.length;
  const middle = Math.ceil(rows / 2);
  return [
    { at, batch: slice(batch, 0, middle) },
    { at: at + middle, batch: slice(batch, middle, rows) },
  ];
}
