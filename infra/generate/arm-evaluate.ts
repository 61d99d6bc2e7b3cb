import { type Expression, parseExpression } from './arm-expression.ts';

export interface Scope {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, unknown>>;
}

type Call = (args: readonly unknown[], scope: Scope) => unknown;

const GROUP = { name: 'group', location: 'westeurope', id: '/subscriptions/s/resourceGroups/group' };

/** https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/template-functions */
export const FUNCTIONS: Readonly<Record<string, Call>> = {
  and: (args) => args.every((arg) => arg === true),
  concat: (args) => (Array.isArray(args[0]) ? args.flat() : args.join('')),
  createArray: (args) => args,
  createObject: (args) =>
    Object.fromEntries(args.flatMap((key, at) => (at % 2 === 0 ? [[String(key), args[at + 1]]] : []))),
  empty: ([value]) =>
    value === null || value === '' || (typeof value === 'object' && Object.keys(value ?? {}).length === 0),
  equals: ([a, b]) =>
    typeof a === 'string' && typeof b === 'string' ? a.toLowerCase() === b.toLowerCase() : a === b,
  extensionResourceId: (args) => args.join('/'),
  guid: (args) => `guid(${args.join(', ')})`,
  if: ([condition, yes, no]) => (condition === true ? yes : no),
  join: ([list, by]) => (list as unknown[]).join(String(by)),
  less: ([a, b]) => Number(a) < Number(b),
  not: ([value]) => value !== true,
  null: () => null,
  parameters: ([name], { parameters }) => parameters[String(name)],
  reference: ([id]) => `reference(${String(id)})`,
  replace: ([text, from, to]) => String(text).replaceAll(String(from), () => String(to)),
  resourceGroup: () => GROUP,
  resourceId: (args) => args.join('/'),
  string: ([value]) => (typeof value === 'string' ? value : JSON.stringify(value)),
  subscriptionResourceId: (args) => args.join('/'),
  variables: ([name], scope) => resolved(scope.variables[String(name)], scope),
};

/** What an expression comes to, for the given values; what only Azure knows stands as a text that names it. */
export function evaluate(expression: Expression, scope: Scope): unknown {
  if (expression.kind === 'value') return expression.value;
  if (expression.kind === 'member') {
    const of = evaluate(expression.of, scope);
    if (typeof of === 'string') return `${of}.${expression.name}`;
    return (of as Record<string, unknown> | null)?.[expression.name];
  }
  const known = Object.hasOwn(FUNCTIONS, expression.name) ? FUNCTIONS[expression.name] : undefined;
  if (known === undefined)
    throw new Error(`Expected a function that can be evaluated, got ${expression.name}.`);
  return known(
    expression.args.map((argument) => evaluate(argument, scope)),
    scope,
  );
}

/** A part of a template with every expression in it evaluated; a nested template is left to its own values. */
export function resolved(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') {
    const expression = parseExpression(value);
    return expression === undefined ? value : evaluate(expression, scope);
  }
  if (Array.isArray(value)) return value.map((entry) => resolved(entry, scope));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'template' ? inner : resolved(inner, scope)]),
  );
}
