import type { ReadyRow } from '../rows/rows.ts';
import { SECOND } from '../time/clock.ts';
import type { Batch, Batcher } from './batch.ts';

/** A batch that is not full is sent when nothing new came for so long, so that it never waits for a throttle. */
const IDLE = 5 * SECOND;

/**
 * Batches of rows; a partial one when no row came for `idleMs`, and at the end, also where the rows end with an error.
 * @param onTurn called after each page, and whenever nothing came for a while
 * @throws what `pages` throws, behind the last batch
 */
export async function* inBatches(
  pages: AsyncGenerator<Iterable<ReadyRow>, void>,
  batcher: Batcher,
  onTurn: () => void = () => undefined,
  idleMs = IDLE,
): AsyncGenerator<Batch, void> {
  let failure: { readonly error: unknown } | undefined;
  let next = pages.next();
  try {
    for (;;) {
      const page = await within(idleMs, next);
      if (page?.done) break;
      if (page === undefined) {
        const partial = batcher.flush();
        if (partial !== undefined) yield partial;
      } else {
        for (const row of page.value) {
          const full = batcher.add(row);
          if (full !== undefined) yield full;
        }
      }
      onTurn();
      if (page !== undefined) next = pages.next();
    }
  } catch (error) {
    failure = { error };
  } finally {
    next.catch(() => undefined);
    pages.return().catch(() => undefined);
  }
  const last = batcher.flush();
  if (last !== undefined) yield last;
  if (failure !== undefined) throw failure.error;
}

/** What a promise comes to, or undefined where that takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}
