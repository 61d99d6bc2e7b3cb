import { aggregateOf } from '../aggregates.ts';
import { scalarOf } from '../expressions.ts';
import { automaticName, namedOf } from '../names.ts';
import { freeName, NO_PLACE, type Scope, withColumns } from '../scope.ts';
import { childOf, isToken, listsOf, type Node, nameOf } from '../syntax.ts';
import type { Column } from '../values.ts';
import { percentiles } from './percentiles.ts';
import type { Plan } from './plan.ts';
import { anyRow, extremeRow } from './whole-rows.ts';

/** What an element of summarize computes. */
export function planOf(element: Node, scope: Scope, taken: readonly Column[]): Plan {
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
