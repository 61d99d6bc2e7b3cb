import { readdirSync, readFileSync } from 'node:fs';

/** A value that a query lets its caller choose: a `let` at its top, or a parameter of the function. */
export interface QueryParameter {
  readonly name: string;
  /** The KQL literal that stands in the file. */
  readonly value: string;
}

export interface Query {
  /** The file's name without .kql. */
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** The comment lines at the top, as they stand. */
  readonly head: string;
  readonly parameters: readonly QueryParameter[];
  /** The query after its parameters. */
  readonly body: string;
  /** The whole file. */
  readonly text: string;
}

/** The saved function that the other queries read: the one file without `let` parameters of its own. */
export const FUNCTION_NAME = 'FabricUserActivity';

const FOLDER = new URL('../../queries/', import.meta.url);

/** Every query of the folder queries/, by name. */
export function readQueries(): ReadonlyMap<string, Query> {
  const files = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.kql'))
    .sort();
  return new Map(
    files.map((file) => {
      const name = file.slice(0, -'.kql'.length);
      return [name, parseQuery(name, readFileSync(new URL(file, FOLDER), 'utf8'))];
    }),
  );
}

/** Takes a file apart: comment head, then `let Name = literal;` lines, then the query. */
export function parseQuery(name: string, text: string): Query {
  const lines = text.trimEnd().split('\n');
  const headEnd = lines.findIndex((line) => !line.startsWith('//'));
  const head = lines.slice(0, headEnd);
  let at = headEnd;
  const parameters: QueryParameter[] = [];
  for (; name !== FUNCTION_NAME && at < lines.length; at += 1) {
    const match = /^let (\w+) = ([^|;]+);$/.exec(lines[at] ?? '');
    if (match === null || !isLiteral(match[2] ?? '')) break;
    parameters.push({ name: match[1] ?? '', value: match[2] ?? '' });
  }
  return {
    name,
    title: headLine(name, head, 'Title'),
    question: headLine(name, head, 'Question'),
    head: head.join('\n'),
    parameters,
    body: lines.slice(at).join('\n'),
    text: `${lines.join('\n')}\n`,
  };
}

/** The function's parameters as the head declares them, in the form that a saved search wants. */
export function functionParameters(query: Query): string {
  const declared = [...query.head.matchAll(/^\/\/ {3}(\w+):(\w+) = (\S+)/gm)];
  return declared.map(([, name, type, value]) => `${name}:${type} = ${value}`).join(', ');
}

/** The query with some of its parameters replaced, without the head. */
export function bindQuery(query: Query, values: Readonly<Record<string, string>>): string {
  for (const name of Object.keys(values)) {
    if (!query.parameters.some((parameter) => parameter.name === name)) {
      throw new Error(`Expected a parameter of ${query.name}.kql, got ${name}.`);
    }
  }
  const lets = query.parameters.map(({ name, value }) => `let ${name} = ${values[name] ?? value};`);
  return [...lets, query.body].join('\n');
}

/** Timespans, numbers, strings, dynamic values: what a caller may put in the place of. */
function isLiteral(value: string): boolean {
  return /^(\d+(\.\d+)?(d|h|m|s)?|"[^"]*"|dynamic\(.*\))$/.test(value);
}

function headLine(name: string, head: readonly string[], key: string): string {
  const line = head.find((text) => text.startsWith(`// ${key}: `));
  if (line === undefined) throw new Error(`Expected a line "// ${key}: …" at the top of ${name}.kql.`);
  return line.slice(`// ${key}: `.length);
}
