import { NotEvaluatedError } from '../errors.ts';
import { scalarOf } from '../expressions.ts';
import { typeNamed } from '../literals.ts';
import { automaticName, namedOf } from '../names.ts';
import { freeName, lazy, NO_PLACE, type Scalar, type Scope, withColumns } from '../scope.ts';
import { childOf, listsOf, type Node, operandsOf } from '../syntax.ts';
import { type Column, convert, nullOf, type Row, type Table, type Type, type Value } from '../values.ts';
import { parameterOf } from './join.ts';

interface Expansion {
  readonly at: number;
  readonly type: Type;
  readonly scalar: Scalar;
}

/** https://learn.microsoft.com/en-us/kusto/query/mv-expand-operator: a row without elements stays, with null. */
export function expand(node: Node, input: Table, scope: Scope): Table {
  const { columns, expansions } = expansionsOf(node, 'MvExpandExpression', input, scope);
  const asPairs = [parameterOf(node, 'kind'), parameterOf(node, 'bagexpansion')].includes('array');
  return lazy(columns, function* () {
    for (const row of input.rows) yield* elementsOf(row, expansions, columns, true, asPairs);
  });
}

/** https://learn.microsoft.com/en-us/kusto/query/mv-apply-operator: the chain in brackets runs once for each row. */
export function expandApply(
  node: Node,
  input: Table,
  scope: Scope,
  apply: (chain: Node, table: Table) => Table,
): Table {
  const { columns, expansions } = expansionsOf(node, 'MvApplyExpression', input, scope);
  const [chain] = operandsOf(childOf(node, 'MvApplySubqueryExpression') ?? node);
  if (chain === undefined) throw new NotEvaluatedError(node.text);
  const shape = apply(chain, { columns, rows: [] }).columns;
  const kept = input.columns
    .map((column, at) => ({ column, at }))
    .filter(({ column }) => !shape.some(({ name }) => name === column.name));
  return lazy([...kept.map(({ column }) => column), ...shape], function* () {
    for (const row of input.rows) {
      const inside: Table = { columns, rows: [...elementsOf(row, expansions, columns, false)] };
      for (const made of apply(chain, inside).rows) yield [...kept.map(({ at }) => row[at] ?? null), ...made];
    }
  });
}

function expansionsOf(
  node: Node,
  kind: string,
  input: Table,
  scope: Scope,
): { readonly columns: readonly Column[]; readonly expansions: readonly Expansion[] } {
  const columns = [...input.columns];
  const inner = withColumns(scope, input.columns);
  const expansions = (listsOf(node).at(-1) ?? [])
    .filter((each) => each.kind === kind)
    .map((each): Expansion => {
      const { name, node: expression } = namedOf(each.children[0] ?? each);
      const typed = childOf(each, 'ToTypeOfClause');
      const type = typed === undefined ? 'dynamic' : typeNamed(typed.children.at(-1) ?? typed);
      const target = name ?? automaticName(expression, columns);
      const there = columns.findIndex((column) => column.name === target);
      const at = there < 0 ? columns.length : there;
      columns[at] = { name: there < 0 ? freeName(target, columns) : target, type };
      return { at, type, scalar: scalarOf(expression, inner) };
    });
  return { columns, expansions };
}

function* elementsOf(
  row: Row,
  expansions: readonly Expansion[],
  columns: readonly Column[],
  keepEmpty: boolean,
  asPairs = false,
): Generator<Row, void> {
  const lists = expansions.map(({ scalar }) => listed(scalar.of(row, NO_PLACE), asPairs));
  const most = Math.max(...lists.map((list) => list.length), keepEmpty ? 1 : 0);
  for (let index = 0; index < most; index += 1) {
    const next = [...row];
    expansions.forEach(({ at, type }, which) => {
      const value = (lists[which]?.[index] ?? null) as Value;
      next[at] = value === null ? nullOf(columns[at]?.type ?? 'dynamic') : convert('dynamic', type, value);
    });
    yield next;
  }
}

/** The elements of an array; the properties of a bag, each as a bag or a pair of its own; a single value as itself. */
function listed(value: Value, asPairs: boolean): readonly unknown[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value;
  return typeof value === 'object'
    ? Object.entries(value).map(([name, each]) => (asPairs ? [name, each] : { [name]: each }))
    : [value];
}
