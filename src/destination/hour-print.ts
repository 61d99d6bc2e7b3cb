import type { KeySet } from '../rows/key-set.ts';
import { type AnswerRow, numberIn } from './answer-row.ts';

/** What the table holds of an hour: the number of ids, and what tells one set of keys from another. */
export interface HourPrint {
  readonly ids: number;
  /** Rows beyond the first with the same id. */
  readonly repeats: number;
  readonly xorHigh: number;
  readonly xorLow: number;
  readonly sumHigh: number;
  readonly sumLow: number;
}

export function printOf(row: AnswerRow): HourPrint {
  return {
    ids: numberIn(row, 'Ids'),
    repeats: numberIn(row, 'Repeats'),
    xorHigh: numberIn(row, 'XorHi'),
    xorLow: numberIn(row, 'XorLo'),
    sumHigh: numberIn(row, 'SumHi'),
    sumLow: numberIn(row, 'SumLo'),
  };
}

/** Whether the table holds just these keys of the hour, which are in one set only each. */
export function holdsJust(print: HourPrint, sets: readonly KeySet[]): boolean {
  if (sets.reduce((sum, { size }) => sum + size, 0) !== print.ids) return false;
  let [xorHigh, xorLow, sumHigh, sumLow] = [0, 0, 0, 0];
  for (const keys of sets) {
    for (const [high, low] of keys.keys()) {
      xorHigh = (xorHigh ^ high) >>> 0;
      xorLow = (xorLow ^ low) >>> 0;
      sumHigh += high;
      sumLow += low;
    }
  }
  return (
    xorHigh === print.xorHigh &&
    xorLow === print.xorLow &&
    sumHigh === print.sumHigh &&
    sumLow === print.sumLow
  );
}
