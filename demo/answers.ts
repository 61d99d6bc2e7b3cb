/** The project's security queries, executed on what the demo has in its table. */
import { readFileSync } from 'node:fs';
import { evaluate, type Workspace } from '../emulator/kusto/evaluate.ts';
import { INGESTED } from '../emulator/kusto/scope.ts';
import { type Column, parseDate, textOf, type Value } from '../emulator/kusto/values.ts';
import { bindQuery, FUNCTION_NAME, functionParameters, readQueries } from '../infra/generate/queries.ts';
import { kqlTables, TABLE } from '../infra/generate/schema.ts';

export interface Answer {
  readonly title: string;
  readonly question: string;
  readonly query: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

type Cells = Readonly<Record<string, unknown>>;

/** @param now ms since the epoch */
export function securityAnswers(table: readonly Cells[], now: number): Answer[] {
  const queries = readQueries();
  const saved = queries.get(FUNCTION_NAME);
  if (saved === undefined) throw new Error(`expected queries/${FUNCTION_NAME}.kql, got none`);
  const functions = [{ name: FUNCTION_NAME, parameters: functionParameters(saved), body: saved.body }];
  const workspace = { tables: new Map([[TABLE, activityOf(table)]]), functions } satisfies Workspace;
  return [...queries.values()]
    .filter(({ title }) => securityTitles().includes(title))
    .map((query) => {
      const text = bindQuery(query, {});
      const { columns, rows } = evaluate(text, workspace, now);
      const shown = [...rows].map((row) => row.map((value, at) => cell(columns[at], value)));
      return { ...query, query: text, columns: columns.map(({ name }) => name), rows: shown };
    });
}

/** The headings of the gallery's section, in its order. */
function securityTitles(): string[] {
  const gallery = readFileSync(new URL('../docs/queries.md', import.meta.url), 'utf8');
  const section = gallery.split(/^## Security$/m)[1]?.split(/^## /m)[0] ?? '';
  return [...section.matchAll(/^### (.+)$/gm)].map(([, title = '']) => title);
}

function activityOf(table: readonly Cells[]) {
  const schema = kqlTables()[TABLE] ?? '';
  const known = [...schema.matchAll(/(\w+): (\w+)/g)].map(
    ([, name = '', type = '']): Column => ({ name, type: type as Column['type'] }),
  );
  const columns: Column[] = [...known, { name: INGESTED, type: 'datetime' }];
  const rows = table.map((cells) => columns.map(({ name, type }) => cellOf(cells, name, type)));
  return { columns, rows };
}

function cellOf(cells: Cells, name: string, type: Column['type']): Value {
  const value = name === INGESTED ? cells.receivedAt : cells[name];
  if (value === undefined || value === null) return type === 'string' ? '' : null;
  if (type === 'datetime' && typeof value === 'string') return parseDate(value);
  return value as Value;
}

function cell(column: Column | undefined, value: Value): string {
  if (column === undefined || value === null) return '';
  const text = textOf(column.type, value);
  return column.type === 'datetime' ? text.slice(0, 19).replace('T', ' ') : text;
}
