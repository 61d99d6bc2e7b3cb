import { describe, expect, it } from '@jest/globals';
import { withIdle } from '../../../src/destination/idle.ts';

const later = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });

async function collected<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('withIdle', () => {
  it('passes a busy stream on unchanged', async () => {
    const source = (async function* () {
      yield* [1, 2, 3];
    })();
    expect(await collected(withIdle(source, 5000))).toEqual([1, 2, 3]);
  });

  it('ends at once where the stream is empty', async () => {
    const source = (async function* (): AsyncGenerator<number, void> {})();
    expect(await collected(withIdle(source, 5000))).toEqual([]);
  });

  it('says so as often as nothing came, and loses nothing of what comes later', async () => {
    const enough = Promise.withResolvers<void>();
    const source = (async function* () {
      yield 1;
      await enough.promise;
      yield 2;
    })();
    const items: (number | 'idle')[] = [];
    for await (const item of withIdle(source, 5)) {
      items.push(item);
      // Only now does the next one come, however slow the machine is.
      if (items.filter((one) => one === 'idle').length === 3) enough.resolve();
    }
    expect(items.filter((item) => item !== 'idle')).toEqual([1, 2]);
    expect(items.filter((item) => item === 'idle').length).toBeGreaterThanOrEqual(3);
  });

  it('asks the stream for the next item only after the last one was taken', async () => {
    let asked = 0;
    const source = (async function* () {
      for (;;) yield ++asked;
    })();
    const stream = withIdle(source, 5000);
    await stream.next();
    await later(20);
    expect(asked).toBe(1);
    await stream.return();
  });

  it('hands an error of the stream on', async () => {
    const source = (async function* () {
      yield 1;
      throw new Error('broken');
    })();
    await expect(collected(withIdle(source, 5000))).rejects.toThrow('broken');
  });

  it('closes the stream when the consumer leaves', async () => {
    let closed = false;
    const source = (async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        closed = true;
      }
    })();
    for await (const item of withIdle(source, 5000)) {
      expect(item).toBe(1);
      break;
    }
    await later(10);
    expect(closed).toBe(true);
  });
});
