import { NotEvaluatedError } from './errors.ts';
import { constantOf } from './expressions/constants.ts';
import { scalarOf } from './expressions.ts';
import { namedOf } from './names.ts';
import { bagUnpack } from './operators/bag-unpack.ts';
import { extend, matcher, picked, project } from './operators/columns.ts';
import { distinct } from './operators/distinct.ts';
import { join } from './operators/join.ts';
import { expand, expandApply } from './operators/mv-expand.ts';
import { inOrder, ordering } from './operators/order.ts';
import { parse } from './operators/parse.ts';
import { firstOf, serially } from './operators/rows.ts';
import { makeSeries } from './operators/series.ts';
import { summarize } from './operators/summarize.ts';
import { union } from './operators/union.ts';
import { INGESTED, lazy, type Scope, withColumns } from './scope.ts';
import { dataTable, print, range } from './sources.ts';
import { listsOf, type Node, nameOf, operandsOf } from './syntax.ts';
import { callTable, namedTable } from './table-calls.ts';
import type { Table } from './values.ts';

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
    case 'PrintOperator':
      return print(node, scope);
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
