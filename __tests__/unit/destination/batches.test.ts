import { describe, expect, it } from '@jest/globals';
import { type Batch, Batcher, rowAt } from '../../../src/destination/batch.ts';
import { inBatches } from '../../../src/destination/batches.ts';
import type { ReadyRow } from '../../../src/rows/rows.ts';

/** So long that it never comes in a test that doesn't wait for it. */
const NEVER = 600_000;

const row = (low: number): ReadyRow => ({
  json: JSON.stringify({ n: low }),
  key: { hour: 0, high: 0, low, byContent: false },
});
const numbersIn = (batch: Batch) => batch.keys.map((_, at) => JSON.parse(rowAt(batch, at)).n as number);

async function* pagesOf(...pages: number[][]): AsyncGenerator<Iterable<ReadyRow>, void> {
  for (const page of pages) yield page.map(row);
}

/** Batches of two rows at the most. */
const twoRows = () => new Batcher(18);

async function numbers(batches: AsyncIterable<Batch>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const batch of batches) all.push(numbersIn(batch));
  return all;
}

describe('inBatches', () => {
  it('fills batches across pages, and sends the rest at the end', async () => {
    const batches = inBatches(pagesOf([1, 2, 3], [], [4, 5]), twoRows(), undefined, NEVER);
    expect(await numbers(batches)).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('gives nothing where no rows come', async () => {
    expect(await numbers(inBatches(pagesOf(), twoRows(), undefined, NEVER))).toEqual([]);
    expect(await numbers(inBatches(pagesOf([], []), twoRows(), undefined, NEVER))).toEqual([]);
  });

  it('gives a partial batch when no row comes for a while, and loses nothing of what comes later', async () => {
    const enough = Promise.withResolvers<void>();
    const pages = (async function* () {
      yield [row(1)];
      await enough.promise;
      yield [row(2)];
    })();
    let turns = 0;
    const seen: number[][] = [];
    const onTurn = () => {
      turns += 1;
      // Only now does the next page come, however slow the machine is: one turn for a page, the others without.
      if (turns === 4) enough.resolve();
    };
    for await (const batch of inBatches(pages, twoRows(), onTurn, 5)) seen.push(numbersIn(batch));
    expect(seen).toEqual([[1], [2]]);
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  it('asks for the next page only after the rows of the last one were taken', async () => {
    let asked = 0;
    const pages = (async function* () {
      for (;;) {
        asked += 1;
        yield [row(1), row(2), row(3)];
      }
    })();
    const batches = inBatches(pages, twoRows(), undefined, NEVER);
    await batches.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toBe(1);
    await batches.return();
  });

  it('hands an error of the rows on, behind the batch of those that came before', async () => {
    const pages = (async function* () {
      yield [row(1)];
      throw new Error('broken');
    })();
    const batches = inBatches(pages, twoRows(), undefined, NEVER);
    expect(numbersIn((await batches.next()).value as Batch)).toEqual([1]);
    await expect(batches.next()).rejects.toThrow('broken');
  });

  it('closes the pages when the one who takes the batches leaves', async () => {
    const closed = Promise.withResolvers<void>();
    const pages = (async function* () {
      try {
        yield [row(1), row(2), row(3)];
        yield [row(4)];
      } finally {
        closed.resolve();
      }
    })();
    for await (const batch of inBatches(pages, twoRows(), undefined, NEVER)) {
      expect(numbersIn(batch)).toEqual([1, 2]);
      break;
    }
    await closed.promise;
  });
});
