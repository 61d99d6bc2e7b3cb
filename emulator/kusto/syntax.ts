import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';

/**
 * A node of a query's syntax tree, as the language service gives it, without separators and empty places. A token has a
 * text and no children; a List holds its elements.
 */
export interface Node {
  /** Name of the service's SyntaxKind, such as FilterOperator. */
  readonly kind: string;
  readonly text: string;
  readonly children: readonly Node[];
}

/** What the language service says against a query. */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly start: number;
}

export interface Parsed {
  readonly root: Node;
  readonly faults: readonly Diagnostic[];
}

/** A table or function that a query may name, in the notation of KQL. */
export type Member =
  | { readonly table: string; readonly schema: string }
  | { readonly function: string; readonly parameters: string; readonly body: string };

interface ServiceNode {
  readonly Kind: number;
  readonly Text?: string;
  readonly ChildCount: number;
  /** Where its text begins, without the space and comments before it, and where it ends. */
  readonly TextStart: number;
  readonly End: number;
  GetChild(index: number): ServiceNode | null;
}

/** The parts of the language service that are used here: a script that makes globals and exports nothing. */
interface Service {
  readonly Bridge: {
    toArray(list: unknown): { Code: string; Message: string; Severity: string; Start: number }[];
  };
  readonly Kusto: {
    readonly Language: {
      readonly GlobalState: { readonly Default: { WithDatabase(database: unknown): unknown } };
      readonly KustoCode: {
        ParseAndAnalyze(text: string, globals: unknown): { Syntax: ServiceNode; GetDiagnostics(): unknown };
      };
      readonly Syntax: { readonly SyntaxKind: Record<string, number> };
      readonly Symbols: {
        readonly TableSymbol: { readonly $ctor7: new (name: string, schema: string, text: string) => object };
        readonly FunctionSymbol: {
          readonly $ctor16: new (name: string, parameters: string, body: string, text: string) => object;
        };
        readonly DatabaseSymbol: { readonly ctor: new (name: string, members: object[]) => object };
      };
    };
  };
}

let loaded: { readonly service: Service; readonly kinds: ReadonlyMap<number, string> } | undefined;

/**
 * Parses a query with Microsoft's own language service (https://www.npmjs.com/package/@kusto/language-service-next)
 * and judges its names and types against the tables and functions given.
 */
export function parse(text: string, members: readonly Member[]): Parsed {
  const key = `${text}\u0000${JSON.stringify(members)}`;
  const there = parsed.get(key);
  if (there !== undefined) return there;
  const made = parseAnew(text, members);
  if (parsed.size >= MOST_PARSED) parsed.clear();
  parsed.set(key, made);
  return made;
}

/** The same queries and functions come again and again, and what a text is taken for depends on nothing else. */
const parsed = new Map<string, Parsed>();
const MOST_PARSED = 100;

function parseAnew(text: string, members: readonly Member[]): Parsed {
  loaded ??= load();
  const { service, kinds } = loaded;
  const code = service.Kusto.Language.KustoCode.ParseAndAnalyze(text, globalsOf(service, members));
  const faults = service.Bridge.toArray(code.GetDiagnostics())
    .filter(({ Severity }) => Severity === 'Error')
    .map(({ Code, Message, Start }) => ({ code: Code, message: Message, start: Start }));
  return { root: plain(code.Syntax, kinds, text), faults };
}

/** The service keeps what it found out of a function with the function's symbol, so the symbols are kept too. */
const globals = new Map<string, unknown>();
const MOST_GLOBALS = 20;

function globalsOf(service: Service, members: readonly Member[]): unknown {
  const key = JSON.stringify(members);
  const there = globals.get(key);
  if (there !== undefined) return there;
  const { GlobalState, Symbols } = service.Kusto.Language;
  const symbols = members.map((member) =>
    'table' in member
      ? new Symbols.TableSymbol.$ctor7(member.table, member.schema, '')
      : new Symbols.FunctionSymbol.$ctor16(member.function, member.parameters, member.body, ''),
  );
  const made = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('workspace', symbols));
  if (globals.size >= MOST_GLOBALS) globals.clear();
  globals.set(key, made);
  return made;
}

function plain(node: ServiceNode, kinds: ReadonlyMap<number, string>, query: string): Node {
  const kind = kinds.get(node.Kind) ?? String(node.Kind);
  const children: Node[] = [];
  for (let index = 0; index < node.ChildCount; index += 1) {
    const child = node.GetChild(index);
    if (child === null) continue;
    const made = plain(child, kinds, query);
    const [element] = made.children;
    children.push(made.kind === 'SeparatedElement' && element !== undefined ? element : made);
  }
  const text = node.ChildCount === 0 ? (node.Text ?? '') : query.slice(node.TextStart, node.End).trim();
  return { kind, text, children };
}

function load(): NonNullable<typeof loaded> {
  const folder = dirname(createRequire(import.meta.url).resolve('@kusto/language-service-next'));
  const context = createContext({});
  for (const file of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
    runInContext(readFileSync(join(folder, file), 'utf8'), context, { filename: file });
  }
  const service = context as unknown as Service;
  const kinds = new Map<number, string>();
  for (const [name, value] of Object.entries(service.Kusto.Language.Syntax.SyntaxKind)) {
    if (typeof value === 'number') kinds.set(value, name);
  }
  return { service, kinds };
}

/** The first child of a kind. */
export function childOf(node: Node, kind: string): Node | undefined {
  return node.children.find((child) => child.kind === kind);
}

/** The elements of the lists among the children, list by list. */
export function listsOf(node: Node): (readonly Node[])[] {
  return node.children.filter(({ kind }) => kind === 'List').map(({ children }) => children);
}

export function isToken(node: Node): boolean {
  return node.kind.endsWith('Token') || node.kind.endsWith('Keyword');
}

/** The children that are neither tokens nor lists: the operands of an expression. */
export function operandsOf(node: Node): Node[] {
  return node.children.filter((child) => !isToken(child) && child.kind !== 'List');
}

/** A name without quotes and brackets. */
export function nameOf(node: Node): string {
  const text = node.text.trim();
  const quoted = /^\[\s*(['"])(.*)\1\s*\]$/s.exec(text)?.[2];
  return quoted ?? text;
}
