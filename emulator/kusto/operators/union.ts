import { QueryError } from '../errors.ts';
import { lazy, type Scope } from '../scope.ts';
import { listsOf, type Node, nameOf } from '../syntax.ts';
import { type Column, nullOf, type Table } from '../values.ts';
import { parameterOf } from './join.ts';

/** https://learn.microsoft.com/en-us/kusto/query/union-operator: columns by name; a name of two types becomes two columns. */
export function union(node: Node, first: Table | undefined, scope: Scope): Table {
  const fuzzy = parameterOf(node, 'isfuzzy') === 'true';
  const source = parameterOf(node, 'withsource') ?? parameterOf(node, 'with_source');
  const tables: { readonly name: string; readonly table: Table }[] =
    first === undefined ? [] : [{ name: 'union_arg0', table: first }];
  for (const element of (listsOf(node).at(-1) ?? []).filter(({ kind }) => kind !== 'NamedParameter')) {
    try {
      tables.push({
        name: element.kind === 'NameReference' ? nameOf(element) : `union_arg${tables.length}`,
        table: scope.tableOf(element, { ...scope, columns: [] }),
      });
    } catch (error) {
      if (!(fuzzy && error instanceof QueryError)) throw error;
    }
  }
  const columns: Column[] = source === undefined ? [] : [{ name: source, type: 'string' }];
  for (const { table } of tables) {
    for (const column of table.columns) {
      const same = columns.find(({ name }) => name === column.name);
      if (same === undefined) columns.push(column);
      else if (
        same.type !== column.type &&
        !columns.some(({ name }) => name === `${column.name}_${column.type}`)
      )
        columns.push({ name: `${column.name}_${column.type}`, type: column.type });
    }
  }
  return lazy(columns, function* () {
    for (const { name, table } of tables) {
      const at = columns.map(({ name: wanted, type }) =>
        table.columns.findIndex(
          (column) =>
            (column.name === wanted && column.type === type) || `${column.name}_${column.type}` === wanted,
        ),
      );
      for (const row of table.rows) {
        yield at.map((index, column) =>
          source !== undefined && column === 0
            ? name
            : index < 0
              ? nullOf(columns[column]?.type ?? 'dynamic')
              : (row[index] ?? null),
        );
      }
    }
  });
}
