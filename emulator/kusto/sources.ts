import { NotEvaluatedError } from './errors.ts';
import { constantOf } from './expressions/constants.ts';
import { scalarOf } from './expressions.ts';
import { typeNamed } from './literals.ts';
import { namedOf } from './names.ts';
import { lazy, NO_PLACE, type Scope } from './scope.ts';
import { childOf, listsOf, type Node, nameOf, operandsOf } from './syntax.ts';
import { convert, nullOf, type Row, type Table } from './values.ts';

/** https://learn.microsoft.com/en-us/kusto/query/datatable-operator */
export function dataTable(node: Node, scope: Scope): Table {
  const schema = listsOf(childOf(node, 'RowSchema') ?? node)[0] ?? [];
  const columns = schema.map((each) => ({
    name: nameOf(each.children[0] ?? each),
    type: typeNamed(each.children.at(-1) ?? each),
  }));
  const values = (listsOf(node).at(-1) ?? []).map((each) => constantOf(each, scope));
  const rows: Row[] = [];
  for (let at = 0; at < values.length; at += columns.length) {
    rows.push(
      columns.map(({ type }, index) => {
        const given = values[at + index];
        return given === undefined ? nullOf(type) : convert(given.type, type, given.value);
      }),
    );
  }
  return { columns, rows };
}

/** https://learn.microsoft.com/en-us/kusto/query/range-operator */
export function range(node: Node, scope: Scope): Table {
  const [name, from, to, step] = operandsOf(node);
  if (name === undefined || from === undefined || to === undefined || step === undefined)
    throw new NotEvaluatedError(node.text);
  const [start, end, by] = [
    constantOf(from, scope),
    Number(constantOf(to, scope).value),
    Number(constantOf(step, scope).value),
  ];
  return lazy([{ name: nameOf(name), type: start.type }], function* () {
    for (let at = Number(start.value); by > 0 ? at <= end : at >= end; at += by) yield [at];
  });
}

/** https://learn.microsoft.com/en-us/kusto/query/print-operator */
export function print(node: Node, scope: Scope): Table {
  const named = (listsOf(node).at(-1) ?? []).map((each, at) =>
    namedOf(each).name === undefined ? { ...namedOf(each), name: `print_${at}` } : namedOf(each),
  );
  const scalars = named.map((each) => scalarOf(each.node, { ...scope, columns: [] }));
  const columns = scalars.map(({ type }, at) => ({ name: named[at]?.name ?? '', type }));
  return lazy(columns, () => [scalars.map((scalar) => scalar.of([], NO_PLACE))]);
}
