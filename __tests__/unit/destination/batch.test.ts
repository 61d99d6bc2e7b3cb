import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Batch, Batcher, rowAt, slice } from '../../../src/destination/batch.ts';
import type { ReadyRow } from '../../../src/rows/rows.ts';
import { BODY_LIMIT } from '../../../src/rows/truncate.ts';

const LIMIT = 200;
const rowOf = (value: unknown, at: number): ReadyRow => ({
  json: JSON.stringify(value),
  key: { hour: 0, high: 0, low: at, byContent: false },
});

/** Rows that fit a request of LIMIT bytes alone. */
const anyRows = fc
  .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 4 })), {
    maxLength: 60,
  })
  .map((texts) => texts.map((text, at) => rowOf({ text }, at)))
  .map((rows) => rows.filter(({ json }) => Buffer.byteLength(json) <= LIMIT - 2));

function batched(rows: readonly ReadyRow[], limit = LIMIT): Batch[] {
  const batcher = new Batcher(limit);
  const batches = rows.map((row) => batcher.add(row));
  return [...batches, batcher.flush()].filter((batch) => batch !== undefined);
}

const jsonOf = (batch: Batch) => batch.keys.map((_, at) => rowAt(batch, at));

describe('Batcher', () => {
  it('makes bodies of at most 1,000,000 bytes unless it is told otherwise', () => {
    const rows = Array.from({ length: 40 }, (_, at) => rowOf('x'.repeat(60_000), at));
    const batches = batched(rows, BODY_LIMIT);
    expect(batches.length).toBeGreaterThan(2);
    const batcher = new Batcher();
    const byDefault = [...rows.map((row) => batcher.add(row)), batcher.flush()].filter(
      (batch) => batch !== undefined,
    );
    const sizes = (all: readonly Batch[]) => all.map(({ body }) => body.length);
    expect(sizes(byDefault)).toEqual(sizes(batches));
    expect(sizes(byDefault)).toEqual(sizes(batched(rows, 1_000_000)));
  });

  it('takes a row that fills a body to the last byte, alone', () => {
    const row = rowOf('x'.repeat(LIMIT - 4), 0);
    expect(Buffer.byteLength(row.json)).toBe(LIMIT - 2);
    const batches = batched([rowOf(1, 1), row, rowOf(2, 2)]);
    expect(batches.map((batch) => batch.body.length)).toEqual([3, LIMIT, 3]);
  });

  it('counts bytes, not characters', () => {
    const rows = Array.from({ length: 10 }, (_, at) => rowOf('😀'.repeat(10), at));
    expect(batched(rows).map(({ keys }) => keys.length)).toEqual([4, 4, 2]);
  });

  it('has nothing to give before a row was added, and nothing left after it gave', () => {
    const batcher = new Batcher(LIMIT);
    expect(batcher.flush()).toBeUndefined();
    expect(batcher.add(rowOf('a', 0))).toBeUndefined();
    expect(batcher.rows).toBe(1);
    expect(batcher.flush()?.body.toString()).toBe('["a"]');
    expect(batcher.rows).toBe(0);
    expect(batcher.flush()).toBeUndefined();
  });

  it('sends all rows in their order, in whole and nearly full bodies', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const batches = batched(rows);
        expect(batches.flatMap(jsonOf)).toEqual(rows.map(({ json }) => json));
        expect(batches.flatMap(({ keys }) => keys)).toEqual(rows.map(({ key }) => key));
        for (const [at, batch] of batches.entries()) {
          const text = batch.body.toString('utf8');
          expect(JSON.parse(text)).toEqual(jsonOf(batch).map((json) => JSON.parse(json)));
          expect(batch.keys.length).toBeGreaterThan(0);
          expect(batch.body.length).toBe(Buffer.byteLength(`[${jsonOf(batch).join(',')}]`));
          expect(batch.body.length).toBeLessThanOrEqual(LIMIT);
          const next = batches[at + 1];
          // The next row, with the comma before it, would not have fitted.
          if (next !== undefined) {
            expect(batch.body.length + 1 + Buffer.byteLength(rowAt(next, 0))).toBeGreaterThan(LIMIT);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('may use the memory of batches that are done with, and touches no other', () => {
    const plan = fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 30 }), fc.boolean()), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(plan, (steps) => {
        const batcher = new Batcher(LIMIT);
        const kept: { batch: Batch; body: string }[] = [];
        const sent: string[] = [];
        const take = (batch: Batch | undefined, done: boolean) => {
          if (batch === undefined) return;
          sent.push(...jsonOf(batch));
          if (done) batcher.reuse(batch);
          else kept.push({ batch, body: batch.body.toString('utf8') });
        };
        const rows = steps.map(([text], at) => rowOf({ text }, at));
        for (const [at, row] of rows.entries()) take(batcher.add(row), steps[at]?.[1] ?? false);
        take(batcher.flush(), false);
        expect(sent).toEqual(rows.map(({ json }) => json));
        for (const { batch, body } of kept) expect(batch.body.toString('utf8')).toBe(body);
      }),
      { numRuns: 100 },
    );
  });

  it('needs no new memory for the next batch once one was given back', () => {
    const batcher = new Batcher(LIMIT);
    batcher.add(rowOf('a', 0));
    const first = batcher.flush();
    if (first === undefined) throw new Error('no batch');
    batcher.reuse(first);
    batcher.add(rowOf('b', 1));
    expect(batcher.flush()?.body.buffer).toBe(first.body.buffer);
  });

  it('does not take a part of a batch for memory of its own', () => {
    const [batch] = batched([rowOf('a', 0), rowOf('b', 1)]);
    if (batch === undefined) throw new Error('no batch');
    const batcher = new Batcher(LIMIT);
    batcher.reuse(slice(batch, 0, 1));
    batcher.add(rowOf('c', 2));
    batcher.add(rowOf('d'.repeat(100), 3));
    expect(batcher.flush()?.body.toString()).toBe(`["c","${'d'.repeat(100)}"]`);
  });
});

describe('slice', () => {
  it('is a batch of its own of the rows asked for, wherever a batch is split, and again', () => {
    const split = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat());
    fc.assert(
      fc.property(anyRows, split, (rows, [a, b, c, d]) => {
        const [batch] = batched(rows, 1_000_000);
        fc.pre(batch !== undefined);
        const range = (length: number, one: number, other: number): [number, number] => {
          const from = one % length;
          return [from, from + 1 + (other % (length - from))];
        };
        const [from, to] = range(rows.length, a, b);
        const part = slice(batch, from, to);
        expect(jsonOf(part)).toEqual(rows.slice(from, to).map(({ json }) => json));
        expect(part.keys).toEqual(rows.slice(from, to).map(({ key }) => key));
        expect(part.body.toString('utf8')).toBe(`[${jsonOf(part).join(',')}]`);
        const [first, last] = range(to - from, c, d);
        expect(slice(part, first, last)).toEqual(slice(batch, from + first, from + last));
      }),
      { numRuns: 100 },
    );
  });

  it('keeps its rows when the memory of the whole is used again', () => {
    const batcher = new Batcher(LIMIT);
    batcher.add(rowOf('a', 0));
    batcher.add(rowOf('b', 1));
    const whole = batcher.flush();
    if (whole === undefined) throw new Error('no batch');
    const part = slice(whole, 1, 2);
    batcher.reuse(whole);
    batcher.add(rowOf('z'.repeat(50), 2));
    expect(part.body.toString()).toBe('["b"]');
    expect(rowAt(part, 0)).toBe('"b"');
  });
});
