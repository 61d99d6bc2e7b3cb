import { NotEvaluatedError } from '../errors.ts';
import { NO_PLACE, type Scalar, type Scope } from '../scope.ts';
import { isToken, listsOf, type Node, nameOf, operandsOf } from '../syntax.ts';
import { keyOf, type Type, textOf, type Value } from '../values.ts';
import { HAS_LIST, hasInList } from './comparisons.ts';
import { only } from './operands.ts';
import { isTabular } from './tabular.ts';

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
    const scalar = scope.scalarOf(element, scope);
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

/** in, !in, in~, !in~ */
export function membership(node: Node, scope: Scope): Scalar {
  const [of, list] = operandsOf(node);
  const value = scope.scalarOf(only(of, node), scope);
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

/** has_any, has_all */
export function hasList(node: Node, scope: Scope): Scalar {
  const [of, list] = operandsOf(node);
  const text = scope.scalarOf(only(of, node), scope);
  const { fixed } = listed(only(list, node), scope);
  const words = fixed.map((value) => textOf('dynamic', value));
  if (HAS_LIST[node.kind] === undefined) throw new NotEvaluatedError(node.kind);
  return {
    type: 'bool',
    of: (row, place) => hasInList(node.kind, textOf(text.type, text.of(row, place)), words),
  };
}
