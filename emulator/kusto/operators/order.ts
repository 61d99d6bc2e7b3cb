import { scalarOf } from '../expressions.ts';
import { NO_PLACE, type Scalar, type Scope } from '../scope.ts';
import { childOf, type Node } from '../syntax.ts';
import { compare, type Row } from '../values.ts';

/** By what rows are sorted. */
export interface Ordering {
  readonly scalar: Scalar;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Descending unless told otherwise; nulls first where ascending (https://learn.microsoft.com/en-us/kusto/query/sort-operator). */
export function ordering(node: Node, scope: Scope): Ordering {
  const clause = childOf(node, 'OrderingClause');
  const expression = node.kind === 'OrderedExpression' ? (node.children[0] ?? node) : node;
  const words = clause?.text ?? '';
  const descending = !/\basc\b/.test(words);
  const nullsFirst = /nulls\s+first/.test(words) || (!descending && !/nulls\s+last/.test(words));
  return { scalar: scalarOf(expression, scope), descending, nullsFirst };
}

export function inOrder(orders: readonly Ordering[], a: Row, b: Row): number {
  for (const { scalar, descending, nullsFirst } of orders) {
    const [x, y] = [scalar.of(a, NO_PLACE), scalar.of(b, NO_PLACE)];
    if (x === null || y === null) {
      if (x === y) continue;
      return (x === null) === nullsFirst ? -1 : 1;
    }
    const order = compare(x, y);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}
