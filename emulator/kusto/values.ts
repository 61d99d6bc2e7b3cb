/** The scalar types of Kusto. */
export type Type =
  | 'bool'
  | 'datetime'
  | 'decimal'
  | 'dynamic'
  | 'guid'
  | 'int'
  | 'long'
  | 'real'
  | 'string'
  | 'timespan';

/**
 * A value; its type is known from where it stands. datetime: ms since the epoch; timespan: ms; both with fractions, to
 * about a quarter of a microsecond. Numbers are doubles, so a long is exact up to 2^53. Null is null of any type; a
 * string is never null (https://learn.microsoft.com/en-us/kusto/query/scalar-data-types/null-values).
 */
export type Value =
  | null
  | boolean
  | number
  | string
  | readonly unknown[]
  | { readonly [name: string]: unknown };

export type Row = readonly Value[];

export interface Column {
  readonly name: string;
  readonly type: Type;
}

export interface Table {
  readonly columns: readonly Column[];
  /** Can be gone through more than once. */
  readonly rows: Iterable<Row>;
}

const NUMBERS: ReadonlySet<Type> = new Set(['int', 'long', 'real', 'decimal']);

export function isNumber(type: Type): boolean {
  return NUMBERS.has(type);
}

/** The null of a type; a string has none. */
export function nullOf(type: Type): Value {
  return type === 'string' ? '' : null;
}

/** The type of a number that two numbers make: the wider one. */
export function widest(a: Type, b: Type): Type {
  for (const type of ['decimal', 'real', 'long'] as const) if (a === type || b === type) return type;
  return 'int';
}

/** A total order: nulls first; used to sort, and for min and max. */
export function compare(a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  const [left, right] = [textOf('dynamic', a), textOf('dynamic', b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A text that is equal exactly for equal values, by which rows are grouped. */
export function keyOf(value: Value): string {
  if (value === null) return 'n';
  if (typeof value === 'string') return `s${value}`;
  return typeof value === 'object' ? `o${JSON.stringify(value)}` : `${(typeof value)[0]}${String(value)}`;
}

export function textOf(type: Type, value: Value): string {
  if (value === null) return '';
  if (type === 'datetime' && typeof value === 'number') return dateText(value);
  if (type === 'timespan' && typeof value === 'number') return spanText(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** "2026-11-20T08:00:00.0000000Z" */
export function dateText(ms: number): string {
  const whole = Math.floor(ms);
  const ticks = Math.round((ms - whole) * 10_000);
  const date = new Date(whole + (ticks === 10_000 ? 1 : 0));
  return `${date.toISOString().slice(0, 23)}${String(ticks % 10_000).padStart(4, '0')}Z`;
}

/** "1.02:03:04.5000000", without days where there are none and without a fraction where it is zero */
export function spanText(ms: number): string {
  const ticks = Math.round(Math.abs(ms) * 10_000);
  const seconds = Math.floor(ticks / 1e7);
  const two = (value: number) => String(value).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  const clock = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const rest = ticks % 1e7;
  return `${ms < 0 ? '-' : ''}${days > 0 ? `${days}.` : ''}${clock}${rest > 0 ? `.${String(rest).padStart(7, '0')}` : ''}`;
}

export function parseDate(text: string): number | null {
  const trimmed = text.trim();
  const match =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(
      trimmed,
    );
  if (match === null) return null;
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '0', zone = 'Z'] = match;
  const whole = Date.UTC(+(year ?? 0), +(month ?? 1) - 1, +(day ?? 1), +hour, +minute, +second);
  const offset = /^z$/i.test(zone)
    ? 0
    : (zone[0] === '-' ? -1 : 1) * (+zone.slice(1, 3) * 60 + +zone.slice(-2));
  return Number.isNaN(whole) ? null : whole + Number(fraction) * 1000 - offset * 60_000;
}

const UNITS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  h: 3_600_000,
  hr: 3_600_000,
  hrs: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  ms: 1,
  milli: 1,
  millis: 1,
  millisecond: 1,
  milliseconds: 1,
  microsecond: 0.001,
  microseconds: 0.001,
  tick: 0.0001,
  ticks: 0.0001,
};

/** "1d", "30m", "1.02:03:04", "02:03" */
export function parseSpan(text: string): number | null {
  const trimmed = text.trim();
  const unit = /^(-?[\d.]+)\s*([a-z]+)$/i.exec(trimmed);
  const factor = UNITS[unit?.[2]?.toLowerCase() ?? ''];
  if (unit !== null && factor !== undefined) return Number(unit[1]) * factor;
  const match = /^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/.exec(trimmed);
  if (match !== null) {
    const [, sign, days = 0, hours = 0, minutes = 0, seconds = 0] = match;
    const ms = ((+days * 24 + +hours) * 60 + +minutes) * 60_000 + +seconds * 1000;
    return sign === undefined ? ms : -ms;
  }
  return /^\d+$/.test(trimmed) ? Number(trimmed) * 86_400_000 : null;
}

/** A value as one of another type, or null where it cannot be one. */
export function convert(from: Type, to: Type, value: Value): Value {
  if (to === 'string') return textOf(from, value);
  if (value === null || from === to) return value;
  switch (to) {
    case 'bool':
      if (typeof value === 'boolean') return value;
      if (typeof value === 'number') return value !== 0;
      return /^(true|1)$/i.test(String(value)) ? true : /^(false|0)$/i.test(String(value)) ? false : null;
    case 'int':
    case 'long': {
      const number = numberOf(from, value);
      return number === null || !Number.isFinite(number) ? null : Math.trunc(number);
    }
    case 'real':
    case 'decimal':
      return numberOf(from, value);
    case 'datetime':
      return typeof value === 'number' ? value : typeof value === 'string' ? parseDate(value) : null;
    case 'timespan':
      return typeof value === 'number' ? value : typeof value === 'string' ? parseSpan(value) : null;
    case 'guid':
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(String(value))
        ? String(value).toLowerCase()
        : null;
    case 'dynamic':
      return from === 'datetime' || from === 'timespan' ? textOf(from, value) : value;
  }
}

function numberOf(from: Type, value: Value): number | null {
  if (typeof value === 'number') return from === 'timespan' || from === 'datetime' ? value * 10_000 : value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string' || value.trim() === '') return null;
  const number = Number(value);
  return Number.isNaN(number) ? null : number;
}
