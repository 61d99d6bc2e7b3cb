import type { Node } from './syntax.ts';
import type { Column, Row, Table, Type, Value } from './values.ts';

/** A scalar expression, ready to be evaluated on the rows of the table that it was compiled for. */
export interface Scalar {
  readonly type: Type;
  readonly of: (row: Row, place: Place) => Value;
}

/** Where in a serialized table a row stands, for prev, next and row_number. */
export interface Place {
  readonly rows: readonly Row[];
  readonly index: number;
}

/** What a name can stand for. */
export type Binding =
  | { readonly kind: 'scalar'; readonly type: Type; readonly value: Value }
  | { readonly kind: 'table'; readonly table: Table }
  | {
      readonly kind: 'function';
      readonly parameters: readonly Parameter[];
      readonly body: Node;
      readonly scope: Scope;
    };

export interface Parameter {
  readonly name: string;
  /** Undefined for a table. */
  readonly type: Type | undefined;
  readonly preset: Node | undefined;
}

/** The names that an expression may use. */
export interface Scope {
  readonly columns: readonly Column[];
  readonly names: ReadonlyMap<string, Binding>;
  /** The service's clock, ms since the epoch. */
  readonly now: number;
  /** Compiles a scalar expression; this and the next two are given along, since tables and scalars hold each other. */
  readonly scalarOf: (node: Node, scope: Scope) => Scalar;
  /** Evaluates a tabular expression. */
  readonly tableOf: (node: Node, scope: Scope) => Table;
  /** Evaluates the statements of a query or of a function's body up to its last expression. */
  readonly statementsOf: (node: Node, scope: Scope) => { readonly scope: Scope; readonly last: Node };
}

/** Hidden column with the time at which a row became visible, for ingestion_time(). */
export const INGESTED = '$ingested';

export const NO_PLACE: Place = { rows: [], index: 0 };

export function withColumns(scope: Scope, columns: readonly Column[]): Scope {
  return { ...scope, columns };
}

export function withName(scope: Scope, name: string, binding: Binding): Scope {
  return { ...scope, names: new Map(scope.names).set(name, binding) };
}

/** A table that computes its rows anew each time it is gone through. */
export function lazy(columns: readonly Column[], make: () => Iterable<Row>): Table {
  return { columns, rows: { [Symbol.iterator]: () => make()[Symbol.iterator]() } };
}

/** The name of a column that is not taken yet: name, name1, name2, … */
export function freeName(name: string, taken: readonly { readonly name: string }[]): string {
  let free = name;
  for (let more = 1; taken.some((column) => column.name === free); more += 1) free = `${name}${more}`;
  return free;
}
