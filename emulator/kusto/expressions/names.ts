import { QueryError } from '../errors.ts';
import type { Scalar, Scope } from '../scope.ts';
import { nullOf } from '../values.ts';
import { constant } from './constants.ts';

/** What a name stands for: a column, or a let. @throws QueryError */
export function named(name: string, scope: Scope): Scalar {
  const at = scope.columns.findIndex((column) => column.name === name);
  const column = scope.columns[at];
  if (column !== undefined) return { type: column.type, of: (row) => row[at] ?? nullOf(column.type) };
  const binding = scope.names.get(name);
  if (binding?.kind === 'scalar') return constant(binding.type, binding.value);
  throw new QueryError('SEM0100', `Failed to resolve scalar expression named '${name}'`);
}
