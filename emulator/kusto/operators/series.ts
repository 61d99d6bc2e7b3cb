import { aggregateOf } from '../aggregates.ts';
import { NotEvaluatedError } from '../errors.ts';
import { constantOf } from '../expressions/constants.ts';
import { scalarOf } from '../expressions.ts';
import { bin } from '../functions/numbers.ts';
import { automaticName, namedOf } from '../names.ts';
import { freeName, lazy, NO_PLACE, type Scope, withColumns } from '../scope.ts';
import { childOf, listsOf, type Node, nameOf, operandsOf } from '../syntax.ts';
import { type Column, keyOf, type Row, type Table, textOf, type Value } from '../values.ts';

/** make-series with from, to and step, and aggregates of one argument (https://learn.microsoft.com/en-us/kusto/query/make-series-operator). */
export function makeSeries(node: Node, input: Table, scope: Scope): Table {
  const inner = withColumns(scope, input.columns);
  const clause = childOf(node, 'MakeSeriesFromToStepClause');
  const bound = (kind: string) => {
    const part = clause === undefined ? undefined : childOf(clause, kind);
    const value = part === undefined ? undefined : operandsOf(part)[0];
    return value === undefined ? undefined : Number(constantOf(value, scope).value);
  };
  const [from, to, step] = [
    bound('MakeSeriesFromClause'),
    bound('MakeSeriesToClause'),
    bound('MakeSeriesStepClause'),
  ];
  const on = operandsOf(childOf(node, 'MakeSeriesOnClause') ?? node)[0];
  if (from === undefined || to === undefined || step === undefined || on === undefined)
    throw new NotEvaluatedError('make-series without from, to or step');
  const axis = scalarOf(on, inner);
  const keys = (
    listsOf(childOf(node, 'MakeSeriesByClause') ?? { kind: '', text: '', children: [] })[0] ?? []
  ).map((each) => ({ named: namedOf(each), scalar: scalarOf(namedOf(each).node, inner) }));
  const columns: Column[] = keys.map(({ named, scalar }) => ({
    name: named.name ?? automaticName(named.node, []),
    type: scalar.type,
  }));
  const series = (listsOf(node).at(-1) ?? [])
    .filter(({ kind }) => kind === 'MakeSeriesExpression')
    .map((each) => {
      const { name, node: call } = namedOf(each.children[0] ?? each);
      const preset = operandsOf(
        childOf(each, 'DefaultExpressionClause') ?? { kind: '', text: '', children: [] },
      )[0];
      const arguments_ = (listsOf(childOf(call, 'ExpressionList') ?? call)[0] ?? []).map((argument) =>
        scalarOf(argument, inner),
      );
      columns.push({ name: name ?? freeName(automaticName(call, columns), columns), type: 'dynamic' });
      return {
        aggregate: aggregateOf(nameOf(call.children[0] ?? call)),
        arguments_,
        preset: preset === undefined ? 0 : constantOf(preset, scope).value,
      };
    });
  columns.push({ name: automaticName(on, columns), type: 'dynamic' });
  const bins = Math.max(Math.ceil((to - from) / step), 0);
  return lazy(columns, function* () {
    const groups = new Map<string, { readonly key: Value[]; readonly cells: Map<number, Row[]> }>();
    for (const row of input.rows) {
      const at = axis.of(row, NO_PLACE);
      if (typeof at !== 'number' || at < from || at >= to) continue;
      const key = keys.map(({ scalar }) => scalar.of(row, NO_PLACE));
      const text = key.map(keyOf).join('\u0000');
      const group = groups.get(text) ?? { key, cells: new Map<number, Row[]>() };
      groups.set(text, group);
      const cell = Math.floor(bin(at - from, step, 'long') / step);
      group.cells.set(cell, [...(group.cells.get(cell) ?? []), row]);
    }
    const stamps = Array.from({ length: bins }, (_, cell) => textOf(axis.type, from + cell * step));
    for (const { key, cells } of groups.values()) {
      const lists = series.map(({ aggregate, arguments_, preset }) =>
        Array.from({ length: bins }, (_, cell) => {
          const rows = cells.get(cell);
          if (rows === undefined) return preset;
          const under = aggregate.begin(arguments_.map(({ type }) => type));
          for (const row of rows) under.add(arguments_.map((argument) => argument.of(row, NO_PLACE)));
          return under.result();
        }),
      );
      yield [...key, ...lists, stamps];
    }
  });
}
