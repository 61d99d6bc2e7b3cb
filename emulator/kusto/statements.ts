import { NotEvaluatedError, QueryError } from './errors.ts';
import { constantOf } from './expressions/constants.ts';
import { isTabular } from './expressions/tabular.ts';
import { typeNamed } from './literals.ts';
import { type Binding, type Parameter, type Scope, withName } from './scope.ts';
import { childOf, isToken, listsOf, type Node, nameOf } from './syntax.ts';
import { bound } from './table-calls.ts';

/** Lets come into force one after the other; the last expression is the result. */
export function statementsOf(node: Node, outer: Scope): { readonly scope: Scope; readonly last: Node } {
  let scope = outer;
  const all = node.children.flatMap((child) =>
    child.kind === 'List' ? child.children : isToken(child) ? [] : [child],
  );
  let last: Node | undefined;
  for (const statement of all) {
    const value = statement.children.at(-1);
    if (statement.kind === 'LetStatement' && value !== undefined)
      scope = withName(
        scope,
        nameOf(childOf(statement, 'NameDeclaration') ?? statement),
        bindingOf(value, scope),
      );
    else if (statement.kind === 'QueryParametersStatement') {
      for (const parameter of parametersOf(statement))
        if (parameter.preset !== undefined && !scope.names.has(parameter.name))
          scope = withName(scope, parameter.name, bound(parameter.preset, scope, parameter));
    } else if (statement.kind !== 'SetOptionStatement')
      last = statement.kind === 'ExpressionStatement' ? value : statement;
  }
  if (last === undefined) throw new QueryError('SYN0002', 'Query could not be parsed: no expression');
  return { scope, last };
}

function bindingOf(node: Node, scope: Scope): Binding {
  if (node.kind === 'FunctionDeclaration') {
    const body = childOf(node, 'FunctionBody');
    if (body === undefined) throw new NotEvaluatedError(node.text);
    return {
      kind: 'function',
      parameters: parametersOf(childOf(node, 'FunctionParameters') ?? node),
      body,
      scope,
    };
  }
  if (isTabular(node, scope)) return { kind: 'table', table: scope.tableOf(node, { ...scope, columns: [] }) };
  const { type, value } = constantOf(node, scope);
  return { kind: 'scalar', type, value };
}

/** The parameters that a function or a query declares. */
export function parametersOf(node: Node): Parameter[] {
  return (listsOf(node)[0] ?? []).map((each) => {
    const declaration = childOf(each, 'NameAndTypeDeclaration') ?? each;
    const type = declaration.children.at(-1) ?? declaration;
    return {
      name: nameOf(declaration.children[0] ?? declaration),
      type: type.kind === 'SchemaTypeExpression' ? undefined : typeNamed(type),
      preset: childOf(each, 'DefaultValueDeclaration')?.children.at(-1),
    };
  });
}
