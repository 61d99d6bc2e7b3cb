import { scalarOf } from '../expressions.ts';
import { automaticName, namedOf } from '../names.ts';
import { freeName, type Scalar, type Scope } from '../scope.ts';
import { type Node, nameOf } from '../syntax.ts';
import { type Column, nullOf, type Table, type Value } from '../values.ts';
import { serially } from './rows.ts';

const NEEDS_PLACE = /\b(row_number|prev|next|row_cumsum)\s*\(/;

/** https://learn.microsoft.com/en-us/kusto/query/extend-operator */
export function extend(elements: readonly Node[], input: Table, scope: Scope): Table {
  const columns = [...input.columns];
  const made: { readonly at: number; readonly scalar: Scalar }[] = [];
  for (const element of elements) {
    const { name, names, node } = namedOf(element);
    const scalar = scalarOf(node, scope);
    const targets = names.length > 1 ? names : [name ?? freeName(automaticName(node, columns), columns)];
    targets.forEach((target, index) => {
      const of = names.length > 1 ? elementAt(scalar, index) : scalar;
      const there = columns.findIndex((column) => column.name === target);
      const at = there < 0 ? columns.length : there;
      columns[at] = { name: target, type: of.type };
      made.push({ at, scalar: of });
    });
  }
  const placed = elements.some(({ text }) => NEEDS_PLACE.test(text));
  return serially(
    input,
    columns,
    (row, place) => {
      const next = [...row];
      for (const { at, scalar } of made) next[at] = scalar.of(row, place);
      return next;
    },
    placed,
  );
}

function elementAt(scalar: Scalar, index: number): Scalar {
  return {
    type: 'dynamic',
    of: (row, place) => {
      const value = scalar.of(row, place);
      return Array.isArray(value) ? ((value[index] ?? null) as Value) : null;
    },
  };
}

/** https://learn.microsoft.com/en-us/kusto/query/project-operator */
export function project(elements: readonly Node[], input: Table, scope: Scope): Table {
  const columns: Column[] = [];
  const scalars: Scalar[] = [];
  for (const element of elements) {
    const { name, node } = namedOf(element);
    if (node.kind === 'StarExpression') {
      input.columns.forEach((column, at) => {
        columns.push(column);
        scalars.push({ type: column.type, of: (row) => row[at] ?? nullOf(column.type) });
      });
      continue;
    }
    const scalar = scalarOf(node, scope);
    columns.push({ name: name ?? freeName(automaticName(node, columns), columns), type: scalar.type });
    scalars.push(scalar);
  }
  return serially(
    input,
    columns,
    (row, place) => scalars.map((scalar) => scalar.of(row, place)),
    elements.some(({ text }) => NEEDS_PLACE.test(text)),
  );
}

/** The table with these of its columns, in this order. */
export function picked(input: Table, columns: readonly Column[]): Table {
  const at = columns.map((column) => input.columns.indexOf(column));
  return serially(input, columns, (row) =>
    at.map((index, column) => row[index] ?? nullOf(columns[column]?.type ?? 'dynamic')),
  );
}

/** Whether one of the names, or patterns with an asterisk, stands for a column. */
export function matcher(elements: readonly Node[]): (name: string) => boolean {
  const patterns = elements.map(
    (element) =>
      new RegExp(
        `^${nameOf(element.kind === 'OrderedExpression' ? (element.children[0] ?? element) : element)
          .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '.*')}$`,
      ),
  );
  return (name) => patterns.some((pattern) => pattern.test(name));
}
