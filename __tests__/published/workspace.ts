/** A workspace of crafted rows for the evaluator, with the function and what else a query may call. */
import { evaluate, type SavedFunction, type Workspace } from '../../emulator/kusto/evaluate.ts';
import { INGESTED } from '../../emulator/kusto/scope.ts';
import type { Column, Row, Type, Value } from '../../emulator/kusto/values.ts';
import { FUNCTION_NAME, functionParameters, readQueries } from '../../infra/generate/queries.ts';
import { kqlTables, TABLE } from '../../infra/generate/schema.ts';

export type Cells = Readonly<Record<string, unknown>>;

export const NOW = Date.parse('2026-11-21T00:00:00Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Rows by table; IngestedAt is when a row arrived. What a row does not name is null. */
export type Tables = Readonly<Record<string, readonly Cells[]>>;

const saved = readQueries().get(FUNCTION_NAME);
if (saved === undefined) throw new Error(`Expected a file queries/${FUNCTION_NAME}.kql.`);

export const FUNCTION: SavedFunction = {
  name: FUNCTION_NAME,
  parameters: functionParameters(saved),
  body: saved.body,
};

/** What may differ from the workspace of the templates: its clock, and the functions in it. */
export interface Setting {
  readonly now?: number;
  readonly saved?: SavedFunction;
  readonly functions?: readonly SavedFunction[];
}

export function workspaceOf(
  tables: Tables,
  { saved: own = FUNCTION, functions = [] }: Setting = {},
): Workspace {
  return {
    tables: new Map(
      Object.entries(kqlTables()).map(([name, schema]) => {
        const columns: Column[] = [...columnsOf(schema), { name: INGESTED, type: 'datetime' }];
        return [name, { columns, rows: (tables[name] ?? []).map((cells) => rowOf(columns, cells)) }];
      }),
    ),
    functions: [own, ...functions],
  };
}

/** The answer to a query on these rows, each row by the names of its columns. */
export function answer(
  query: string,
  rows: readonly Cells[] | Tables,
  setting: Setting = {},
): Record<string, Value>[] {
  const tables = isRows(rows) ? { [TABLE]: rows } : rows;
  const { columns, rows: found } = evaluate(query, workspaceOf(tables, setting), setting.now ?? NOW);
  return [...found].map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null])));
}

function isRows(rows: readonly Cells[] | Tables): rows is readonly Cells[] {
  return Array.isArray(rows);
}

let made = 0;

/** An event that happened and arrived so many hours before NOW; arrival is ten minutes later where nothing is said. */
export function event(hoursAgo: number, more: Cells = {}, arrivedHoursAgo = hoursAgo - 1 / 6): Cells {
  made += 1;
  const at = NOW - hoursAgo * HOUR;
  const arrived = NOW - arrivedHoursAgo * HOUR;
  return {
    ActivityId: `e${made}`,
    CreationTime: at,
    // https://learn.microsoft.com/en-us/azure/azure-monitor/logs/log-standard-columns#timegenerated
    TimeGenerated: arrived - at > 2 * DAY ? arrived : at,
    IngestedAt: arrived,
    RecordType: '20',
    OrganizationId: OWN_TENANT,
    UserId: 'ana@example.test',
    UserType: '0',
    IsSuccess: true,
    ...more,
  };
}

export const OWN_TENANT = '00000000-0000-4000-8000-0000000000aa';
export const OTHER_TENANT = '00000000-0000-4000-8000-0000000000bb';
export const NIL = '00000000-0000-0000-0000-000000000000';

function columnsOf(schema: string): Column[] {
  return [...schema.matchAll(/(\w+): (\w+)/g)].map(([, name = '', type = '']) => ({
    name,
    type: type as Type,
  }));
}

function rowOf(columns: readonly Column[], cells: Cells): Row {
  return columns.map(({ name, type }) => {
    const value = cells[name === INGESTED ? 'IngestedAt' : name];
    if (value === undefined || value === null) return type === 'string' ? '' : null;
    return value as Value;
  });
}
