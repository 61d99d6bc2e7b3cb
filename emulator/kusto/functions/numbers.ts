import { always, first } from '../result-types.ts';
import { type Type, widest } from '../values.ts';
import { DAY, type Functions, fn, ofNumber, type ScalarFunction } from './scalar-function.ts';

/** Bins count from the year 1, 719,162 days before the epoch. */
const FIRST_DAY = -719_162 * DAY;

/** The start of the bin in which a value lies. */
export function bin(value: number, size: number, type: Type): number {
  const from = type === 'datetime' ? FIRST_DAY : 0;
  return from + Math.floor((value - from) / size) * size;
}

const floorOrBin: ScalarFunction = {
  type: ([value = 'long', size = 'long']) =>
    value === 'datetime' || value === 'timespan' ? value : widest(value, size),
  of: ([value, size], types) =>
    typeof value !== 'number' || typeof size !== 'number' || size <= 0
      ? null
      : bin(value, size, types[0] ?? 'long'),
};

export const NUMBERS: Functions = {
  abs: ofNumber(first, Math.abs),
  bin: floorOrBin,
  floor: floorOrBin,
  binary_and: fn('long', ([a, b]) =>
    typeof a === 'number' && typeof b === 'number' ? Number(BigInt(a) & BigInt(b)) : null,
  ),
  binary_or: fn('long', ([a, b]) =>
    typeof a === 'number' && typeof b === 'number' ? Number(BigInt(a) | BigInt(b)) : null,
  ),
  binary_xor: fn('long', ([a, b]) =>
    typeof a === 'number' && typeof b === 'number' ? Number(BigInt(a) ^ BigInt(b)) : null,
  ),
  ceiling: ofNumber(first, Math.ceil),
  exp: ofNumber(always('real'), Math.exp),
  isnan: fn('bool', ([value]) => Number.isNaN(value)),
  isfinite: fn('bool', ([value]) => Number.isFinite(value)),
  log: ofNumber(always('real'), Math.log),
  log10: ofNumber(always('real'), Math.log10),
  log2: ofNumber(always('real'), Math.log2),
  pow: ofNumber(always('real'), (base, exponent = 1) => base ** exponent),
  rand: fn('real', () => 0.5),
  round: ofNumber(always('real'), (value, digits = 0) =>
    Number(`${Math.round(Number(`${value}e${digits}`))}e${-digits}`),
  ),
  sign: ofNumber(first, Math.sign),
  sqrt: ofNumber(always('real'), Math.sqrt),
};
