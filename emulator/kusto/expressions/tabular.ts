import type { Scope } from '../scope.ts';
import { type Node, nameOf, operandsOf } from '../syntax.ts';
import { only } from './operands.ts';

/** Whether an expression is a table. */
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
