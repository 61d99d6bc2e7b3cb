import { NO_PLACE, type Scalar, type Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import type { Type, Value } from '../values.ts';

export function constant(type: Type, value: Value): Scalar {
  return { type, of: () => value };
}

/** The value of an expression that depends on no row. */
export function constantOf(node: Node, scope: Scope): { readonly type: Type; readonly value: Value } {
  const scalar = scope.scalarOf(node, { ...scope, columns: [] });
  return { type: scalar.type, value: scalar.of([], NO_PLACE) };
}
