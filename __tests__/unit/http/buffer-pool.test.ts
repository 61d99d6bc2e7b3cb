import { describe, expect, it } from '@jest/globals';
import { BufferPool } from '../../../src/http/buffer-pool.ts';

const MB = 2 ** 20;

describe('a room', () => {
  it('is used again for what fits into it, whatever part of it comes back', () => {
    const rooms = new BufferPool();
    const first = rooms.take(3 * MB - 5);
    expect(first.length).toBe(3 * MB);
    rooms.giveBack(first.subarray(10, 20));
    expect(rooms.take(3 * MB).buffer).toBe(first.buffer);
    expect(rooms.take(3 * MB).buffer).not.toBe(first.buffer);
  });

  it('is left for a smaller body when it is too small', () => {
    const rooms = new BufferPool();
    const small = rooms.take(MB);
    rooms.giveBack(small);
    expect(rooms.take(MB + 1).length).toBe(2 * MB);
    expect(rooms.take(1).buffer).toBe(small.buffer);
  });

  it('is not kept when it is huge, nor when there are many', () => {
    const rooms = new BufferPool();
    const huge = rooms.take(17 * MB);
    rooms.giveBack(huge);
    expect(rooms.take(17 * MB).buffer).not.toBe(huge.buffer);
    const taken = Array.from({ length: 40 }, () => rooms.take(MB));
    for (const room of taken) rooms.giveBack(room);
    const kept = new Set(taken.map(({ buffer }) => buffer));
    const again = Array.from({ length: 40 }, () => rooms.take(MB).buffer);
    expect(again.filter((buffer) => kept.has(buffer))).toHaveLength(16);
  });
});
