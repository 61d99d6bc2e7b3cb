import { NotEvaluatedError, QueryError } from './errors.ts';
import { constantOf, isTabular, scalarOf } from './expressions.ts';
import { join, parameterOf } from './join.ts';
import { typeNamed } from './literals.ts';
import { expand, expandApply } from './mv-expand.ts';
import {
  type Binding,
  freeName,
  INGESTED,
  lazy,
  NO_PLACE,
  type Parameter,
  type Place,
  type Scalar,
  type Scope,
  withColumns,
  withName,
} from './scope.ts';
import { makeSeries } from './series.ts';
import { automaticName, namedOf, summarize } from './summarize.ts';
import { childOf, isToken, listsOf, type Node, nameOf, operandsOf } from './syntax.ts';
import { type Column, compare, convert, nullOf, type Row, type Table, type Value } from './values.ts';

/** Evaluates a tabular expression. Its rows are computed when they are gone through. @throws QueryError, NotEvaluatedError */
export function tableOf(node: Node, scope: Scope): Table {
  switch (node.kind) {
    case 'PipeExpression': {
      const [source, operator] = operandsOf(node);
      if (source === undefined || operator === undefined) break;
      return operate(operator, tableOf(source, scope), scope);
    }
    case 'ParenthesizedExpression':
    case 'MaterializeExpression': {
      const [inner] = operandsOf(node);
      if (inner === undefined) break;
      const table = tableOf(inner, scope);
      return node.kind === 'MaterializeExpression'
        ? { columns: table.columns, rows: [...table.rows] }
        : table;
    }
    case 'NameReference':
      return namedTable(nameOf(node), scope);
    case 'FunctionCallExpression':
      return callTable(node, undefined, scope);
    case 'DataTableExpression':
      return dataTable(node, scope);
    case 'PrintOperator': {
      const empty: Table = { columns: [], rows: [[]] };
      const named = (listsOf(node).at(-1) ?? []).map((each, at) =>
        namedOf(each).name === undefined ? { ...namedOf(each), name: `print_${at}` } : namedOf(each),
      );
      const scalars = named.map((each) => scalarOf(each.node, { ...scope, columns: [] }));
      const columns = scalars.map(({ type }, at) => ({ name: named[at]?.name ?? '', type }));
      return lazy(columns, () =>
        [...empty.rows].map((row) => scalars.map((scalar) => scalar.of(row, NO_PLACE))),
      );
    }
    case 'RangeOperator':
      return range(node, scope);
    case 'UnionOperator':
      return union(node, undefined, scope);
    default:
      break;
  }
  throw new NotEvaluatedError(`${node.kind} as a table`);
}

function operate(node: Node, input: Table, scope: Scope): Table {
  const inner = withColumns(scope, input.columns);
  const elements = listsOf(node).at(-1) ?? [];
  switch (node.kind) {
    case 'FilterOperator': {
      const [condition] = operandsOf(node);
      const holds = condition === undefined ? undefined : scalarOf(condition, inner);
      return serially(input, input.columns, (row, place) =>
        holds?.of(row, place) === true ? row : undefined,
      );
    }
    case 'ExtendOperator':
    case 'SerializeOperator':
      return extend(
        listsOf(node).length === 0 ? [] : elements.filter(({ kind }) => kind !== 'NamedParameter'),
        input,
        inner,
      );
    case 'ProjectOperator':
      return project(elements, input, inner);
    case 'ProjectAwayOperator':
    case 'ProjectKeepOperator': {
      const named = matcher(elements);
      return picked(
        input,
        input.columns.filter(
          ({ name }) => name === INGESTED || named(name) === (node.kind === 'ProjectKeepOperator'),
        ),
      );
    }
    case 'ProjectReorderOperator': {
      const chosen = elements.flatMap((element) =>
        input.columns.filter(({ name }) => matcher([element])(name)),
      );
      return picked(input, [...new Set([...chosen, ...input.columns])]);
    }
    case 'ProjectRenameOperator': {
      const names = new Map(elements.map(namedOf).map(({ name, node: old }) => [nameOf(old), name ?? '']));
      return {
        columns: input.columns.map(({ name, type }) => ({ name: names.get(name) ?? name, type })),
        rows: input.rows,
      };
    }
    case 'SummarizeOperator':
      return summarize(node, input, scope);
    case 'CountOperator':
      return lazy([{ name: 'Count', type: 'long' }], () => {
        let rows = 0;
        for (const _ of input.rows) rows += 1;
        return [[rows]];
      });
    case 'DistinctOperator':
      return distinct(elements, input, inner);
    case 'TakeOperator':
    case 'LimitOperator': {
      const [limit] = operandsOf(node);
      return lazy(input.columns, () =>
        firstOf(input.rows, limit === undefined ? 0 : Number(constantOf(limit, scope).value)),
      );
    }
    case 'SortOperator': {
      const orders = elements.map((element) => ordering(element, inner));
      return lazy(input.columns, () => [...input.rows].sort((a, b) => inOrder(orders, a, b)));
    }
    case 'TopOperator': {
      const [limit, by] = operandsOf(node);
      if (limit === undefined || by === undefined) break;
      const orders = [ordering(by, inner)];
      const most = Number(constantOf(limit, scope).value);
      return lazy(input.columns, () => [...input.rows].sort((a, b) => inOrder(orders, a, b)).slice(0, most));
    }
    case 'JoinOperator':
    case 'LookupOperator':
      return join(node, input, scope);
    case 'UnionOperator':
      return union(node, input, scope);
    case 'MvExpandOperator':
      return expand(node, input, scope);
    case 'MvApplyOperator':
      return expandApply(node, input, scope, (inside, table) => applied(inside, table, scope));
    case 'MakeSeriesOperator':
      return makeSeries(node, input, scope);
    case 'InvokeOperator': {
      const [called] = operandsOf(node);
      if (called === undefined) break;
      return callTable(called, input, scope);
    }
    case 'EvaluateOperator':
      return bagUnpack(node, input, inner);
    case 'ParseOperator':
      return parse(node, input, inner);
    case 'AsOperator':
    case 'RenderOperator':
      return input;
    default:
      break;
  }
  throw new NotEvaluatedError(`the operator ${node.kind} (${node.text.slice(0, 60)})`);
}

/** The chain of operators of an mv-apply, on the table of one row's elements. */
function applied(node: Node, table: Table, scope: Scope): Table {
  if (node.kind !== 'PipeExpression') return operate(node, table, scope);
  const [before, operator] = operandsOf(node);
  if (before === undefined || operator === undefined) throw new NotEvaluatedError(node.text);
  return operate(operator, applied(before, table, scope), scope);
}

/** Goes through a table row by row, with each row's place where it has been serialized. */
function serially(
  input: Table,
  columns: readonly Column[],
  map: (row: Row, place: Place) => Row | undefined,
  placed = false,
): Table {
  return lazy(columns, function* () {
    const rows = placed ? [...input.rows] : undefined;
    let index = 0;
    for (const row of rows ?? input.rows) {
      const made = map(row, rows === undefined ? NO_PLACE : { rows, index });
      index += 1;
      if (made !== undefined) yield made;
    }
  });
}

const NEEDS_PLACE = /\b(row_number|prev|next|row_cumsum)\s*\(/;

function extend(elements: readonly Node[], input: Table, scope: Scope): Table {
  const columns = [...input.columns];
  const made: { readonly at: number; readonly scalar: Scalar }[] = [];
  for (const element of elements) {
    const { name, names, node } = namedOf(element);
    const scalar = scalarOf(node, scope);
    const targets = names.length > 1 ? names : [name ?? freeName(automaticName(node, columns), columns)];
    targets.forEach((target, index) => {
      const of = names.length > 1 ? element_(scalar, index) : scalar;
      const there = columns.findIndex((column) => column.name === target);
      const at = there < 0 ? columns.length : there;
      columns[at] = { name: target, type: of.type };
      made.push({ at, scalar: of });
    });
  }
  const placed = elements.some(({ text }) => NEEDS_PLACE.test(text));
  return serially(
    input,
    columns,
    (row, place) => {
      const next = [...row];
      for (const { at, scalar } of made) next[at] = scalar.of(row, place);
      return next;
    },
    placed,
  );
}

function element_(scalar: Scalar, index: number): Scalar {
  return {
    type: 'dynamic',
    of: (row, place) => {
      const value = scalar.of(row, place);
      return Array.isArray(value) ? ((value[index] ?? null) as Value) : null;
    },
  };
}

function project(elements: readonly Node[], input: Table, scope: Scope): Table {
  const columns: Column[] = [];
  const scalars: Scalar[] = [];
  for (const element of elements) {
    const { name, node } = namedOf(element);
    if (node.kind === 'StarExpression') {
      input.columns.forEach((column, at) => {
        columns.push(column);
        scalars.push({ type: column.type, of: (row) => row[at] ?? nullOf(column.type) });
      });
      continue;
    }
    const scalar = scalarOf(node, scope);
    columns.push({ name: name ?? freeName(automaticName(node, columns), columns), type: scalar.type });
    scalars.push(scalar);
  }
  return serially(
    input,
    columns,
    (row, place) => scalars.map((scalar) => scalar.of(row, place)),
    elements.some(({ text }) => NEEDS_PLACE.test(text)),
  );
}

function picked(input: Table, columns: readonly Column[]): Table {
  const at = columns.map((column) => input.columns.indexOf(column));
  return serially(input, columns, (row) =>
    at.map((index, column) => row[index] ?? nullOf(columns[column]?.type ?? 'dynamic')),
  );
}

function matcher(elements: readonly Node[]): (name: string) => boolean {
  const patterns = elements.map(
    (element) =>
      new RegExp(
        `^${nameOf(element.kind === 'OrderedExpression' ? (element.children[0] ?? element) : element)
          .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '.*')}$`,
      ),
  );
  return (name) => patterns.some((pattern) => pattern.test(name));
}

function distinct(elements: readonly Node[], input: Table, scope: Scope): Table {
  const table = elements.some(({ kind }) => kind === 'StarExpression')
    ? picked(
        input,
        input.columns.filter(({ name }) => name !== INGESTED),
      )
    : project(elements, input, scope);
  return lazy(table.columns, function* () {
    const seen = new Set<string>();
    for (const row of table.rows) {
      const key = JSON.stringify(row);
      if (seen.has(key)) continue;
      seen.add(key);
      yield row;
    }
  });
}

function* firstOf(rows: Iterable<Row>, most: number): Generator<Row, void> {
  let taken = 0;
  if (most <= 0) return;
  for (const row of rows) {
    yield row;
    taken += 1;
    if (taken >= most) return;
  }
}

interface Ordering {
  readonly scalar: Scalar;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Descending unless told otherwise; nulls first where ascending (https://learn.microsoft.com/en-us/kusto/query/sort-operator). */
function ordering(node: Node, scope: Scope): Ordering {
  const clause = childOf(node, 'OrderingClause');
  const expression = node.kind === 'OrderedExpression' ? (node.children[0] ?? node) : node;
  const words = clause?.text ?? '';
  const descending = !/\basc\b/.test(words);
  const nullsFirst = /nulls\s+first/.test(words) || (!descending && !/nulls\s+last/.test(words));
  return { scalar: scalarOf(expression, scope), descending, nullsFirst };
}

function inOrder(orders: readonly Ordering[], a: Row, b: Row): number {
  for (const { scalar, descending, nullsFirst } of orders) {
    const [x, y] = [scalar.of(a, NO_PLACE), scalar.of(b, NO_PLACE)];
    if (x === null || y === null) {
      if (x === y) continue;
      return (x === null) === nullsFirst ? -1 : 1;
    }
    const order = compare(x, y);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

/** https://learn.microsoft.com/en-us/kusto/query/union-operator: columns by name; a name of two types becomes two columns. */
function union(node: Node, first: Table | undefined, scope: Scope): Table {
  const fuzzy = parameterOf(node, 'isfuzzy') === 'true';
  const source = parameterOf(node, 'withsource') ?? parameterOf(node, 'with_source');
  const tables: { readonly name: string; readonly table: Table }[] =
    first === undefined ? [] : [{ name: 'union_arg0', table: first }];
  for (const element of (listsOf(node).at(-1) ?? []).filter(({ kind }) => kind !== 'NamedParameter')) {
    try {
      tables.push({
        name: element.kind === 'NameReference' ? nameOf(element) : `union_arg${tables.length}`,
        table: tableOf(element, { ...scope, columns: [] }),
      });
    } catch (error) {
      if (!(fuzzy && error instanceof QueryError)) throw error;
    }
  }
  const columns: Column[] = source === undefined ? [] : [{ name: source, type: 'string' }];
  for (const { table } of tables) {
    for (const column of table.columns) {
      const same = columns.find(({ name }) => name === column.name);
      if (same === undefined) columns.push(column);
      else if (
        same.type !== column.type &&
        !columns.some(({ name }) => name === `${column.name}_${column.type}`)
      )
        columns.push({ name: `${column.name}_${column.type}`, type: column.type });
    }
  }
  return lazy(columns, function* () {
    for (const { name, table } of tables) {
      const at = columns.map(({ name: wanted, type }) =>
        table.columns.findIndex(
          (column) =>
            (column.name === wanted && column.type === type) || `${column.name}_${column.type}` === wanted,
        ),
      );
      for (const row of table.rows) {
        yield at.map((index, column) =>
          source !== undefined && column === 0
            ? name
            : index < 0
              ? nullOf(columns[column]?.type ?? 'dynamic')
              : (row[index] ?? null),
        );
      }
    }
  });
}

function dataTable(node: Node, scope: Scope): Table {
  const schema = listsOf(childOf(node, 'RowSchema') ?? node)[0] ?? [];
  const columns = schema.map((each) => ({
    name: nameOf(each.children[0] ?? each),
    type: typeNamed(each.children.at(-1) ?? each),
  }));
  const values = (listsOf(node).at(-1) ?? []).map((each) => constantOf(each, scope));
  const rows: Row[] = [];
  for (let at = 0; at < values.length; at += columns.length) {
    rows.push(
      columns.map(({ type }, index) => {
        const given = values[at + index];
        return given === undefined ? nullOf(type) : convert(given.type, type, given.value);
      }),
    );
  }
  return { columns, rows };
}

function range(node: Node, scope: Scope): Table {
  const [name, from, to, step] = operandsOf(node);
  if (name === undefined || from === undefined || to === undefined || step === undefined)
    throw new NotEvaluatedError(node.text);
  const [start, end, by] = [
    constantOf(from, scope),
    Number(constantOf(to, scope).value),
    Number(constantOf(step, scope).value),
  ];
  return lazy([{ name: nameOf(name), type: start.type }], function* () {
    for (let at = Number(start.value); by > 0 ? at <= end : at >= end; at += by) yield [at];
  });
}

function bagUnpack(node: Node, input: Table, scope: Scope): Table {
  const [called] = operandsOf(node);
  const [bag] = called === undefined ? [] : (listsOf(childOf(called, 'ExpressionList') ?? called)[0] ?? []);
  if (called === undefined || bag === undefined || nameOf(called.children[0] ?? called) !== 'bag_unpack')
    throw new NotEvaluatedError(node.text);
  const at = scope.columns.findIndex(({ name }) => name === nameOf(bag));
  const rows = [...input.rows];
  const names = [...new Set(rows.flatMap((row) => Object.keys((row[at] ?? {}) as object)))];
  const typeOf = (name: string) => {
    const values = rows
      .map((row) => (row[at] as Record<string, unknown> | null)?.[name])
      .filter((value) => value !== undefined && value !== null);
    return values.every((value) => typeof value === 'string')
      ? 'string'
      : values.every((value) => Number.isInteger(value))
        ? 'long'
        : values.every((value) => typeof value === 'number')
          ? 'real'
          : values.every((value) => typeof value === 'boolean')
            ? 'bool'
            : 'dynamic';
  };
  const columns = [
    ...input.columns.filter((_, index) => index !== at),
    ...names.map((name) => ({ name, type: typeOf(name) }) as const),
  ];
  return {
    columns,
    rows: rows.map((row) => [
      ...row.filter((_, index) => index !== at),
      ...names.map((name) => (row[at] as Record<string, Value> | null)?.[name] ?? null),
    ]),
  };
}

/** parse … with "text" name:type * (https://learn.microsoft.com/en-us/kusto/query/parse-operator), in its simple mode. */
function parse(node: Node, input: Table, scope: Scope): Table {
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

function namedTable(name: string, scope: Scope): Table {
  const binding = scope.names.get(name);
  if (binding?.kind === 'table') return binding.table;
  if (binding?.kind === 'function') return invoked(binding, [], undefined, scope);
  throw new QueryError('SEM0100', `Failed to resolve table or column expression named '${name}'`);
}

function callTable(node: Node, input: Table | undefined, scope: Scope): Table {
  const name = nameOf(node.children[0] ?? node);
  const arguments_ = listsOf(childOf(node, 'ExpressionList') ?? node)[0] ?? [];
  if (name === 'table' && arguments_[0] !== undefined)
    return namedTable(String(constantOf(arguments_[0], scope).value), scope);
  const binding = scope.names.get(name);
  if (binding?.kind !== 'function')
    throw new QueryError('SEM0100', `Failed to resolve table or column expression named '${name}'`);
  return invoked(binding, arguments_, input, scope);
}

function invoked(
  binding: Extract<Binding, { kind: 'function' }>,
  arguments_: readonly Node[],
  input: Table | undefined,
  scope: Scope,
): Table {
  let inner = binding.scope;
  const values = [...arguments_];
  binding.parameters.forEach((parameter, at) => {
    if (at === 0 && input !== undefined)
      inner = withName(inner, parameter.name, { kind: 'table', table: input });
    else {
      const byName = values.find((each) => namedOf(each).name === parameter.name);
      const given = byName === undefined ? values[input === undefined ? at : at - 1] : namedOf(byName).node;
      inner = withName(
        inner,
        parameter.name,
        bound(given ?? parameter.preset, given === undefined ? binding.scope : scope, parameter),
      );
    }
  });
  const { scope: within, last } = statementsOf(binding.body, inner);
  return tableOf(last, within);
}

function bound(node: Node | undefined, scope: Scope, parameter: Parameter): Binding {
  if (node === undefined)
    throw new QueryError('SEM0219', `The function expects an argument '${parameter.name}'`);
  if (parameter.type === undefined) return { kind: 'table', table: tableOf(node, { ...scope, columns: [] }) };
  const { type, value } = constantOf(node, scope);
  return { kind: 'scalar', type: parameter.type, value: convert(type, parameter.type, value) };
}

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
  if (isTabular(node, scope)) return { kind: 'table', table: tableOf(node, { ...scope, columns: [] }) };
  const { type, value } = constantOf(node, scope);
  return { kind: 'scalar', type, value };
}

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
