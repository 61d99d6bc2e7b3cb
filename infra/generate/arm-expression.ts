/** An expression of an ARM template, taken apart. */
export type Expression =
  | { readonly kind: 'value'; readonly value: string | number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string };

const TOKEN = /\s*('(?:[^']|'')*'|-?\d+|[A-Za-z_]\w*|[(),.[\]])/y;

/**
 * Takes the text of an expression apart, or undefined where the text is none. A text that begins with [[ is meant
 * literally. https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/template-expressions
 */
export function parseExpression(text: string): Expression | undefined {
  if (!text.startsWith('[') || text.startsWith('[[') || !text.endsWith(']')) return undefined;
  const source = text.slice(1, -1);
  const tokens = tokensOf(source);
  let at = 0;
  const expression = read();
  if (at !== tokens.length) throw fault(`the end, got ${tokens[at]}`);
  return expression;

  function read(): Expression {
    let result = readHead();
    while (tokens[at] === '.' || tokens[at] === '[') {
      const inBrackets = tokens[at] === '[';
      const name = tokens[at + 1] ?? '';
      if (inBrackets && tokens[at + 2] !== ']') throw fault('a closing bracket');
      at += inBrackets ? 3 : 2;
      result = { kind: 'member', of: result, name: name.replaceAll("'", '') };
    }
    return result;
  }

  function readHead(): Expression {
    const token = tokens[at] ?? '';
    at += 1;
    if (token.startsWith("'")) return { kind: 'value', value: token.slice(1, -1).replaceAll("''", "'") };
    if (/^-?\d/.test(token)) return { kind: 'value', value: Number(token) };
    if (!/^[A-Za-z_]/.test(token) || tokens[at] !== '(') throw fault(`a function call, got ${token}`);
    at += 1;
    const args: Expression[] = [];
    while (tokens[at] !== ')') {
      args.push(read());
      if (tokens[at] === ',') at += 1;
      else if (tokens[at] !== ')') throw fault('a comma or a closing parenthesis');
    }
    at += 1;
    return { kind: 'call', name: token, args };
  }

  function fault(expected: string): Error {
    return new Error(`Expected ${expected} in the expression ${text}.`);
  }
}

/** Every call within an expression, the expression itself included. */
export function* callsIn(expression: Expression): Generator<Expression & { kind: 'call' }> {
  if (expression.kind === 'member') yield* callsIn(expression.of);
  if (expression.kind !== 'call') return;
  yield expression;
  for (const argument of expression.args) yield* callsIn(argument);
}

function tokensOf(source: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) throw new Error(`Expected a token at ${from} of ${source}.`);
    tokens.push(match[1] ?? '');
  }
  return tokens;
}
