import { NotEvaluatedError } from '../errors.ts';
import type { Scope } from '../scope.ts';
import { childOf, listsOf, type Node, nameOf, operandsOf } from '../syntax.ts';
import type { Table, Value } from '../values.ts';

/** https://learn.microsoft.com/en-us/kusto/query/bag-unpack-plugin */
export function bagUnpack(node: Node, input: Table, scope: Scope): Table {
  const [called] = operandsOf(node);
  const [bag] = called === undefined ? [] : (listsOf(childOf(called, 'ExpressionList') ?? called)[0] ?? []);
  if (called === undefined || bag === undefined || nameOf(called.children[0] ?? called) !== 'bag_unpack')
    throw new NotEvaluatedError(node.text);
  const at = scope.columns.findIndex(({ name }) => name === nameOf(bag));
  const rows = [...input.rows];
  const names = [...new Set(rows.flatMap((row) => Object.keys((row[at] ?? {}) as object)))];
  const typeOf = (name: string) => {
    const values = rows
      .map((row) => (row[at] as Record<string, unknown> | null)?.[name])
      .filter((value) => value !== undefined && value !== null);
    return values.every((value) => typeof value === 'string')
      ? 'string'
      : values.every((value) => Number.isInteger(value))
        ? 'long'
        : values.every((value) => typeof value === 'number')
          ? 'real'
          : values.every((value) => typeof value === 'boolean')
            ? 'bool'
            : 'dynamic';
  };
  const columns = [
    ...input.columns.filter((_, index) => index !== at),
    ...names.map((name) => ({ name, type: typeOf(name) }) as const),
  ];
  return {
    columns,
    rows: rows.map((row) => [
      ...row.filter((_, index) => index !== at),
      ...names.map((name) => (row[at] as Record<string, Value> | null)?.[name] ?? null),
    ]),
  };
}
