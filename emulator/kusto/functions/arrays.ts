import { compare, keyOf, textOf, type Value } from '../values.ts';
import { type Functions, fn, type ScalarFunction } from './scalar-function.ts';

/** An array, or null where the value is none. */
export function listOf(value: Value | undefined): readonly unknown[] | null {
  return Array.isArray(value) ? value : null;
}

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

/** Arrays, also as sets. */
export const ARRAYS: Functions = {
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
  repeat: fn('dynamic', ([value, times]) => new Array(Number(times)).fill(value)),
  set_difference: setOf((key, others) => !others.some((other) => other.has(key)), false),
  set_has_element: fn(
    'bool',
    ([list, wanted = null]) => listOf(list)?.some((value) => keyOf(value as Value) === keyOf(wanted)) ?? null,
  ),
  set_intersect: setOf((key, others) => others.every((other) => other.has(key)), false),
  set_union: setOf(() => true, true),
  strcat_array: fn('string', ([list, by]) =>
    (listOf(list) ?? []).map((value) => textOf('dynamic', value as Value)).join(String(by)),
  ),
};
