import { NotEvaluatedError } from '../errors.ts';
import type { Value } from '../values.ts';
import { startOf } from './dates.ts';
import { DAY, type Functions, fn } from './scalar-function.ts';

const PART_MS: Readonly<Record<string, number>> = {
  week: 7 * DAY,
  day: DAY,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};

function monthsOf(date: Date): number {
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function dateDiff([part, a, b]: readonly Value[]): Value {
  if (typeof a !== 'number' || typeof b !== 'number') return null;
  const unit = String(part).toLowerCase();
  const size = PART_MS[unit];
  if (unit === 'week') return (startOf('week', a, 0) - startOf('week', b, 0)) / (7 * DAY);
  if (size !== undefined) return Math.floor(a / size) - Math.floor(b / size);
  const months = monthsOf(new Date(a)) - monthsOf(new Date(b));
  if (unit === 'month') return months;
  if (unit === 'year') return new Date(a).getUTCFullYear() - new Date(b).getUTCFullYear();
  throw new NotEvaluatedError(`datetime_diff('${unit}')`);
}

function dateAdd([part, amount, ms]: readonly Value[]): Value {
  if (typeof ms !== 'number' || typeof amount !== 'number') return null;
  const unit = String(part).toLowerCase();
  const size = PART_MS[unit];
  if (size !== undefined) return ms + amount * size;
  const date = new Date(ms);
  if (unit === 'month') date.setUTCMonth(date.getUTCMonth() + amount);
  else if (unit === 'year') date.setUTCFullYear(date.getUTCFullYear() + amount);
  else throw new NotEvaluatedError(`datetime_add('${unit}')`);
  return date.getTime();
}

export const DATE_ARITHMETIC: Functions = {
  datetime_add: fn('datetime', dateAdd),
  datetime_diff: fn('long', dateDiff),
};
