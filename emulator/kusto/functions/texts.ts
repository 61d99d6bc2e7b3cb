import { compare, textOf } from '../values.ts';
import { type Functions, fn, ofText } from './scalar-function.ts';

/** Texts, without patterns. */
export const TEXTS: Functions = {
  countof: ofText('long', (where, what) => where.split(String(what)).length - 1),
  indexof: ofText('long', (where, what, from) =>
    where.indexOf(String(what), typeof from === 'number' ? from : 0),
  ),
  replace_string: ofText('string', (where, what, by) => where.replaceAll(String(what), String(by))),
  reverse: ofText('string', (value) => [...value].reverse().join('')),
  split: ofText('dynamic', (where, by, index) => {
    const parts = where.split(String(by));
    return typeof index === 'number' ? parts.slice(index, index + 1) : parts;
  }),
  strcat: fn('string', (values, types) =>
    values.map((value, at) => textOf(types[at] ?? 'string', value)).join(''),
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
    // Characters and UTF-16 units are the same in nearly every text, and a million keys are cut here.
    const characters = /[\ud800-\udfff]/.test(value) ? [...value] : value;
    const start = Math.max(typeof from === 'number' && from < 0 ? characters.length + from : Number(from), 0);
    const part = characters.slice(start, typeof length === 'number' ? start + length : undefined);
    return typeof part === 'string' ? part : part.join('');
  }),
  tolower: ofText('string', (value) => value.toLowerCase()),
  toupper: ofText('string', (value) => value.toUpperCase()),
};
