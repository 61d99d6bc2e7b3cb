import { always } from '../result-types.ts';
import { isNumber, keyOf, type Type } from '../values.ts';
import { type Aggregate, folding } from './aggregate.ts';

const sumType = ([type = 'long']: readonly Type[]): Type =>
  type === 'int' ? 'long' : type === 'dynamic' ? 'real' : type;
const meanType = ([type = 'real']: readonly Type[]): Type =>
  isNumber(type) || type === 'dynamic' ? 'real' : type;

export const count: Aggregate = {
  type: always('long'),
  begin: () => {
    let rows = 0;
    return {
      add: () => {
        rows += 1;
      },
      result: () => rows,
    };
  },
};
export const sum = folding(
  sumType,
  () => 0,
  (state, value) => state + Number(value),
  (state) => state,
);
export const distinct = folding(
  always('long'),
  () => new Set<string>(),
  (state, value) => state.add(keyOf(value)),
  (state) => state.size,
);
export const avg = folding(
  meanType,
  () => ({ sum: 0, n: 0 }),
  ({ sum: total, n }, value) => ({ sum: total + Number(value), n: n + 1 }),
  ({ sum: total, n }) => (n === 0 ? Number.NaN : total / n),
);
