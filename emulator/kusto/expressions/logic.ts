import { NotEvaluatedError } from '../errors.ts';
import type { Scalar, Scope } from '../scope.ts';
import { type Node, operandsOf } from '../syntax.ts';
import { compare, type Value } from '../values.ts';
import { comparison } from './comparisons.ts';
import { only } from './operands.ts';

export function negated(value: Value): Value {
  return typeof value === 'number' ? -value : null;
}

/** and, or: of three values. */
export function logical(and: boolean, left: Scalar, right: Scalar): Scalar {
  return {
    type: 'bool',
    of: (row, place) => {
      const a = left.of(row, place);
      if (a === !and) return !and;
      const b = right.of(row, place);
      if (b === !and) return !and;
      return a === null || b === null ? null : and;
    },
  };
}

/** between, !between */
export function between(node: Node, scope: Scope): Scalar {
  const [of, couple] = operandsOf(node);
  const [from, to] = operandsOf(only(couple, node)).map((end) => scope.scalarOf(end, scope));
  const value = scope.scalarOf(only(of, node), scope);
  if (from === undefined || to === undefined) throw new NotEvaluatedError(node.text);
  const positive = node.kind === 'BetweenExpression';
  return {
    type: 'bool',
    of: (row, place) => {
      const [x, low, high] = [value.of(row, place), from.of(row, place), to.of(row, place)];
      if (x === null || low === null || high === null) return null;
      // A timespan as the end of a range of instants is counted from its start.
      const end = value.type === 'datetime' && to.type === 'timespan' ? Number(low) + Number(high) : high;
      return (compare(x, low) >= 0 && compare(x, end) <= 0) === positive;
    },
  };
}

/** A comparison of all columns, written with an asterisk. */
export function anyColumn(node: Node, right: Node, scope: Scope): Scalar {
  const wanted = scope.scalarOf(right, scope);
  const tests = scope.columns.map((column, at) =>
    comparison(node.kind, { type: column.type, of: (row) => row[at] ?? null }, wanted),
  );
  return { type: 'bool', of: (row, place) => tests.some((test) => test?.(row, place) === true) };
}
