import { describe, expect, it } from '@jest/globals';
import type { LogQuery } from '../../../src/destination/log-query.ts';
import { TableReader } from '../../../src/destination/table-reader.ts';
import type { Deadline } from '../../../src/time/deadline.ts';

const START = Date.UTC(2026, 5, 1, 8);
/** More than can be passed as arguments of one call, fewer than the 500,000 that one answer may have. */
const MANY = 200_000;

const deadline: Deadline = {
  clock: { now: () => START, sleep: async () => undefined },
  at: Number.POSITIVE_INFINITY,
  signal: new AbortController().signal,
};

/** Keys as spread out as hashes are. */
const half = (n: number, factor: number) => (Math.imul(n + 1, factor) >>> 0).toString(16).padStart(8, '0');
const hex = (n: number) => half(n, 0x9e3779b1) + half(n, 0x85ebca6b);

describe('an answer of 200,000 rows', () => {
  it('is read whole', async () => {
    const Hour = new Date(START).toISOString();
    const rows = Array.from({ length: MANY }, (_, n) => ({ Hour, C: hex(n) }));
    const query: LogQuery = async () => rows;
    const reader = new TableReader(query, 'FabricUserActivity_CL', deadline);

    const sizes: [number, number][] = [];
    for await (const [hour, keys] of reader.keys(new Map([[START, 1]]))) sizes.push([hour, keys.size]);

    expect(sizes).toEqual([[START, MANY]]);
  });
});
