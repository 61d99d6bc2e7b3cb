import type { Plan } from '../aggregates/plan.ts';
import { planOf } from '../aggregates/plans.ts';
import { scalarOf } from '../expressions.ts';
import { automaticName, namedOf } from '../names.ts';
import { freeName, lazy, NO_PLACE, type Scalar, type Scope, withColumns } from '../scope.ts';
import { childOf, listsOf, type Node } from '../syntax.ts';
import { type Column, keyOf, type Table, type Value } from '../values.ts';

/** https://learn.microsoft.com/en-us/kusto/query/summarize-operator */
export function summarize(node: Node, input: Table, scope: Scope): Table {
  const inner = withColumns(scope, input.columns);
  const by = childOf(node, 'SummarizeByClause');
  const keys: { readonly column: Column; readonly scalar: Scalar }[] = [];
  for (const element of by === undefined ? [] : (listsOf(by)[0] ?? [])) {
    const { name, node: expression } = namedOf(element);
    const scalar = scalarOf(expression, inner);
    const made = keys.map(({ column }) => column);
    keys.push({
      column: { name: name ?? freeName(automaticName(expression, made), made), type: scalar.type },
      scalar,
    });
  }
  const columns = keys.map(({ column }) => column);
  const plans: Plan[] = [];
  for (const element of listsOf(node).at(-1) ?? []) {
    if (listsOf(node).length < 2) break;
    const plan = planOf(element, inner, columns);
    plans.push(plan);
    columns.push(...plan.columns);
  }
  return lazy(columns, function* () {
    const groups = new Map<string, { readonly key: Value[]; readonly under: ReturnType<Plan['begin']>[] }>();
    const begin = (key: Value[]) => ({ key, under: plans.map((plan) => plan.begin()) });
    if (by === undefined) groups.set('', begin([]));
    for (const row of input.rows) {
      const key = keys.map(({ scalar }) => scalar.of(row, NO_PLACE));
      const text = key.length === 1 ? keyOf(key[0] ?? null) : key.map(keyOf).join('\u0000');
      let group = groups.get(text);
      if (group === undefined) {
        group = begin(key);
        groups.set(text, group);
      }
      for (const each of group.under) each.add(row);
    }
    for (const { key, under } of groups.values()) yield [...key, ...under.flatMap((each) => each.result())];
  });
}
