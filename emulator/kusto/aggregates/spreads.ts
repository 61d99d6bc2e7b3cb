import { always, first } from '../result-types.ts';
import { compare, type Value } from '../values.ts';
import { type Aggregate, folding } from './aggregate.ts';

/** Variance, or its root; https://learn.microsoft.com/en-us/kusto/query/variance-aggregation-function */
export function spread(root: boolean, sample: boolean): Aggregate {
  return folding<number[]>(
    always('real'),
    () => [],
    (state, value) => {
      state.push(Number(value));
      return state;
    },
    (state) => {
      const n = state.length;
      if (n < (sample ? 2 : 1)) return n === 0 ? Number.NaN : 0;
      const mean = state.reduce((a, b) => a + b, 0) / n;
      const variance = state.reduce((a, b) => a + (b - mean) ** 2, 0) / (sample ? n - 1 : n);
      return root ? Math.sqrt(variance) : variance;
    },
  );
}

/** Nearest rank; Kusto's own is an estimate (https://learn.microsoft.com/en-us/kusto/query/percentiles-aggregation-function). */
export function percentileOf(sorted: readonly Value[], percent: number): Value {
  return (
    sorted[Math.min(Math.max(Math.ceil((percent / 100) * sorted.length) - 1, 0), sorted.length - 1)] ?? null
  );
}

export const percentile = folding<{ list: Exclude<Value, null>[]; percent: number }>(
  first,
  () => ({ list: [], percent: 0 }),
  (state, value, values) => {
    state.list.push(value);
    state.percent = Number(values[1]);
    return state;
  },
  ({ list, percent }) => percentileOf(list.sort(compare), percent),
);
