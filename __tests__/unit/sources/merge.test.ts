import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { merge } from '../../../src/sources/merge.ts';
import { pause } from '../../support/virtual-clock.ts';

async function collected<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('merge', () => {
  it('yields everything once, each generator in its own order, never more than the limit at a time', async () => {
    const lengths = fc.array(fc.array(fc.nat(3), { maxLength: 6 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 1, max: 5 }), async (generators, limit) => {
        let running = 0;
        let most = 0;
        const make = async function* (id: number, delays: readonly number[]) {
          running += 1;
          most = Math.max(most, running);
          for (const [item, delay] of delays.entries()) {
            for (let left = delay; left > 0; left -= 1) await pause();
            yield { id, item };
          }
          running -= 1;
        };
        const lazily = (function* () {
          for (const [id, delays] of generators.entries()) yield make(id, delays);
        })();
        const items = await collected(merge(lazily, limit));
        expect(most).toBeLessThanOrEqual(limit);
        expect(running).toBe(0);
        for (const [id, delays] of generators.entries()) {
          const own = items.filter((item) => item.id === id).map(({ item }) => item);
          expect(own).toEqual(delays.map((_, at) => at));
        }
        expect(items.length).toBe(generators.flat().length);
      }),
      { numRuns: 50 },
    );
  });

  it('starts generators in their order, and the next only when one has ended', async () => {
    const started: number[] = [];
    const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const lazily = (function* () {
      for (const [id, gate] of gates.entries()) {
        yield (async function* () {
          started.push(id);
          await gate.promise;
          yield id;
        })();
      }
    })();
    const all = collected(merge(lazily, 2));
    await pause();
    expect(started).toEqual([0, 1]);
    gates[1]?.resolve();
    await pause();
    expect(started).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    expect((await all).sort()).toEqual([0, 1, 2, 3]);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('runs ahead of a slow consumer by no more than one item a generator', async () => {
    let made = 0;
    const endless = () =>
      (async function* () {
        for (;;) yield ++made;
      })();
    const stream = merge([endless(), endless(), endless()], 3);
    await stream.next();
    for (let turn = 0; turn < 20; turn += 1) await pause();
    expect(made).toBe(3);
    await stream.return();
  });

  it('does not let a generator that is always ready keep the others from being heard', async () => {
    const ids: string[] = [];
    const endless = (id: string) =>
      (async function* () {
        for (;;) yield id;
      })();
    for await (const id of merge([endless('a'), endless('b')], 2)) {
      ids.push(id);
      if (ids.length === 40) break;
    }
    expect(ids.filter((id) => id === 'b').length).toBeGreaterThan(5);
  });

  it('ends them all at the first error, and gives it on', async () => {
    let closed = 0;
    const steady = () =>
      (async function* () {
        try {
          for (;;) {
            await pause();
            yield 1;
          }
        } finally {
          closed += 1;
        }
      })();
    const failing = (async function* () {
      await pause();
      yield 2;
      throw new Error('broken');
    })();
    await expect(collected(merge([steady(), failing, steady()], 3))).rejects.toThrow('broken');
    await pause();
    await pause();
    expect(closed).toBe(2);
  });

  it('closes all of them when the consumer leaves', async () => {
    let closed = 0;
    const endless = () =>
      (async function* () {
        try {
          for (;;) yield 1;
        } finally {
          closed += 1;
        }
      })();
    for await (const item of merge([endless(), endless()], 2)) {
      expect(item).toBe(1);
      break;
    }
    await pause();
    expect(closed).toBe(2);
  });
});
