import { type Accumulator, aggregateOf, percentileOf } from './aggregates.ts';
import { NotEvaluatedError } from './errors.ts';
import { constantOf, scalarOf } from './expressions.ts';
import { freeName, INGESTED, lazy, NO_PLACE, type Scalar, type Scope, withColumns } from './scope.ts';
import { childOf, isToken, listsOf, type Node, nameOf } from './syntax.ts';
import { type Column, compare, keyOf, nullOf, type Row, type Table, type Value } from './values.ts';

/** One aggregate of a summarize: the columns it makes, and an accumulator for each group. */
interface Plan {
  readonly columns: readonly Column[];
  readonly begin: () => { add(row: Row): void; result(): readonly Value[] };
}

/** An expression and the name that its column gets. */
export interface Named {
  readonly name: string | undefined;
  readonly names: readonly string[];
  readonly node: Node;
}

export function namedOf(node: Node): Named {
  const value = node.children.at(-1);
  if (node.kind === 'SimpleNamedExpression' && value !== undefined) {
    return { name: nameOf(node.children[0] ?? node), names: [], node: value };
  }
  if (node.kind === 'CompoundNamedExpression' && value !== undefined) {
    const names = listsOf(childOf(node, 'RenameList') ?? node)[0]?.map(nameOf) ?? [];
    return { name: names[0], names, node: value };
  }
  return { name: undefined, names: [], node };
}

/** The name that Kusto gives a column without one (https://learn.microsoft.com/en-us/kusto/query/project-operator). */
export function automaticName(node: Node, columns: readonly { readonly name: string }[]): string {
  switch (node.kind) {
    case 'NameReference':
      return nameOf(node);
    case 'PathExpression':
      return node.text.replaceAll('.', '_').replace(/[^\w]/g, '_');
    case 'FunctionCallExpression': {
      const name = nameOf(node.children[0] ?? node);
      const [first] = listsOf(childOf(node, 'ExpressionList') ?? node)[0] ?? [];
      const column =
        first !== undefined && (first.kind === 'NameReference' || first.kind === 'PathExpression')
          ? automaticName(first, columns)
          : '';
      if (/^(bin|floor|take_any|any)$/.test(name) && column !== '') return column;
      return `${name}_${column}`;
    }
    default:
      return freeName('Column1', columns);
  }
}

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

function planOf(element: Node, scope: Scope, taken: readonly Column[]): Plan {
  const { name, names, node } = namedOf(element);
  if (node.kind !== 'FunctionCallExpression' || !isAggregate(node)) return computed(node, name, scope, taken);
  const called = nameOf(node.children[0] ?? node);
  const nodes = listsOf(childOf(node, 'ExpressionList') ?? node)[0] ?? [];
  if (called === 'arg_max' || called === 'arg_min')
    return extremeRow(called, nodes, name, names, scope, taken);
  if (
    (called === 'take_any' || called === 'any') &&
    (nodes.length > 1 || nodes[0]?.kind === 'StarExpression')
  )
    return anyRow(nodes, scope, taken);
  if (called === 'percentiles') return percentiles(nodes, names, scope, taken);
  const arguments_ = nodes.map((each) => scalarOf(each, scope));
  const types = arguments_.map(({ type }) => type);
  const aggregate = aggregateOf(called);
  const column = { name: name ?? freeName(automaticName(node, taken), taken), type: aggregate.type(types) };
  return {
    columns: [column],
    begin: () => {
      const under = aggregate.begin(types);
      return {
        add: (row) => under.add(arguments_.map((argument) => argument.of(row, NO_PLACE))),
        result: () => [under.result()],
      };
    },
  };
}

const NOT_AGGREGATES = /^(arg_max|arg_min|percentiles)$/;

function isAggregate(node: Node): boolean {
  const name = nameOf(node.children[0] ?? node);
  if (NOT_AGGREGATES.test(name)) return true;
  try {
    aggregateOf(name);
    return true;
  } catch {
    return false;
  }
}

/** An expression over aggregates, such as sum(a) / count(). */
function computed(node: Node, name: string | undefined, scope: Scope, taken: readonly Column[]): Plan {
  const parts: Plan[] = [];
  const rewritten = replaceAggregates(node, (call) => {
    parts.push(planOf(call, scope, []));
    return `$aggregate${parts.length - 1}`;
  });
  const columns = parts.map(
    (part, at) => ({ name: `$aggregate${at}`, type: part.columns[0]?.type ?? 'dynamic' }) as const,
  );
  const scalar = scalarOf(rewritten, withColumns(scope, columns));
  return {
    columns: [{ name: name ?? freeName(automaticName(node, taken), taken), type: scalar.type }],
    begin: () => {
      const under = parts.map((part) => part.begin());
      return {
        add: (row) => {
          for (const each of under) each.add(row);
        },
        result: () => [
          scalar.of(
            under.map((each) => each.result()[0] ?? null),
            NO_PLACE,
          ),
        ],
      };
    },
  };
}

function replaceAggregates(node: Node, nameFor: (call: Node) => string): Node {
  if (node.kind === 'FunctionCallExpression' && isAggregate(node)) {
    const text = nameFor(node);
    return { kind: 'NameReference', text, children: [] };
  }
  return {
    ...node,
    children: node.children.map((child) => (isToken(child) ? child : replaceAggregates(child, nameFor))),
  };
}

function columnsNamed(
  nodes: readonly Node[],
  scope: Scope,
): { readonly name: string; readonly scalar: Scalar }[] {
  return nodes.flatMap((node) =>
    node.kind === 'StarExpression'
      ? scope.columns.flatMap((column, at) =>
          column.name === INGESTED
            ? []
            : [
                {
                  name: column.name,
                  scalar: { type: column.type, of: (row: Row) => row[at] ?? nullOf(column.type) },
                },
              ],
        )
      : [{ name: automaticName(node, []), scalar: scalarOf(node, scope) }],
  );
}

function extremeRow(
  called: string,
  nodes: readonly Node[],
  name: string | undefined,
  names: readonly string[],
  scope: Scope,
  taken: readonly Column[],
): Plan {
  const [measure, ...others] = nodes;
  if (measure === undefined) throw new NotEvaluatedError(`${called}()`);
  const by = scalarOf(measure, scope);
  const own = name ?? automaticName(measure, taken);
  const rest = columnsNamed(others, scope).filter(
    (each) => each.name !== own && !taken.some((column) => column.name === each.name),
  );
  const direction = called === 'arg_max' ? 1 : -1;
  return {
    columns: [
      { name: own, type: by.type },
      ...rest.map((each, at) => ({ name: names[at + 1] ?? each.name, type: each.scalar.type })),
    ],
    begin: () => {
      let best: { value: Value; row: Row } | undefined;
      return {
        add: (row) => {
          const value = by.of(row, NO_PLACE);
          if (
            best === undefined ||
            (value !== null && (best.value === null || compare(value, best.value) * direction > 0))
          )
            best = { value, row };
        },
        result: () => [
          best?.value ?? nullOf(by.type),
          ...rest.map(({ scalar }) =>
            best === undefined ? nullOf(scalar.type) : scalar.of(best.row, NO_PLACE),
          ),
        ],
      };
    },
  };
}

function anyRow(nodes: readonly Node[], scope: Scope, taken: readonly Column[]): Plan {
  const picked = columnsNamed(nodes, scope).filter(
    ({ name }) => !taken.some((column) => column.name === name),
  );
  return {
    columns: picked.map(({ name, scalar }) => ({ name, type: scalar.type })),
    begin: () => {
      let one: Row | undefined;
      return {
        add: (row) => {
          one ??= row;
        },
        result: () =>
          picked.map(({ scalar }) => (one === undefined ? nullOf(scalar.type) : scalar.of(one, NO_PLACE))),
      };
    },
  };
}

function percentiles(
  nodes: readonly Node[],
  names: readonly string[],
  scope: Scope,
  taken: readonly Column[],
): Plan {
  const [of, ...at] = nodes;
  if (of === undefined) throw new NotEvaluatedError('percentiles()');
  const scalar = scalarOf(of, scope);
  const percents = at.map((each) => Number(constantOf(each, scope).value));
  return {
    columns: percents.map((percent, index) => ({
      name: names[index] ?? freeName(`percentile_${automaticName(of, taken)}_${percent}`, taken),
      type: scalar.type,
    })),
    begin: () => {
      const values: Value[] = [];
      return {
        add: (row) => {
          const value = scalar.of(row, NO_PLACE);
          if (value !== null) values.push(value);
        },
        result: () => {
          values.sort(compare);
          return percents.map((percent) => percentileOf(values, percent));
        },
      };
    },
  };
}

export type { Accumulator };
