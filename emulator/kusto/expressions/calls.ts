import { NotEvaluatedError } from '../errors.ts';
import { FUNCTIONS } from '../functions.ts';
import { NO_PLACE, type Place, type Scalar, type Scope, withName } from '../scope.ts';
import { childOf, listsOf, type Node, nameOf } from '../syntax.ts';
import type { Row } from '../values.ts';
import { constantOf } from './constants.ts';
import { named } from './names.ts';
import { only } from './operands.ts';
import { SPECIAL } from './places.ts';
import { toScalar } from './to-scalar.ts';

/** A call of a function: one of Kusto, of the query or of the workspace. */
export function call(node: Node, scope: Scope): Scalar {
  const name = nameOf(only(node.children[0], node));
  const nodes = listsOf(childOf(node, 'ExpressionList') ?? node)[0] ?? [];
  const binding = scope.names.get(name);
  if (binding?.kind === 'function') return userFunction(name, nodes, scope);
  if (name === 'column_ifexists' || name === 'columnifexists') {
    const [column, otherwise] = nodes;
    const wanted = String(constantOf(only(column, node), scope).value);
    const there = scope.columns.some((each) => each.name === wanted);
    return there ? named(wanted, scope) : scope.scalarOf(only(otherwise, node), scope);
  }
  const arguments_ = nodes.map((each) => scope.scalarOf(each, scope));
  const special = Object.hasOwn(SPECIAL, name) ? SPECIAL[name] : undefined;
  if (special !== undefined) return special(arguments_, scope, nodes);
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (known === undefined) throw new NotEvaluatedError(`the function ${name}()`);
  const types = arguments_.map(({ type }) => type);
  return {
    type: known.type(types),
    of: (row, place) =>
      known.of(
        arguments_.map((argument) => argument.of(row, place)),
        types,
      ),
  };
}

/** A scalar function of the query or the workspace: its body with the arguments' values as names. */
function userFunction(name: string, nodes: readonly Node[], scope: Scope): Scalar {
  const binding = scope.names.get(name);
  if (binding?.kind !== 'function') throw new NotEvaluatedError(`the function ${name}()`);
  const arguments_ = nodes.map((each) => scope.scalarOf(each, scope));
  const compile = (row: Row, place: Place): Scalar => {
    let inner = binding.scope;
    binding.parameters.forEach((parameter, at) => {
      const argument = arguments_[at];
      const given =
        argument === undefined
          ? constantOf(only(parameter.preset, nodes[0] ?? binding.body), binding.scope)
          : { type: argument.type, value: argument.of(row, place) };
      inner = withName(inner, parameter.name, { kind: 'scalar', type: given.type, value: given.value });
    });
    return bodyOf(binding.body, inner);
  };
  const type = compile([], NO_PLACE).type;
  return { type, of: (row, place) => compile(row, place).of([], NO_PLACE) };
}

function bodyOf(body: Node, scope: Scope): Scalar {
  const { scope: inner, last } = scope.statementsOf(body, scope);
  return toScalar(last, inner);
}
