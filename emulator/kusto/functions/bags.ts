import { convert, type Value } from '../values.ts';
import { listOf } from './arrays.ts';
import { type Functions, fn } from './scalar-function.ts';

function toDynamic(value: Value): Value {
  if (typeof value !== 'string') return value;
  if (value === '') return null;
  try {
    return JSON.parse(value) as Value;
  } catch {
    return value;
  }
}

const bagOf = (value: Value | undefined): Record<string, unknown> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;

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

/** Property bags, and JSON. */
export const BAGS: Functions = {
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
  pack_array: packArray,
  parse_json: parseJson,
  todynamic: parseJson,
};
