import { common } from '../result-types.ts';
import { compare, nullOf } from '../values.ts';
import { type Functions, fn, type ScalarFunction } from './scalar-function.ts';

const choice: ScalarFunction = {
  type: (types) => common(types.slice(1)),
  of: ([condition, yes = null, no = null]) => (condition === true ? yes : no),
};
const extreme = (better: (order: number) => boolean): ScalarFunction => ({
  type: common,
  of: (values) =>
    values.reduce(
      (best, value) => (value === null || (best !== null && !better(compare(value, best))) ? best : value),
      null,
    ),
});

/** Choices between values, and questions whether there is one. */
export const CONDITIONS: Functions = {
  case: {
    type: (types) => common(types.filter((_, at) => at % 2 === 1 || at === types.length - 1)),
    of: (values) => {
      for (let at = 0; at + 1 < values.length; at += 2)
        if (values[at] === true) return values[at + 1] ?? null;
      return values.at(-1) ?? null;
    },
  },
  coalesce: {
    type: common,
    of: (values, types) =>
      values.find((value, at) => (types[at] === 'string' ? value !== '' : value !== null)) ??
      nullOf(common(types)),
  },
  iff: choice,
  iif: choice,
  isempty: fn('bool', ([value]) => value === null || value === ''),
  isnotempty: fn('bool', ([value]) => value !== null && value !== ''),
  isnull: fn('bool', ([value], types) => types[0] !== 'string' && value === null),
  isnotnull: fn('bool', ([value], types) => types[0] === 'string' || value !== null),
  max_of: extreme((order) => order > 0),
  min_of: extreme((order) => order < 0),
  not: fn('bool', ([value]) => (typeof value === 'boolean' ? !value : null)),
};
