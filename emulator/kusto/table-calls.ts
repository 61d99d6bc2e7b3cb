import { QueryError } from './errors.ts';
import { constantOf } from './expressions/constants.ts';
import { namedOf } from './names.ts';
import { type Binding, type Parameter, type Scope, withName } from './scope.ts';
import { childOf, listsOf, type Node, nameOf } from './syntax.ts';
import { convert, type Table } from './values.ts';

/** The table of a name, or what a function without arguments gives. */
export function namedTable(name: string, scope: Scope): Table {
  const binding = scope.names.get(name);
  if (binding?.kind === 'table') return binding.table;
  if (binding?.kind === 'function') return invoked(binding, [], undefined, scope);
  throw new QueryError('SEM0100', `Failed to resolve table or column expression named '${name}'`);
}

/** What a tabular function gives; `input` is the table before an invoke. */
export function callTable(node: Node, input: Table | undefined, scope: Scope): Table {
  const name = nameOf(node.children[0] ?? node);
  const arguments_ = listsOf(childOf(node, 'ExpressionList') ?? node)[0] ?? [];
  if (name === 'table' && arguments_[0] !== undefined)
    return namedTable(String(constantOf(arguments_[0], scope).value), scope);
  const binding = scope.names.get(name);
  if (binding?.kind !== 'function')
    throw new QueryError('SEM0100', `Failed to resolve table or column expression named '${name}'`);
  return invoked(binding, arguments_, input, scope);
}

function invoked(
  binding: Extract<Binding, { kind: 'function' }>,
  arguments_: readonly Node[],
  input: Table | undefined,
  scope: Scope,
): Table {
  let inner = binding.scope;
  const values = [...arguments_];
  binding.parameters.forEach((parameter, at) => {
    if (at === 0 && input !== undefined)
      inner = withName(inner, parameter.name, { kind: 'table', table: input });
    else {
      const byName = values.find((each) => namedOf(each).name === parameter.name);
      const inPlace = values[input === undefined ? at : at - 1];
      // What is given by another name stands for that one alone.
      const byPlace = inPlace === undefined || namedOf(inPlace).name === undefined ? inPlace : undefined;
      const given = byName === undefined ? byPlace : namedOf(byName).node;
      inner = withName(
        inner,
        parameter.name,
        bound(given ?? parameter.preset, given === undefined ? binding.scope : scope, parameter),
      );
    }
  });
  const { scope: within, last } = scope.statementsOf(binding.body, inner);
  return scope.tableOf(last, within);
}

/** What a parameter stands for in a call. */
export function bound(node: Node | undefined, scope: Scope, parameter: Parameter): Binding {
  if (node === undefined)
    throw new QueryError('SEM0219', `The function expects an argument '${parameter.name}'`);
  if (parameter.type === undefined)
    return { kind: 'table', table: scope.tableOf(node, { ...scope, columns: [] }) };
  const { type, value } = constantOf(node, scope);
  return { kind: 'scalar', type: parameter.type, value: convert(type, parameter.type, value) };
}
