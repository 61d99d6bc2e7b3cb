import type { Scalar, Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import { nullOf } from '../values.ts';
import { constant } from './constants.ts';
import { isTabular } from './tabular.ts';

/** The first cell of a table, or the expression itself where it is no table. */
export function toScalar(node: Node, scope: Scope): Scalar {
  if (!isTabular(node, scope)) return scope.scalarOf(node, scope);
  const table = scope.tableOf(node, { ...scope, columns: [] });
  const [first] = table.rows;
  const type = table.columns[0]?.type ?? 'dynamic';
  return constant(type, first?.[0] ?? nullOf(type));
}
