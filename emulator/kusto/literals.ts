import { NotEvaluatedError } from './errors.ts';
import { childOf, type Node } from './syntax.ts';
import { parseDate, parseSpan, type Type, type Value } from './values.ts';

const TYPES: Readonly<Record<string, Type>> = {
  bool: 'bool',
  boolean: 'bool',
  date: 'datetime',
  datetime: 'datetime',
  decimal: 'decimal',
  dynamic: 'dynamic',
  double: 'real',
  guid: 'guid',
  int: 'int',
  long: 'long',
  real: 'real',
  string: 'string',
  time: 'timespan',
  timespan: 'timespan',
};

/** The type that a PrimitiveTypeExpression, or a typeof literal, names. */
export function typeNamed(node: Node): Type {
  const text = node.text.replace(/^typeof\s*\(\s*|\s*\)$/g, '').trim();
  const type = TYPES[text];
  if (type === undefined) throw new NotEvaluatedError(`the type ${text}`);
  return type;
}

/** A literal's type and value, or undefined where the node is none. */
export function literalOf(node: Node): { readonly type: Type; readonly value: Value } | undefined {
  const inner = node.text.replace(/^[a-z]+\s*\(([\s\S]*)\)$/i, '$1').trim();
  const isNull = inner === 'null' || inner === '';
  switch (node.kind) {
    case 'StringLiteralExpression':
    case 'CompoundStringLiteralExpression':
      return { type: 'string', value: node.children.map(({ text }) => unquoted(text)).join('') };
    case 'LongLiteralExpression':
      return { type: 'long', value: isNull ? null : Number(inner) };
    case 'IntLiteralExpression':
      return { type: 'int', value: isNull ? null : Number(inner) };
    case 'RealLiteralExpression':
      return { type: 'real', value: isNull ? null : Number(inner.replace(/^\+?inf$/i, 'Infinity')) };
    case 'DecimalLiteralExpression':
      return { type: 'decimal', value: isNull ? null : Number(inner) };
    case 'BooleanLiteralExpression':
      return { type: 'bool', value: isNull ? null : /^(true|1)$/i.test(inner) };
    case 'DateTimeLiteralExpression':
      return { type: 'datetime', value: isNull ? null : parseDate(inner.replace(/^(['"])(.*)\1$/, '$2')) };
    case 'TimespanLiteralExpression':
      return { type: 'timespan', value: isNull ? null : parseSpan(inner.replace(/^(['"])(.*)\1$/, '$2')) };
    case 'GuidLiteralExpression':
      return { type: 'guid', value: isNull ? null : inner.toLowerCase() };
    case 'NullLiteralExpression':
      return { type: 'dynamic', value: null };
    case 'DynamicExpression':
      return {
        type: 'dynamic',
        value: jsonOf(node.children.find(({ kind }) => kind.endsWith('Expression'))),
      };
    default:
      return undefined;
  }
}

function jsonOf(node: Node | undefined): Value {
  if (node === undefined) return null;
  const elements = childOf(node, 'List')?.children ?? [];
  if (node.kind === 'JsonArrayExpression') return elements.map(jsonOf);
  if (node.kind === 'JsonObjectExpression') {
    return Object.fromEntries(
      elements.map((pair) => [unquoted(pair.children[0]?.text ?? ''), jsonOf(pair.children.at(-1))]),
    );
  }
  if (/^Unary(Minus|Plus)/.test(node.kind)) return Number(node.text);
  return literalOf(node)?.value ?? null;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** A string token's value: "…", '…', @"…" (verbatim), h"…" (hidden), ```…```. */
export function unquoted(token: string): string {
  const text = token.trim().replace(/^[hH]/, '');
  if (text.startsWith('```') || text.startsWith('~~~')) return text.slice(3, -3);
  if (text.startsWith('@')) {
    const quote = text[1] ?? '"';
    return text.slice(2, -1).replaceAll(quote + quote, quote);
  }
  if (!/^['"]/.test(text)) return text;
  return text
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs, (_, four, two, one) =>
      four !== undefined || two !== undefined
        ? String.fromCharCode(Number.parseInt(four ?? two, 16))
        : (ESCAPES[one] ?? one),
    );
}
