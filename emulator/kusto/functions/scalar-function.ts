import { always } from '../result-types.ts';
import { type Type, textOf, type Value } from '../values.ts';

/** A scalar function: the type of its result from those of its arguments, and its value. */
export interface ScalarFunction {
  readonly type: (arguments_: readonly Type[]) => Type;
  readonly of: (values: readonly Value[], types: readonly Type[]) => Value;
}

/** Functions by their names in KQL. */
export type Functions = Readonly<Record<string, ScalarFunction>>;

/** The milliseconds of a day. */
export const DAY = 86_400_000;

/** The text of an argument. */
export function textAt(values: readonly Value[], types: readonly Type[], at: number): string {
  return textOf(types[at] ?? 'string', values[at] ?? null);
}

/** A function whose result is always of one type. */
export function fn(type: Type, of: ScalarFunction['of']): ScalarFunction {
  return { type: always(type), of };
}

/** A function of a text, which its first argument is turned into. */
export function ofText(type: Type, of: (text: string, ...rest: Value[]) => Value): ScalarFunction {
  return fn(type, (values, types) => of(textAt(values, types, 0), ...values.slice(1)));
}

/** A function of numbers, null where one of them is none. */
export function ofNumber(
  type: (types: readonly Type[]) => Type,
  of: (value: number, ...rest: number[]) => number,
): ScalarFunction {
  return {
    type,
    of: (values) =>
      values.some((value) => typeof value !== 'number') ? null : of(...(values as [number, ...number[]])),
  };
}
