import { createHash } from 'node:crypto';
import { NotEvaluatedError } from './errors.ts';
import {
  compare,
  convert,
  dateText,
  isNumber,
  keyOf,
  nullOf,
  spanText,
  type Type,
  textOf,
  type Value,
  widest,
} from './values.ts';

/** A scalar function: the type of its result from those of its arguments, and its value. */
export interface ScalarFunction {
  readonly type: (arguments_: readonly Type[]) => Type;
  readonly of: (values: readonly Value[], types: readonly Type[]) => Value;
}

type Values = readonly Value[];
const DAY = 86_400_000;
/** Bins count from the year 1, 719,162 days before the epoch. */
const FIRST_DAY = -719_162 * DAY;

const always = (type: Type) => () => type;
const first = (types: readonly Type[]): Type => types[0] ?? 'dynamic';
const text = (values: Values, types: readonly Type[], at: number) =>
  textOf(types[at] ?? 'string', values[at] ?? null);
const fn = (type: Type, of: ScalarFunction['of']): ScalarFunction => ({ type: always(type), of });
const ofText = (type: Type, of: (text: string, ...rest: Value[]) => Value): ScalarFunction =>
  fn(type, (values, types) => of(text(values, types, 0), ...values.slice(1)));
const ofNumber = (
  type: (types: readonly Type[]) => Type,
  of: (value: number, ...rest: number[]) => number,
): ScalarFunction => ({
  type,
  of: (values) =>
    values.some((value) => typeof value !== 'number') ? null : of(...(values as [number, ...number[]])),
});
const listOf = (value: Value | undefined): readonly unknown[] | null => (Array.isArray(value) ? value : null);
const bagOf = (value: Value | undefined): Record<string, unknown> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
const digest = (algorithm: string) =>
  fn('string', (values, types) =>
    createHash(algorithm)
      .update(text(values, types, 0))
      .digest('hex'),
  );
const to = (type: Type): ScalarFunction =>
  fn(type, (values, types) => convert(types[0] ?? 'string', type, values[0] ?? null));

/** The type that several branches share. */
export function common(types: readonly Type[]): Type {
  const [one = 'dynamic'] = types;
  if (types.every((type) => type === one)) return one;
  if (types.every(isNumber)) return types.reduce(widest);
  const rest = types.filter((type) => type !== 'dynamic');
  return rest.length > 0 && rest.every((type) => type === rest[0]) ? (rest[0] ?? 'dynamic') : 'dynamic';
}

export function bin(value: number, size: number, type: Type): number {
  const from = type === 'datetime' ? FIRST_DAY : 0;
  return from + Math.floor((value - from) / size) * size;
}

function startOf(unit: 'day' | 'week' | 'month' | 'year', ms: number, offset: number): number {
  const date = new Date(ms);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  switch (unit) {
    case 'day':
      return Date.UTC(year, month, day + offset);
    case 'week':
      return Date.UTC(year, month, day - date.getUTCDay() + 7 * offset);
    case 'month':
      return Date.UTC(year, month + offset, 1);
    case 'year':
      return Date.UTC(year + offset, 0, 1);
  }
}

const starts = (unit: 'day' | 'week' | 'month' | 'year', end: boolean): ScalarFunction =>
  fn('datetime', ([ms, offset]) => {
    if (typeof ms !== 'number') return null;
    const by = typeof offset === 'number' ? offset : 0;
    return end ? startOf(unit, ms, by + 1) - 0.0001 : startOf(unit, ms, by);
  });

const datePart = (of: (date: Date) => number): ScalarFunction =>
  fn('int', ([ms]) => (typeof ms === 'number' ? of(new Date(ms)) : null));

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

function dateDiff([part, a, b]: Values): Value {
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

function dateAdd([part, amount, ms]: Values): Value {
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

function formatDate([ms, format]: Values): Value {
  if (typeof ms !== 'number') return '';
  const [date = '', time = ''] = dateText(ms).slice(0, -1).split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  const [hour = '', minute = '', second = ''] = time.split(':');
  const half = Number(hour) % 12 || 12;
  const parts: Record<string, string> = {
    yyyy: year,
    yy: year.slice(2),
    MM: month,
    M: String(+month),
    dd: day,
    d: String(+day),
    HH: hour,
    H: String(+hour),
    hh: String(half).padStart(2, '0'),
    h: String(half),
    mm: minute,
    m: String(+minute),
    ss: second.slice(0, 2),
    s: String(Math.floor(+second)),
    tt: Number(hour) < 12 ? 'AM' : 'PM',
    fff: second.slice(3, 6),
    fffffff: second.slice(3),
  };
  return String(format).replace(
    /yyyy|yy|MM|M|dd|d|HH|H|hh|h|mm|m|ss|s|tt|f+/g,
    (part) => parts[part] ?? second.slice(3, 3 + part.length),
  );
}

function ipNumber(value: Value | undefined): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(String(value ?? '').trim());
  if (parts === null) return null;
  const bytes = parts.slice(1).map(Number);
  return bytes.some((byte) => byte > 255) ? null : bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function inRange(ip: Value | undefined, range: string): boolean | null {
  const [base, bits = '32'] = range.split('/');
  const [a, b] = [ipNumber(ip), ipNumber(base)];
  if (a === null || b === null) return null;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(a / size) === Math.floor(b / size);
}

function toDynamic(value: Value): Value {
  if (typeof value !== 'string') return value;
  if (value === '') return null;
  try {
    return JSON.parse(value) as Value;
  } catch {
    return value;
  }
}

const asPattern = (value: Value | undefined, flags = '') => {
  const source = String(value ?? '');
  const inline = /^\(\?([imsU]+)\)/.exec(source);
  return new RegExp(
    source.slice(inline?.[0].length ?? 0),
    `u${flags}${inline?.[1]?.replace(/[^ims]/g, '') ?? ''}`,
  );
};

function setOf(
  keep: (key: string, others: readonly ReadonlySet<string>[]) => boolean,
  all: boolean,
): ScalarFunction {
  return fn('dynamic', (values) => {
    const lists = values.map(listOf);
    if (lists.some((list) => list === null)) return null;
    const others = lists.slice(1).map((list) => new Set((list ?? []).map((value) => keyOf(value as Value))));
    const found = new Map<string, unknown>();
    for (const value of (all ? lists.flat() : (lists[0] ?? [])) as Value[]) {
      const key = keyOf(value);
      if (!found.has(key) && keep(key, others)) found.set(key, value);
    }
    return [...found.values()];
  });
}

const parseJson = fn('dynamic', ([value = null]) => toDynamic(value));
const packArray = fn('dynamic', (values, types) =>
  values.map((value, at) => convert(types[at] ?? 'dynamic', 'dynamic', value)),
);
const packBag = fn('dynamic', (values, types) => {
  const bag: Record<string, unknown> = {};
  for (let at = 0; at + 1 < values.length; at += 2)
    bag[String(values[at])] = convert(types[at + 1] ?? 'dynamic', 'dynamic', values[at + 1] ?? null);
  return bag;
});
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
const floorOrBin: ScalarFunction = {
  type: ([value = 'long', size = 'long']) =>
    value === 'datetime' || value === 'timespan' ? value : widest(value, size),
  of: ([value, size], types) =>
    typeof value !== 'number' || typeof size !== 'number' || size <= 0
      ? null
      : bin(value, size, types[0] ?? 'long'),
};

/** https://learn.microsoft.com/en-us/kusto/query/scalar-functions */
export const FUNCTIONS: Readonly<Record<string, ScalarFunction>> = {
  abs: ofNumber(first, Math.abs),
  array_concat: fn('dynamic', (values) => values.flatMap((value) => [...(listOf(value) ?? [])])),
  array_index_of: fn('long', ([list, wanted = null]) => {
    const at = listOf(list)?.findIndex((value) => keyOf(value as Value) === keyOf(wanted));
    return at ?? null;
  }),
  array_length: fn('long', ([list]) => listOf(list)?.length ?? null),
  array_slice: fn('dynamic', ([list, from, to_]) => {
    const end = Number(to_);
    return listOf(list)?.slice(Number(from), end === -1 ? undefined : end + 1) ?? null;
  }),
  array_sort_asc: fn('dynamic', ([list]) =>
    [...(listOf(list) ?? [])].sort((a, b) => compare(a as Value, b as Value)),
  ),
  array_sort_desc: fn('dynamic', ([list]) =>
    [...(listOf(list) ?? [])].sort((a, b) => compare(b as Value, a as Value)),
  ),
  bag_has_key: fn('bool', ([bag, key]) => {
    const found = bagOf(bag);
    return found === null ? null : String(key) in found;
  }),
  bag_keys: fn('dynamic', ([bag]) => {
    const found = bagOf(bag);
    return found === null ? null : Object.keys(found);
  }),
  bag_merge: fn(
    'dynamic',
    (values) =>
      Object.assign({}, ...values.toReversed().map((value) => bagOf(value) ?? {})) as Record<string, unknown>,
  ),
  bag_remove_keys: fn('dynamic', ([bag, keys]) => {
    const found = bagOf(bag);
    const gone = new Set((listOf(keys) ?? []).map(String));
    return found === null
      ? null
      : Object.fromEntries(Object.entries(found).filter(([name]) => !gone.has(name)));
  }),
  bag_pack: packBag,
  pack: packBag,
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
  case: {
    type: (types) => common(types.filter((_, at) => at % 2 === 1 || at === types.length - 1)),
    of: (values) => {
      for (let at = 0; at + 1 < values.length; at += 2)
        if (values[at] === true) return values[at + 1] ?? null;
      return values.at(-1) ?? null;
    },
  },
  ceiling: ofNumber(first, Math.ceil),
  coalesce: {
    type: common,
    of: (values, types) =>
      values.find((value, at) => (types[at] === 'string' ? value !== '' : value !== null)) ??
      nullOf(common(types)),
  },
  countof: ofText('long', (where, what) => where.split(String(what)).length - 1),
  datetime_add: fn('datetime', dateAdd),
  datetime_diff: fn('long', dateDiff),
  datetime_part: fn('int', ([part, ms]) => {
    if (typeof ms !== 'number') return null;
    const date = new Date(ms);
    const parts: Record<string, number> = {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    };
    return parts[String(part).toLowerCase()] ?? null;
  }),
  dayofmonth: datePart((date) => date.getUTCDate()),
  dayofweek: fn('timespan', ([ms]) => (typeof ms === 'number' ? new Date(ms).getUTCDay() * DAY : null)),
  endofday: starts('day', true),
  endofmonth: starts('month', true),
  endofweek: starts('week', true),
  endofyear: starts('year', true),
  exp: ofNumber(always('real'), Math.exp),
  extract: {
    type: always('string'),
    of: ([pattern, group, source], types) =>
      asPattern(pattern).exec(textOf(types[2] ?? 'string', source ?? null))?.[Number(group)] ?? '',
  },
  extract_all: fn('dynamic', (values, types) => {
    const source = textOf(types.at(-1) ?? 'string', values.at(-1) ?? null);
    const found = [...source.matchAll(asPattern(values[0], 'g'))].map((match) =>
      match.length > 2 ? match.slice(1) : (match[1] ?? match[0]),
    );
    return found.length === 0 ? null : found;
  }),
  format_datetime: fn('string', formatDate),
  format_timespan: fn('string', ([span]) => (typeof span === 'number' ? spanText(span) : '')),
  getmonth: datePart((date) => date.getUTCMonth() + 1),
  getyear: datePart((date) => date.getUTCFullYear()),
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
  hash_md5: digest('md5'),
  hash_sha1: digest('sha1'),
  hash_sha256: digest('sha256'),
  hourofday: datePart((date) => date.getUTCHours()),
  iff: choice,
  iif: choice,
  indexof: ofText('long', (where, what, from) =>
    where.indexOf(String(what), typeof from === 'number' ? from : 0),
  ),
  ipv4_is_in_range: fn('bool', ([ip, range]) => inRange(ip, String(range))),
  ipv4_is_in_any_range: fn('bool', ([ip, ...ranges]) =>
    ranges
      .flatMap((range) => (Array.isArray(range) ? range : [range]))
      .some((range) => inRange(ip, String(range)) === true),
  ),
  ipv4_is_private: fn('bool', ([ip]) =>
    ipNumber(ip) === null
      ? null
      : ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].some((range) => inRange(ip, range)),
  ),
  isempty: fn('bool', ([value]) => value === null || value === ''),
  isnotempty: fn('bool', ([value]) => value !== null && value !== ''),
  isnan: fn('bool', ([value]) => Number.isNaN(value)),
  isfinite: fn('bool', ([value]) => Number.isFinite(value)),
  isnull: fn('bool', ([value], types) => types[0] !== 'string' && value === null),
  isnotnull: fn('bool', ([value], types) => types[0] === 'string' || value !== null),
  log: ofNumber(always('real'), Math.log),
  log10: ofNumber(always('real'), Math.log10),
  log2: ofNumber(always('real'), Math.log2),
  make_datetime: fn('datetime', ([year, month, day, hour = 0, minute = 0, second = 0]) =>
    Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)),
  ),
  make_timespan: fn('timespan', (values) => {
    const [seconds = 0, minutes = 0, hours = 0, days = 0] = values
      .toReversed()
      .map(Number)
      .slice(values.length === 2 ? 0 : 0);
    return values.length === 2
      ? (Number(values[0]) * 60 + Number(values[1])) * 60_000
      : ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000;
  }),
  max_of: extreme((order) => order > 0),
  min_of: extreme((order) => order < 0),
  monthofyear: datePart((date) => date.getUTCMonth() + 1),
  not: fn('bool', ([value]) => (typeof value === 'boolean' ? !value : null)),
  pack_array: packArray,
  parse_json: parseJson,
  parse_url: ofText('dynamic', (address) => {
    const url = URL.parse(address);
    return url === null
      ? null
      : {
          Scheme: url.protocol.slice(0, -1),
          Host: url.hostname,
          Port: url.port,
          Path: url.pathname,
          Username: url.username,
          Password: url.password,
          'Query Parameters': Object.fromEntries(url.searchParams),
          Fragment: url.hash.slice(1),
        };
  }),
  pow: ofNumber(always('real'), (base, exponent = 1) => base ** exponent),
  rand: fn('real', () => 0.5),
  repeat: fn('dynamic', ([value, times]) => new Array(Number(times)).fill(value)),
  replace_regex: ofText('string', (where, pattern, by) =>
    where.replace(
      asPattern(pattern, 'g'),
      String(by)
        .replace(/\$/g, '$$$$')
        .replace(/\\(\d)/g, '$$$1'),
    ),
  ),
  replace_string: ofText('string', (where, what, by) => where.replaceAll(String(what), String(by))),
  reverse: ofText('string', (value) => [...value].reverse().join('')),
  round: ofNumber(always('real'), (value, digits = 0) =>
    Number(`${Math.round(Number(`${value}e${digits}`))}e${-digits}`),
  ),
  set_difference: setOf((key, others) => !others.some((other) => other.has(key)), false),
  set_has_element: fn(
    'bool',
    ([list, wanted = null]) => listOf(list)?.some((value) => keyOf(value as Value) === keyOf(wanted)) ?? null,
  ),
  set_intersect: setOf((key, others) => others.every((other) => other.has(key)), false),
  set_union: setOf(() => true, true),
  sign: ofNumber(first, Math.sign),
  split: ofText('dynamic', (where, by, index) => {
    const parts = where.split(String(by));
    return typeof index === 'number' ? parts.slice(index, index + 1) : parts;
  }),
  sqrt: ofNumber(always('real'), Math.sqrt),
  startofday: starts('day', false),
  startofmonth: starts('month', false),
  startofweek: starts('week', false),
  startofyear: starts('year', false),
  strcat: fn('string', (values, types) =>
    values.map((value, at) => textOf(types[at] ?? 'string', value)).join(''),
  ),
  strcat_array: fn('string', ([list, by]) =>
    (listOf(list) ?? []).map((value) => textOf('dynamic', value as Value)).join(String(by)),
  ),
  strcat_delim: fn('string', (values, types) =>
    values
      .slice(1)
      .map((value, at) => textOf(types[at + 1] ?? 'string', value))
      .join(String(values[0])),
  ),
  strcmp: fn('int', ([a, b]) => Math.sign(compare(a ?? null, b ?? null))),
  strlen: ofText('long', (value) => [...value].length),
  substring: ofText('string', (value, from, length) => {
    const characters = [...value];
    const start = Math.max(typeof from === 'number' && from < 0 ? characters.length + from : Number(from), 0);
    return characters.slice(start, typeof length === 'number' ? start + length : undefined).join('');
  }),
  tobool: to('bool'),
  toboolean: to('bool'),
  todatetime: to('datetime'),
  todecimal: to('decimal'),
  todouble: to('real'),
  todynamic: parseJson,
  toguid: to('guid'),
  toint: to('int'),
  tolong: fn('long', ([value = null], [type = 'string']) => convert(type, 'long', value)),
  tolower: ofText('string', (value) => value.toLowerCase()),
  toreal: to('real'),
  tostring: to('string'),
  totimespan: to('timespan'),
  toupper: ofText('string', (value) => value.toUpperCase()),
  trim: fn('string', ([pattern, value], types) => {
    const source = `(?:${String(pattern)})`;
    return textOf(types[1] ?? 'string', value ?? null).replace(new RegExp(`^${source}|${source}$`, 'gu'), '');
  }),
  trim_end: fn('string', ([pattern, value = null], types) =>
    textOf(types[1] ?? 'string', value).replace(new RegExp(`(?:${String(pattern)})$`, 'u'), ''),
  ),
  trim_start: fn('string', ([pattern, value = null], types) =>
    textOf(types[1] ?? 'string', value).replace(new RegExp(`^(?:${String(pattern)})`, 'u'), ''),
  ),
  unixtime_milliseconds_todatetime: fn('datetime', ([value = null]) => value),
  unixtime_seconds_todatetime: fn('datetime', ([value]) => (typeof value === 'number' ? value * 1000 : null)),
  url_decode: ofText('string', (value) => decodeURIComponent(value)),
  url_encode: ofText('string', (value) => encodeURIComponent(value)),
  week_of_year: datePart((date) =>
    Math.ceil(((startOf('week', date.getTime(), 0) - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY + 10) / 7),
  ),
};
