import { INGESTED, lazy, type Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import type { Table } from '../values.ts';
import { picked, project } from './columns.ts';

/** https://learn.microsoft.com/en-us/kusto/query/distinct-operator */
export function distinct(elements: readonly Node[], input: Table, scope: Scope): Table {
  const table = elements.some(({ kind }) => kind === 'StarExpression')
    ? picked(
        input,
        input.columns.filter(({ name }) => name !== INGESTED),
      )
    : project(elements, input, scope);
  return lazy(table.columns, function* () {
    const seen = new Set<string>();
    for (const row of table.rows) {
      const key = JSON.stringify(row);
      if (seen.has(key)) continue;
      seen.add(key);
      yield row;
    }
  });
}
