import { freeName } from './scope.ts';
import { childOf, listsOf, type Node, nameOf } from './syntax.ts';

/** An expression and the name that its column gets. */
export interface Named {
  readonly name: string | undefined;
  readonly names: readonly string[];
  readonly node: Node;
}

/** Takes an element of a list of columns apart. */
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
