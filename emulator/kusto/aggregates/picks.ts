import { first } from '../result-types.ts';
import { compare, nullOf, type Value } from '../values.ts';
import { type Aggregate, folding } from './aggregate.ts';

const extreme = (better: (order: number) => boolean): Aggregate =>
  folding<Value>(
    first,
    () => null,
    (best, value) => (best === null || better(compare(value, best)) ? value : best),
    (best, types) => best ?? nullOf(types[0] ?? 'dynamic'),
  );
export const max = extreme((order) => order > 0);
export const min = extreme((order) => order < 0);
export const any = folding<Value>(
  first,
  () => null,
  (state, value) => (state === null || state === '' ? value : state),
  (state, types) => state ?? nullOf(types[0] ?? 'dynamic'),
);
