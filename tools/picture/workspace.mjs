import { INGESTED } from '../../emulator/kusto/scope.ts';
import { FUNCTION_NAME, functionParameters, readQueries } from '../../infra/generate/queries.ts';

/** The workspace of the template with these rows; each row is an object by the names of columns. */
export function workspaceOf(schemas, rows) {
  const saved = readQueries().get(FUNCTION_NAME);
  return {
    tables: new Map(
      Object.entries(schemas).map(([name, schema]) => {
        const columns = [...schema.matchAll(/(\w+): (\w+)/g)].map(([, column, type]) => ({
          name: column,
          type,
        }));
        columns.push({ name: INGESTED, type: 'datetime' });
        const cells = (row) =>
          columns.map(({ name: column, type }) => row[column] ?? (type === 'string' ? '' : null));
        return [name, { columns, rows: (rows[name] ?? []).map(cells) }];
      }),
    ),
    functions: [{ name: FUNCTION_NAME, parameters: functionParameters(saved), body: saved.body }],
  };
}
