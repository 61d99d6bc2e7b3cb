import { convert, type Type } from '../values.ts';
import { type Functions, fn, type ScalarFunction } from './scalar-function.ts';

const to = (type: Type): ScalarFunction =>
  fn(type, (values, types) => convert(types[0] ?? 'string', type, values[0] ?? null));

export const CONVERSIONS: Functions = {
  gettype: fn('string', ([value = null], [type = 'dynamic']) => {
    if (type !== 'dynamic') return type;
    if (value === null) return 'null';
    if (Array.isArray(value)) return 'array';
    if (typeof value === 'object') return 'dictionary';
    return typeof value === 'number'
      ? Number.isInteger(value)
        ? 'long'
        : 'double'
      : typeof value === 'boolean'
        ? 'bool'
        : 'string';
  }),
  tobool: to('bool'),
  toboolean: to('bool'),
  todatetime: to('datetime'),
  todecimal: to('decimal'),
  todouble: to('real'),
  toguid: to('guid'),
  toint: to('int'),
  tolong: fn('long', ([value = null], [type = 'string']) => convert(type, 'long', value)),
  toreal: to('real'),
  tostring: to('string'),
  totimespan: to('timespan'),
};
