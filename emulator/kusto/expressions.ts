import { NotEvaluatedError } from './errors.ts';
import { call } from './expressions/calls.ts';
import { arithmetic, comparison } from './expressions/comparisons.ts';
import { constant } from './expressions/constants.ts';
import { hasList, membership } from './expressions/lists.ts';
import { anyColumn, between, logical, negated } from './expressions/logic.ts';
import { named } from './expressions/names.ts';
import { only } from './expressions/operands.ts';
import { pathEnd, property } from './expressions/properties.ts';
import { toScalar } from './expressions/to-scalar.ts';
import { asPattern } from './functions/patterns.ts';
import { literalOf, typeNamed } from './literals.ts';
import type { Scalar, Scope } from './scope.ts';
import { type Node, nameOf, operandsOf } from './syntax.ts';
import { textOf } from './values.ts';

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
        of: (row, place) => asPattern(pattern.of(row, place)).test(textOf(text.type, text.of(row, place))),
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
