import { NotEvaluatedError } from '../errors.ts';
import { scalarOf } from '../expressions.ts';
import { automaticName } from '../names.ts';
import { INGESTED, NO_PLACE, type Scalar, type Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import { type Column, compare, nullOf, type Row, type Value } from '../values.ts';
import type { Plan } from './plan.ts';

function columnsNamed(
  nodes: readonly Node[],
  scope: Scope,
): { readonly name: string; readonly scalar: Scalar }[] {
  return nodes.flatMap((node) =>
    node.kind === 'StarExpression'
      ? scope.columns.flatMap((column, at) =>
          column.name === INGESTED
            ? []
            : [
                {
                  name: column.name,
                  scalar: { type: column.type, of: (row: Row) => row[at] ?? nullOf(column.type) },
                },
              ],
        )
      : [{ name: automaticName(node, []), scalar: scalarOf(node, scope) }],
  );
}

/** arg_max and arg_min (https://learn.microsoft.com/en-us/kusto/query/arg-max-aggregation-function). */
export function extremeRow(
  called: string,
  nodes: readonly Node[],
  name: string | undefined,
  names: readonly string[],
  scope: Scope,
  taken: readonly Column[],
): Plan {
  const [measure, ...others] = nodes;
  if (measure === undefined) throw new NotEvaluatedError(`${called}()`);
  const by = scalarOf(measure, scope);
  const own = name ?? automaticName(measure, taken);
  const rest = columnsNamed(others, scope).filter(
    (each) => each.name !== own && !taken.some((column) => column.name === each.name),
  );
  const direction = called === 'arg_max' ? 1 : -1;
  return {
    columns: [
      { name: own, type: by.type },
      ...rest.map((each, at) => ({ name: names[at + 1] ?? each.name, type: each.scalar.type })),
    ],
    begin: () => {
      let best: { value: Value; row: Row } | undefined;
      return {
        add: (row) => {
          const value = by.of(row, NO_PLACE);
          if (
            best === undefined ||
            (value !== null && (best.value === null || compare(value, best.value) * direction > 0))
          )
            best = { value, row };
        },
        result: () => [
          best?.value ?? nullOf(by.type),
          ...rest.map(({ scalar }) =>
            best === undefined ? nullOf(scalar.type) : scalar.of(best.row, NO_PLACE),
          ),
        ],
      };
    },
  };
}

/** take_any of several columns. */
export function anyRow(nodes: readonly Node[], scope: Scope, taken: readonly Column[]): Plan {
  const picked = columnsNamed(nodes, scope).filter(
    ({ name }) => !taken.some((column) => column.name === name),
  );
  return {
    columns: picked.map(({ name, scalar }) => ({ name, type: scalar.type })),
    begin: () => {
      let one: Row | undefined;
      return {
        add: (row) => {
          one ??= row;
        },
        result: () =>
          picked.map(({ scalar }) => (one === undefined ? nullOf(scalar.type) : scalar.of(one, NO_PLACE))),
      };
    },
  };
}
