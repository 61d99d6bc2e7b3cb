import { NotEvaluatedError, QueryError, refusalOf } from './errors.ts';
import { scalarOf } from './expressions.ts';
import { tableOf } from './operators.ts';
import { type Binding, INGESTED, lazy, type Scope } from './scope.ts';
import { parametersOf, statementsOf } from './statements.ts';
import { childOf, type Member, parse } from './syntax.ts';
import { namedTable } from './table-calls.ts';
import type { Column, Table } from './values.ts';

/** A function saved in the workspace, in the notation of KQL. */
export interface SavedFunction {
  readonly name: string;
  /** Such as "days:long = 7"; empty where it has none. */
  readonly parameters: string;
  readonly body: string;
}

/** What a query can ask for. */
export interface Workspace {
  readonly tables: ReadonlyMap<string, Table>;
  readonly functions: readonly SavedFunction[];
}

/**
 * Runs a query. What it computes depends on its arguments alone.
 * @param now the service's clock, ms since the epoch
 * @throws QueryError as the service refuses, NotEvaluatedError for what this evaluator does not know
 */
export function evaluate(query: string, workspace: Workspace, now: number): Table {
  const whole = globalScope(workspace, now);
  const { root, faults } = parse(
    query,
    membersOf(workspace).map((member) => inShort(member, whole)),
  );
  const [fault] = faults;
  if (fault !== undefined) throw refusalOf(fault, query);
  const { scope, last } = statementsOf(root, whole);
  const { columns, rows } = scope.tableOf(last, scope);
  const shown = columns
    .map((column, at) => ({ column, at }))
    .filter(({ column }) => column.name !== INGESTED);
  return {
    columns: shown.map(({ column }) => column),
    rows: [...rows].map((row) => shown.map(({ at }) => row[at] ?? null)),
  };
}

function globalScope(workspace: Workspace, now: number): Scope {
  const names = new Map<string, Binding>();
  for (const [name, table] of workspace.tables) names.set(name, { kind: 'table', table: withItemIds(table) });
  const scope: Scope = { columns: [], names, now, scalarOf, tableOf, statementsOf };
  for (const { name, parameters, body } of workspace.functions) {
    const { root, faults } = parse(
      `let ${name} = (${parameters}) {\n${body}\n};\nprint 1`,
      membersOf(workspace).filter((member) => !('function' in member && member.function === name)),
    );
    if (faults[0] !== undefined)
      throw new QueryError('SEM0001', `The function ${name}: ${faults[0].message}`);
    const declaration = root.children
      .flatMap(({ children }) => children)
      .find(({ kind }) => kind === 'LetStatement');
    const made = declaration === undefined ? undefined : childOf(declaration, 'FunctionDeclaration');
    const inside = made === undefined ? undefined : childOf(made, 'FunctionBody');
    if (made === undefined || inside === undefined)
      throw new QueryError('SYN0002', `The function ${name} has no body`);
    names.set(name, {
      kind: 'function',
      parameters: parametersOf(childOf(made, 'FunctionParameters') ?? made),
      body: inside,
      scope,
    });
  }
  return scope;
}

/**
 * The service gives each record an id of its own, which no sender can give
 * (https://learn.microsoft.com/en-us/azure/azure-monitor/logs/log-standard-columns).
 */
function withItemIds({ columns, rows }: Table): Table {
  const at = columns.findIndex(({ name }) => name === '_ItemId');
  if (at < 0) return { columns, rows };
  return lazy(columns, function* () {
    let number = 0;
    for (const row of rows) {
      number += 1;
      const has = row[at] !== null && row[at] !== '' && row[at] !== undefined;
      yield has ? row : row.with(at, `item-${number}`);
    }
  });
}

function membersOf({ tables, functions }: Workspace): Member[] {
  return [
    ...[...tables].map(([table, { columns }]) => ({ table, schema: schemaOf(columns) })),
    ...functions.map(({ name, parameters, body }) => ({
      function: name,
      parameters: `(${parameters})`,
      body: `{ ${body}\n}`,
    })),
  ];
}

/**
 * A function by the columns that it gives, where it needs no argument to give a table: its body has been judged already,
 * and to judge it once more in every query that calls it takes most of the time.
 */
function inShort(member: Member, scope: Scope): Member {
  if (!('function' in member)) return member;
  const binding = scope.names.get(member.function);
  if (binding?.kind !== 'function' || binding.parameters.some(({ preset }) => preset === undefined))
    return member;
  try {
    const { columns } = namedTable(member.function, scope);
    return { ...member, body: `{ datatable${schemaOf(columns)}[] }` };
  } catch (error) {
    if (error instanceof NotEvaluatedError) return member;
    throw error;
  }
}

function schemaOf(columns: readonly Column[]): string {
  return `(${columns
    .filter(({ name }) => name !== INGESTED)
    .map(({ name, type }) => `['${name}']: ${type}`)
    .join(', ')})`;
}
