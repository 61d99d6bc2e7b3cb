import { always } from '../result-types.ts';
import { textOf, type Value } from '../values.ts';
import { type Functions, fn, ofText } from './scalar-function.ts';

/** A pattern of RE2 as one of JavaScript; flags at its beginning hold for all of it. */
export const asPattern = (value: Value | undefined, flags = '') => {
  const source = String(value ?? '');
  const inline = /^\(\?([imsU]+)\)/.exec(source);
  return new RegExp(
    source.slice(inline?.[0].length ?? 0),
    `u${flags}${inline?.[1]?.replace(/[^ims]/g, '') ?? ''}`,
  );
};

/** Texts by regular expressions; RE2 and those of JavaScript agree on what queries use. */
export const PATTERNS: Functions = {
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
  replace_regex: ofText('string', (where, pattern, by) =>
    where.replace(
      asPattern(pattern, 'g'),
      String(by)
        .replace(/\$/g, '$$$$')
        .replace(/\\(\d)/g, '$$$1'),
    ),
  ),
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
};
