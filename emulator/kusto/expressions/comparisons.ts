import type { Scalar } from '../scope.ts';
import { compare, keyOf, type Type, textOf, type Value, widest } from '../values.ts';

/** The operators between two operands, by the kind of their node. */
const ORDER: Readonly<Record<string, (order: number) => boolean>> = {
  LessThanExpression: (order) => order < 0,
  LessThanOrEqualExpression: (order) => order <= 0,
  GreaterThanExpression: (order) => order > 0,
  GreaterThanOrEqualExpression: (order) => order >= 0,
};

const wordCharacter = /[\p{L}\p{N}]/u;

/** Whether `term` stands in `text` as whole words (https://learn.microsoft.com/en-us/kusto/query/has-operator). */
function hasTerm(text: string, term: string, before = true, after = true): boolean {
  if (term === '') return true;
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    const left =
      !before || at === 0 || !wordCharacter.test(text[at - 1] ?? '') || !wordCharacter.test(term[0] ?? '');
    const end = at + term.length;
    const right =
      !after ||
      end === text.length ||
      !wordCharacter.test(text[end] ?? '') ||
      !wordCharacter.test(term.at(-1) ?? '');
    if (left && right) return true;
  }
  return false;
}

type TextTest = (text: string, what: string) => boolean;
const TEXT: Readonly<Record<string, { readonly test: TextTest; readonly cased?: true }>> = {
  EqualTilde: { test: (text, what) => text === what },
  Has: { test: hasTerm },
  HasCs: { test: hasTerm, cased: true },
  HasPrefix: { test: (text, what) => hasTerm(text, what, true, false) },
  HasPrefixCs: { test: (text, what) => hasTerm(text, what, true, false), cased: true },
  HasSuffix: { test: (text, what) => hasTerm(text, what, false, true) },
  HasSuffixCs: { test: (text, what) => hasTerm(text, what, false, true), cased: true },
  Contains: { test: (text, what) => text.includes(what) },
  ContainsCs: { test: (text, what) => text.includes(what), cased: true },
  StartsWith: { test: (text, what) => text.startsWith(what) },
  StartsWithCs: { test: (text, what) => text.startsWith(what), cased: true },
  EndsWith: { test: (text, what) => text.endsWith(what) },
  EndsWithCs: { test: (text, what) => text.endsWith(what), cased: true },
};

/** Both values as ones that can be compared: where one is dynamic, its own kind decides. */
function comparable(a: Value, aType: Type, b: Value, bType: Type): readonly [Value, Value] {
  if (aType === bType || (aType !== 'dynamic' && bType !== 'dynamic')) return [a, b];
  if (typeof a === typeof b) return [a, b];
  return [textOf(aType, a), textOf(bType, b)];
}

/** Null where both are null, else whether they are equal (https://learn.microsoft.com/en-us/kusto/query/scalar-data-types/null-values). */
function equal(a: Value, aType: Type, b: Value, bType: Type): boolean | null {
  if (a === null && b === null) return null;
  if (a === null || b === null) return false;
  const [left, right] = comparable(a, aType, b, bType);
  return typeof left === 'object' || typeof right === 'object'
    ? keyOf(left) === keyOf(right)
    : left === right;
}

/** A comparison of two operands, or undefined where the kind is none. */
export function comparison(kind: string, left: Scalar, right: Scalar): Scalar['of'] | undefined {
  const order = ORDER[kind];
  if (order !== undefined) {
    return (row, place) => {
      const [a, b] = [left.of(row, place), right.of(row, place)];
      return a === null || b === null ? null : order(compare(...comparable(a, left.type, b, right.type)));
    };
  }
  if (kind === 'EqualExpression')
    return (row, place) => equal(left.of(row, place), left.type, right.of(row, place), right.type);
  if (kind === 'NotEqualExpression') {
    return (row, place) => {
      const same = equal(left.of(row, place), left.type, right.of(row, place), right.type);
      return same === null ? null : !same;
    };
  }
  const negative = /^(Not|Bang)/.test(kind) && kind !== 'NotEqualExpression';
  const name = kind.replace(/^(Not|Bang)/, '').replace(/Expression$/, '');
  const text = TEXT[name];
  if (text === undefined) return undefined;
  const cased = text.cased === true;
  return (row, place) => {
    const where = textOf(left.type, left.of(row, place));
    const what = textOf(right.type, right.of(row, place));
    return text.test(cased ? where : where.toLowerCase(), cased ? what : what.toLowerCase()) !== negative;
  };
}

/** The list operators: whether any, or each, of the values stands in it. */
export const HAS_LIST: Readonly<Record<string, 'some' | 'every'>> = {
  HasAnyExpression: 'some',
  HasAllExpression: 'every',
};

export function hasInList(kind: string, text: string, values: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return HAS_LIST[kind] === 'some'
    ? values.some((value) => hasTerm(lower, value.toLowerCase()))
    : values.every((value) => hasTerm(lower, value.toLowerCase()));
}

/** Arithmetic with the types that Kusto gives it; undefined where the kind is none. */
export function arithmetic(kind: string, left: Scalar, right: Scalar): Scalar | undefined {
  const [a, b] = [left.type, right.type];
  const both = (type: Type, of: (x: number, y: number) => number | null): Scalar => ({
    type,
    of: (row, place) => {
      const [x, y] = [left.of(row, place), right.of(row, place)];
      return typeof x !== 'number' || typeof y !== 'number' ? null : of(x, y);
    },
  });
  const number = widest(a, b);
  const whole = number === 'int' || number === 'long';
  switch (kind) {
    case 'AddExpression':
      return both(
        a === 'datetime' || b === 'datetime' ? 'datetime' : a === 'timespan' ? 'timespan' : number,
        (x, y) => x + y,
      );
    case 'SubtractExpression':
      if (a === 'datetime') return both(b === 'datetime' ? 'timespan' : 'datetime', (x, y) => x - y);
      return both(a === 'timespan' ? 'timespan' : number, (x, y) => x - y);
    case 'MultiplyExpression':
      return both(a === 'timespan' || b === 'timespan' ? 'timespan' : number, (x, y) => x * y);
    case 'DivideExpression':
      if (a === 'timespan') return both(b === 'timespan' ? 'real' : 'timespan', (x, y) => x / y);
      return both(number, (x, y) => (whole ? (y === 0 ? null : Math.trunc(x / y)) : x / y));
    case 'ModuloExpression':
      return both(a === 'timespan' ? 'timespan' : number, (x, y) =>
        y === 0 ? null : ((x % y) + Math.abs(y)) % Math.abs(y),
      );
    default:
      return undefined;
  }
}
