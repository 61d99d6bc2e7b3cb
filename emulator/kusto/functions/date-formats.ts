import { dateText, spanText, type Value } from '../values.ts';
import { type Functions, fn } from './scalar-function.ts';

function formatDate([ms, format]: readonly Value[]): Value {
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

export const DATE_FORMATS: Functions = {
  format_datetime: fn('string', formatDate),
  format_timespan: fn('string', ([span]) => (typeof span === 'number' ? spanText(span) : '')),
};
