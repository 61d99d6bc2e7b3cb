import { NotEvaluatedError } from '../errors.ts';
import { constantOf } from '../expressions/constants.ts';
import { scalarOf } from '../expressions.ts';
import { typeNamed } from '../literals.ts';
import type { Scope } from '../scope.ts';
import { listsOf, type Node, nameOf, operandsOf } from '../syntax.ts';
import { type Column, convert, type Table } from '../values.ts';
import { serially } from './rows.ts';

/** parse … with "text" name:type * (https://learn.microsoft.com/en-us/kusto/query/parse-operator), in its simple mode. */
export function parse(node: Node, input: Table, scope: Scope): Table {
  const [of] = operandsOf(node);
  if (of === undefined) throw new NotEvaluatedError(node.text);
  const text = scalarOf(of, scope);
  const names: Column[] = [];
  let pattern = '';
  for (const part of listsOf(node).at(-1) ?? []) {
    if (part.kind === 'StarExpression') pattern += '[\\s\\S]*?';
    else if (part.kind === 'StringLiteralExpression')
      pattern += String(constantOf(part, scope).value).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    else {
      const typed = part.kind === 'NameAndTypeDeclaration';
      names.push({
        name: nameOf(part.children[0] ?? part),
        type: typed ? typeNamed(part.children.at(-1) ?? part) : 'string',
      });
      pattern += '([\\s\\S]*?)';
    }
  }
  const whole = new RegExp(`^${pattern}$`);
  return serially(input, [...input.columns, ...names], (row, place) => {
    const match = whole.exec(String(text.of(row, place) ?? ''));
    return [...row, ...names.map(({ type }, at) => convert('string', type, match?.[at + 1] ?? ''))];
  });
}
