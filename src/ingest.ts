import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Batch, slice } from './batch.ts';
import { Doubt } from './doubt.ts';
import { ActionError, OutOfTimeError } from './errors.ts';
import { type Answer, statusWithCode } from './http/answer.ts';
import { RequestFailedError } from './http/retry.ts';

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
  /** Sends a gzipped body. Throws what `retrying` throws. */
  readonly send: (body: Buffer, requestId: string) => Promise<Answer>;
  /** A refusal that concerns the destination rather than rows, or undefined. */
  readonly verdictOf: (answer: Answer) => ActionError | undefined;
  readonly newRequestId: () => string;
  readonly onEnd: (ending: Ending) => void;
  /** Told once when the destination takes nothing any more: there is no point in collecting on. */
  readonly onStop: (reason: unknown) => void;
}

/** Refusals in a row, without an acceptance, after which the rule or the stream is at fault and not single rows. */
export const REFUSALS_IN_A_ROW = 20;
/** The same, counting those of batches of which something had been accepted. */
const REFUSALS_AT_ALL = 400;
/** Uploads in a row that failed with all their attempts, after which the destination counts as down. */
const FAILURES_IN_A_ROW = 8;
/** zlib's own default level, and room for the whole output, which else comes in ten pieces by way of the main thread. */
const GZIP = { level: 6, chunkSize: 256 * 1024 };

const gzipped = promisify(gzip);

/**
 * Uploads batches, up to `concurrency` at a time. Each ends as sent, refused or failed. A body that is too large is
 * halved; one that is refused is halved down to the rows at fault, so that they do not take the others with them.
 */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #underWay = new Set<Promise<void>>();
  /** Single rows refused since the last acceptance: at fault themselves only if anything else is ever accepted. */
  #suspects: Ending[] = [];
  #refusals = 0;
  #refusedOutright = 0;
  readonly #doubt = new Doubt();
  #failures = 0;
  #stopped = false;
  #error: { readonly error: unknown } | undefined;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  /** Starts a batch's upload; waits while `concurrency` others are under way, which holds collection back. */
  async add(batch: Batch, whenDone: () => void): Promise<void> {
    while (this.#underWay.size >= this.#options.concurrency) await Promise.race(this.#underWay);
    const task = this.#upload(batch)
      .then(whenDone)
      // Whoever waits for it at that moment or nobody: the first error is kept for `settle`, and ends the run.
      .catch((error: unknown) => {
        this.#error ??= { error };
        this.#stopBecause(error);
      })
      .finally(() => this.#underWay.delete(task));
    this.#underWay.add(task);
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
    while (this.#underWay.size > 0) await Promise.race(this.#underWay);
    this.#judgeSuspects(this.#stopped ? 'failed' : 'refused');
    if (this.#error !== undefined) throw this.#error.error;
  }

  /**
   * Part by part, in an order that finds an acceptance within few refusals, if there is one to be had. Bad rows that
   * are spread leave only small parts clean: the last of `parts`. Bad rows side by side leave large ones clean: the
   * first, which are kept for when refusals add up.
   */
  async #upload(batch: Batch): Promise<void> {
    const turn = this.#doubt.enter();
    const whole = { accepted: false };
    const parts = [batch];
    try {
      for (let tries = 0; parts.length > 0; tries += 1) {
        // A batch that was not refused yet may well be the acceptance that is looked for.
        if (tries > 0) await turn.mine();
        const fromFront = this.#refusals > 0 && this.#refusals % 4 === 0;
        const part = fromFront ? parts.shift() : parts.pop();
        const halves = part === undefined ? [] : await this.#uploadPart(part, whole);
        if (fromFront) parts.unshift(...halves);
        // Not always the same side first, lest it be always the one with the bad row.
        else parts.push(...(tries % 2 === 0 ? halves : halves.toReversed()));
        if (this.#refusals === 0 || this.#stopped) this.#doubt.clear();
        else turn.take();
      }
    } finally {
      turn.leave();
    }
  }

  /** @returns the halves that are still to be uploaded in the part's place; usually none */
  async #uploadPart(batch: Batch, whole: { accepted: boolean }): Promise<Batch[]> {
    if (this.#stopped) return this.#end(batch, 'failed', 0, '', 'not sent any more');
    const requestId = this.#options.newRequestId();
    const body = await gzipped(batch.body, GZIP);
    let answer: Answer;
    try {
      answer = await this.#options.send(body, requestId);
    } catch (error) {
      this.#failed(error);
      return this.#end(
        batch,
        'failed',
        body.length,
        requestId,
        error instanceof Error ? error.message : 'unknown',
      );
    }
    this.#failures = 0;
    if (answer.status === 204) {
      this.#refusals = 0;
      this.#refusedOutright = 0;
      whole.accepted = true;
      this.#judgeSuspects('refused');
      return this.#end(batch, 'sent', body.length, requestId, '');
    }
    return this.#refused(batch, answer, { wireBytes: body.length, requestId, whole });
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

  #refused(
    batch: Batch,
    answer: Answer,
    { wireBytes, requestId, whole }: { wireBytes: number; requestId: string; whole: { accepted: boolean } },
  ): Batch[] {
    const why = statusWithCode(answer);
    const verdict = this.#options.verdictOf(answer);
    if (verdict !== undefined) {
      this.#stopBecause(verdict);
      return this.#end(batch, 'failed', wireBytes, requestId, why);
    }
    const rows = batch.keys.length;
    // Too large says nothing about the rows, and halving always ends.
    if (answer.status === 413 && rows > 1) return halves(batch);
    this.#refusals += 1;
    // Of a batch of which something was accepted the rest may well be bad rows, and many of them.
    if (!whole.accepted) this.#refusedOutright += 1;
    if (this.#refusedOutright >= REFUSALS_IN_A_ROW || this.#refusals >= REFUSALS_AT_ALL) {
      const detail = `${this.#refusals} uploads refused in a row, the last with ${why}`;
      this.#stopBecause(new ActionError('everything-refused', detail));
      return this.#end(batch, 'failed', wireBytes, requestId, why);
    }
    if (rows === 1) {
      this.#suspects.push({ status: 'refused', batch: slice(batch, 0, 1), wireBytes, requestId, why });
      return [];
    }
    return halves(batch);
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

  #end(batch: Batch, status: Ending['status'], wireBytes: number, requestId: string, why: string): Batch[] {
    this.#options.onEnd({ status, batch, wireBytes, requestId, why });
    return [];
  }
}

function halves(batch: Batch): Batch[] {
  const rows = batch.keys.length;
  const middle = Math.ceil(rows / 2);
  return [slice(batch, 0, middle), slice(batch, middle, rows)];
}
