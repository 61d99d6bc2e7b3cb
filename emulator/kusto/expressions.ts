import { arithmetic, comparison, HAS_LIST, hasInList } from './comparisons.ts';
import { NotEvaluatedError, QueryError } from './errors.ts';
import { FUNCTIONS } from './functions.ts';
import { literalOf, typeNamed } from './literals.ts';
import { INGESTED, NO_PLACE, type Place, type Scalar, type Scope, withName } from './scope.ts';
import { childOf, isToken, listsOf, type Node, nameOf, operandsOf } from './syntax.ts';
import { compare, keyOf, nullOf, type Row, type Type, textOf, type Value } from './values.ts';

export function constant(type: Type, value: Value): Scalar {
  return { type, of: () => value };
}

/** The value of an expression that depends on no row. */
export function constantOf(node: Node, scope: Scope): { readonly type: Type; readonly value: Value } {
  const scalar = scalarOf(node, { ...scope, columns: [] });
  return { type: scalar.type, value: scalar.of([], NO_PLACE) };
}

/** Compiles an expression for the rows of the scope's columns. @throws QueryError, NotEvaluatedError */
export function scalarOf(node: Node, scope: Scope): Scalar {
  const literal = literalOf(node);
  if (literal !== undefined) return constant(literal.type, literal.value);
  const [left, right] = operandsOf(node);
  switch (node.kind) {
    case 'NameReference':
      return named(nameOf(node), scope);
    case 'ParenthesizedExpression':
      return scalarOf(only(left, node), scope);
    case 'FunctionCallExpression':
      return call(node, scope);
    case 'ToScalarExpression':
      return toScalar(only(left, node), scope);
    case 'PathExpression':
      return property(
        scalarOf(only(left, node), scope),
        constant('string', nameOf(pathEnd(only(right, node)))),
      );
    case 'ElementExpression':
      return property(
        scalarOf(only(left, node), scope),
        scalarOf(only(operandsOf(only(right, node))[0], node), scope),
      );
    case 'AndExpression':
    case 'OrExpression':
      return logical(
        node.kind === 'AndExpression',
        scalarOf(only(left, node), scope),
        scalarOf(only(right, node), scope),
      );
    case 'UnaryMinusExpression': {
      const operand = scalarOf(only(left, node), scope);
      return { type: operand.type, of: (row, place) => negated(operand.of(row, place)) };
    }
    case 'UnaryPlusExpression':
      return scalarOf(only(left, node), scope);
    case 'BetweenExpression':
    case 'NotBetweenExpression':
      return between(node, scope);
    case 'InExpression':
    case 'InCsExpression':
    case 'NotInExpression':
    case 'NotInCsExpression':
      return membership(node, scope);
    case 'HasAnyExpression':
    case 'HasAllExpression':
      return hasList(node, scope);
    case 'MatchesRegexExpression': {
      const [text, pattern] = [scalarOf(only(left, node), scope), scalarOf(only(right, node), scope)];
      return {
        type: 'bool',
        of: (row, place) =>
          FUNCTIONS.extract?.of(
            [`(${String(pattern.of(row, place))})`, 0, textOf(text.type, text.of(row, place))],
            ['string', 'long', 'string'],
          ) !== '',
      };
    }
    case 'TypeOfLiteralExpression':
      return constant('string', typeNamed(node));
    case 'SimpleNamedExpression':
      return scalarOf(only(node.children.at(-1), node), scope);
    default:
      break;
  }
  if (left === undefined || right === undefined) throw new NotEvaluatedError(`${node.kind} (${node.text})`);
  if (left.kind === 'StarExpression') return anyColumn(node, right, scope);
  const [a, b] = [scalarOf(left, scope), scalarOf(right, scope)];
  const compared = comparison(node.kind, a, b);
  if (compared !== undefined) return { type: 'bool', of: compared };
  const computed = arithmetic(node.kind, a, b);
  if (computed === undefined) throw new NotEvaluatedError(`${node.kind} (${node.text})`);
  return computed;
}

function only(node: Node | undefined, parent: Node): Node {
  if (node === undefined) throw new NotEvaluatedError(`${parent.kind} (${parent.text})`);
  return node;
}

function pathEnd(node: Node): Node {
  const literal = node.kind === 'BracketedName' ? node.children.find((child) => !isToken(child)) : undefined;
  const value = literal === undefined ? undefined : literalOf(literal)?.value;
  return value === undefined ? node : { ...node, text: String(value) };
}

function named(name: string, scope: Scope): Scalar {
  const at = scope.columns.findIndex((column) => column.name === name);
  const column = scope.columns[at];
  if (column !== undefined) return { type: column.type, of: (row) => row[at] ?? nullOf(column.type) };
  const binding = scope.names.get(name);
  if (binding?.kind === 'scalar') return constant(binding.type, binding.value);
  throw new QueryError('SEM0100', `Failed to resolve scalar expression named '${name}'`);
}

function negated(value: Value): Value {
  return typeof value === 'number' ? -value : null;
}

function logical(and: boolean, left: Scalar, right: Scalar): Scalar {
  return {
    type: 'bool',
    of: (row, place) => {
      const a = left.of(row, place);
      if (a === !and) return !and;
      const b = right.of(row, place);
      if (b === !and) return !and;
      return a === null || b === null ? null : and;
    },
  };
}

function property(of: Scalar, name: Scalar): Scalar {
  return {
    type: 'dynamic',
    of: (row, place) => {
      const [value, key] = [of.of(row, place), name.of(row, place)];
      if (Array.isArray(value)) {
        const index = Number(key);
        return (value[index < 0 ? value.length + index : index] ?? null) as Value;
      }
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, String(key))) return null;
      return ((value as Record<string, unknown>)[String(key)] ?? null) as Value;
    },
  };
}

function between(node: Node, scope: Scope): Scalar {
  const [of, couple] = operandsOf(node);
  const [from, to] = operandsOf(only(couple, node)).map((end) => scalarOf(end, scope));
  const value = scalarOf(only(of, node), scope);
  if (from === undefined || to === undefined) throw new NotEvaluatedError(node.text);
  const positive = node.kind === 'BetweenExpression';
  return {
    type: 'bool',
    of: (row, place) => {
      const [x, low, high] = [value.of(row, place), from.of(row, place), to.of(row, place)];
      if (x === null || low === null || high === null) return null;
      // A timespan as the end of a range of instants is counted from its start.
      const end = value.type === 'datetime' && to.type === 'timespan' ? Number(low) + Number(high) : high;
      return (compare(x, low) >= 0 && compare(x, end) <= 0) === positive;
    },
  };
}

/** The values of a list, of dynamic arrays in it, or of a table's first column; those that depend on rows apart. */
function listed(
  node: Node,
  scope: Scope,
): { readonly fixed: readonly Value[]; readonly varying: readonly Scalar[] } {
  const fixed: Value[] = [];
  const varying: Scalar[] = [];
  for (const element of listsOf(node)[0] ?? []) {
    if (isTabular(element, scope)) {
      for (const row of scope.tableOf(element, scope).rows) fixed.push(row[0] ?? null);
      continue;
    }
    const scalar = scalarOf(element, scope);
    if (dependsOnRow(element, scope)) varying.push(scalar);
    else {
      const value = scalar.of([], NO_PLACE);
      if (Array.isArray(value)) fixed.push(...(value as Value[]));
      else fixed.push(value);
    }
  }
  return { fixed, varying };
}

function dependsOnRow(node: Node, scope: Scope): boolean {
  if (node.kind === 'NameReference') return scope.columns.some(({ name }) => name === nameOf(node));
  return node.children.some((child) => dependsOnRow(child, scope));
}

export function isTabular(node: Node, scope: Scope): boolean {
  switch (node.kind) {
    case 'PipeExpression':
    case 'DataTableExpression':
    case 'MaterializeExpression':
    case 'UnionOperator':
    case 'RangeOperator':
    case 'PrintOperator':
      return true;
    case 'ParenthesizedExpression':
      return operandsOf(node).some((inner) => isTabular(inner, scope));
    case 'NameReference': {
      const binding = scope.columns.some(({ name }) => name === nameOf(node))
        ? undefined
        : scope.names.get(nameOf(node));
      return (
        binding?.kind === 'table' ||
        (binding?.kind === 'function' && binding.parameters.every(({ preset }) => preset !== undefined))
      );
    }
    case 'FunctionCallExpression': {
      const name = nameOf(only(node.children[0], node));
      const binding = scope.names.get(name);
      return name === 'table' || (binding?.kind === 'function' && isTabularBody(binding.body, scope));
    }
    default:
      return false;
  }
}

function isTabularBody(body: Node, scope: Scope): boolean {
  const last = operandsOf(body).at(-1);
  return last !== undefined && (isTabular(last, scope) || last.kind === 'NameReference');
}

function membership(node: Node, scope: Scope): Scalar {
  const [of, list] = operandsOf(node);
  const value = scalarOf(only(of, node), scope);
  const { fixed, varying } = listed(only(list, node), scope);
  const blind = node.text.includes('in~') && /\bin~|!in~/.test(node.children.find(isToken)?.text ?? '');
  const key = (type: Type, item: Value) => (blind ? textOf(type, item).toLowerCase() : keyOf(item));
  const known = new Set(fixed.map((item) => key('dynamic', item)));
  const positive = !node.kind.startsWith('Not');
  return {
    type: 'bool',
    of: (row, place) => {
      const item = value.of(row, place);
      if (item === null) return !positive;
      const mine = key(value.type, item);
      const found =
        known.has(mine) || varying.some((other) => key(other.type, other.of(row, place)) === mine);
      return found === positive;
    },
  };
}

function hasList(node: Node, scope: Scope): Scalar {
  const [of, list] = operandsOf(node);
  const text = scalarOf(only(of, node), scope);
  const { fixed } = listed(only(list, node), scope);
  const words = fixed.map((value) => textOf('dynamic', value));
  if (HAS_LIST[node.kind] === undefined) throw new NotEvaluatedError(node.kind);
  return {
    type: 'bool',
    of: (row, place) => hasInList(node.kind, textOf(text.type, text.of(row, place)), words),
  };
}

function anyColumn(node: Node, right: Node, scope: Scope): Scalar {
  const wanted = scalarOf(right, scope);
  const tests = scope.columns.map((column, at) =>
    comparison(node.kind, { type: column.type, of: (row) => row[at] ?? null }, wanted),
  );
  return { type: 'bool', of: (row, place) => tests.some((test) => test?.(row, place) === true) };
}

function toScalar(node: Node, scope: Scope): Scalar {
  if (!isTabular(node, scope)) return scalarOf(node, scope);
  const table = scope.tableOf(node, { ...scope, columns: [] });
  const [first] = table.rows;
  const type = table.columns[0]?.type ?? 'dynamic';
  return constant(type, first?.[0] ?? nullOf(type));
}

/** Functions that look at the place of a row, or at the service. */
const SPECIAL: Readonly<
  Record<string, (arguments_: readonly Scalar[], scope: Scope, nodes: readonly Node[]) => Scalar>
> = {
  ago: ([span], { now }) => ({
    type: 'datetime',
    of: (row, place) => now - Number(span?.of(row, place) ?? 0),
  }),
  now: ([span], { now }) => ({
    type: 'datetime',
    of: (row, place) => now + Number(span?.of(row, place) ?? 0),
  }),
  ingestion_time: (_, { columns }) => {
    const at = columns.findIndex(({ name }) => name === INGESTED);
    return { type: 'datetime', of: (row) => row[at] ?? null };
  },
  row_number: ([start, restart]) => ({
    type: 'long',
    of: (row, place) => {
      let from = place.index;
      while (from > 0 && restart?.of(place.rows[from] ?? [], { ...place, index: from }) !== true) from -= 1;
      return place.index - (restart === undefined ? 0 : from) + Number(start?.of(row, place) ?? 1);
    },
  }),
  prev: (arguments_) => neighbour(arguments_, -1),
  next: (arguments_) => neighbour(arguments_, 1),
  row_cumsum: ([value, restart]) => ({
    type: value?.type ?? 'long',
    of: (_, place) => {
      let total = 0;
      for (let at = place.index; at >= 0; at -= 1) {
        const row = place.rows[at] ?? [];
        total += Number(value?.of(row, { ...place, index: at }) ?? 0);
        if (restart?.of(row, { ...place, index: at }) === true) break;
      }
      return total;
    },
  }),
};

function neighbour([value, offset, preset]: readonly Scalar[], direction: number): Scalar {
  if (value === undefined) throw new NotEvaluatedError('prev or next without a column');
  return {
    type: value.type,
    of: (row, place) => {
      const index = place.index + direction * Number(offset?.of(row, place) ?? 1);
      const there = place.rows[index];
      return there === undefined
        ? (preset?.of(row, place) ?? nullOf(value.type))
        : value.of(there, { ...place, index });
    },
  };
}

function call(node: Node, scope: Scope): Scalar {
  const name = nameOf(only(node.children[0], node));
  const nodes = listsOf(childOf(node, 'ExpressionList') ?? node)[0] ?? [];
  const binding = scope.names.get(name);
  if (binding?.kind === 'function') return userFunction(name, nodes, scope);
  if (name === 'column_ifexists' || name === 'columnifexists') {
    const [column, otherwise] = nodes;
    const wanted = String(constantOf(only(column, node), scope).value);
    const there = scope.columns.some((each) => each.name === wanted);
    return there ? named(wanted, scope) : scalarOf(only(otherwise, node), scope);
  }
  const arguments_ = nodes.map((each) => scalarOf(each, scope));
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
  const arguments_ = nodes.map((each) => scalarOf(each, scope));
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
