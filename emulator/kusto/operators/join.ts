import { NotEvaluatedError } from '../errors.ts';
import { freeName, INGESTED, lazy, type Scope } from '../scope.ts';
import { childOf, listsOf, type Node, nameOf, operandsOf } from '../syntax.ts';
import { keyOf, nullOf, type Row, type Table } from '../values.ts';

type Kind =
  | 'inner'
  | 'innerunique'
  | 'leftouter'
  | 'rightouter'
  | 'fullouter'
  | 'leftanti'
  | 'leftsemi'
  | 'rightanti'
  | 'rightsemi';

/** A parameter of an operator, such as kind=leftouter. */
export function parameterOf(node: Node, name: string): string | undefined {
  for (const list of listsOf(node)) {
    for (const each of list) {
      if (each.kind === 'NamedParameter' && nameOf(each.children[0] ?? each) === name)
        return each.children.at(-1)?.text.trim();
    }
  }
  return undefined;
}

/**
 * join and lookup. The columns of `on` stand twice in a join, the right ones renamed, and once in a lookup.
 * (https://learn.microsoft.com/en-us/kusto/query/join-operator)
 */
export function join(node: Node, left: Table, scope: Scope): Table {
  const lookup = node.kind === 'LookupOperator';
  const asked = parameterOf(node, 'kind') ?? (lookup ? 'leftouter' : 'innerunique');
  const kind = asked
    .replace(/^anti$/, 'leftanti')
    .replace(/^leftantisemi$/, 'leftanti')
    .replace(/^rightantisemi$/, 'rightanti') as Kind;
  const clause = childOf(node, 'JoinOnClause');
  const source = operandsOf(node).find((each) => each !== clause);
  if (source === undefined || clause === undefined) throw new NotEvaluatedError(`${node.kind} without "on"`);
  const right = scope.tableOf(source, { ...scope, columns: [] });
  const pairs = (listsOf(clause)[0] ?? []).map((each) => pairOf(each));
  const leftAt = pairs.map(([name]) => place(left, name));
  const rightAt = pairs.map(([, name]) => place(right, name));
  if (kind === 'leftsemi' || kind === 'leftanti')
    return filtered(left, leftAt, right, rightAt, kind === 'leftsemi');
  if (kind === 'rightsemi' || kind === 'rightanti')
    return filtered(right, rightAt, left, leftAt, kind === 'rightsemi');
  const kept = right.columns
    .map((column, at) => ({ column, at }))
    .filter(({ column, at }) => column.name !== INGESTED && !(lookup && rightAt.includes(at)));
  const columns = [...left.columns];
  for (const { column } of kept) columns.push({ name: freeName(column.name, columns), type: column.type });
  const noLeft = left.columns.map(({ type }) => nullOf(type));
  const noRight = kept.map(({ column }) => nullOf(column.type));
  return lazy(columns, function* () {
    const byKey = indexed(right, rightAt);
    const used = new Set<Row>();
    const seen = new Set<string>();
    for (const row of left.rows) {
      const key = keyAt(row, leftAt);
      if (kind === 'innerunique') {
        if (key !== undefined && seen.has(key)) continue;
        if (key !== undefined) seen.add(key);
      }
      const matches = key === undefined ? [] : (byKey.get(key) ?? []);
      for (const match of matches) {
        used.add(match);
        yield [...row, ...kept.map(({ at }) => match[at] ?? null)];
      }
      if (matches.length === 0 && (kind === 'leftouter' || kind === 'fullouter')) yield [...row, ...noRight];
    }
    if (kind !== 'rightouter' && kind !== 'fullouter') return;
    for (const row of right.rows)
      if (!used.has(row)) yield [...noLeft, ...kept.map(({ at }) => row[at] ?? null)];
  });
}

function pairOf(node: Node): readonly [left: string, right: string] {
  if (node.kind === 'NameReference') return [nameOf(node), nameOf(node)];
  const sides = new Map(
    operandsOf(node).map((side) => {
      const [table, column] = side.text.trim().split('.');
      return [table?.trim(), column?.trim() ?? ''];
    }),
  );
  return [sides.get('$left') ?? '', sides.get('$right') ?? ''];
}

function place(table: Table, name: string): number {
  const at = table.columns.findIndex((column) => column.name === name);
  if (at < 0) throw new NotEvaluatedError(`the column ${name} in a join`);
  return at;
}

/** Null never equals null; a string is never null. */
function keyAt(row: Row, at: readonly number[]): string | undefined {
  const values = at.map((index) => row[index] ?? null);
  return values.includes(null) ? undefined : values.map(keyOf).join('\u0000');
}

function indexed(table: Table, at: readonly number[]): Map<string, Row[]> {
  const byKey = new Map<string, Row[]>();
  for (const row of table.rows) {
    const key = keyAt(row, at);
    if (key === undefined) continue;
    const there = byKey.get(key);
    if (there === undefined) byKey.set(key, [row]);
    else there.push(row);
  }
  return byKey;
}

function filtered(
  kept: Table,
  at: readonly number[],
  other: Table,
  otherAt: readonly number[],
  present: boolean,
): Table {
  return lazy(kept.columns, function* () {
    const keys = new Set<string>();
    for (const row of other.rows) {
      const key = keyAt(row, otherAt);
      if (key !== undefined) keys.add(key);
    }
    for (const row of kept.rows) {
      const key = keyAt(row, at);
      if ((key !== undefined && keys.has(key)) === present) yield row;
    }
  });
}
