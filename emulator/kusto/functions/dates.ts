import { DAY, type Functions, fn, type ScalarFunction } from './scalar-function.ts';

/** The first instant of the day, week, month or year, so many units on. */
export function startOf(unit: 'day' | 'week' | 'month' | 'year', ms: number, offset: number): number {
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

/** Parts of instants and spans, and what is made of parts. */
export const DATES: Functions = {
  dayofmonth: datePart((date) => date.getUTCDate()),
  dayofweek: fn('timespan', ([ms]) => (typeof ms === 'number' ? new Date(ms).getUTCDay() * DAY : null)),
  endofday: starts('day', true),
  endofmonth: starts('month', true),
  endofweek: starts('week', true),
  endofyear: starts('year', true),
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
  getmonth: datePart((date) => date.getUTCMonth() + 1),
  getyear: datePart((date) => date.getUTCFullYear()),
  hourofday: datePart((date) => date.getUTCHours()),
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
  monthofyear: datePart((date) => date.getUTCMonth() + 1),
  startofday: starts('day', false),
  startofmonth: starts('month', false),
  startofweek: starts('week', false),
  startofyear: starts('year', false),
  unixtime_milliseconds_todatetime: fn('datetime', ([value = null]) => value),
  unixtime_seconds_todatetime: fn('datetime', ([value]) => (typeof value === 'number' ? value * 1000 : null)),
  week_of_year: datePart((date) =>
    Math.ceil(((startOf('week', date.getTime(), 0) - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY + 10) / 7),
  ),
};
