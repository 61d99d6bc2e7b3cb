import { always } from '../result-types.ts';
import type { Aggregate } from './aggregate.ts';

/** 64-bit operations on longs; below 2^53 in two halves, since BigInt takes ten times as long. */
export function bitwise(
  start: bigint,
  fold: (a: bigint, b: bigint) => bigint,
  halves: (a: number, b: number) => number,
): Aggregate {
  return {
    type: always('long'),
    begin: () => {
      let [high, low, wide, seen] = start === 0n ? [0, 0, 0n, false] : [0x1fffff, 0xffffffff, start, false];
      let big = false;
      return {
        add: ([value]) => {
          if (typeof value !== 'number') return;
          seen = true;
          if (value < 0) big = true;
          if (big || start !== 0n) wide = fold(wide, BigInt(value));
          if (!big && value >= 0) {
            high = halves(high, Math.floor(value / 2 ** 32)) >>> 0;
            low = halves(low, value % 2 ** 32) >>> 0;
          }
        },
        result: () => {
          if (!seen) return start === 0n ? 0 : null;
          return big || start !== 0n
            ? Number(
                BigInt.asIntN(64, fold(wide, start === 0n ? (BigInt(high) << 32n) | BigInt(low) : start)),
              )
            : high * 2 ** 32 + low;
        },
      };
    },
  };
}
