import { NotEvaluatedError } from '../errors.ts';
import { constantOf } from '../expressions/constants.ts';
import { scalarOf } from '../expressions.ts';
import { automaticName } from '../names.ts';
import { freeName, NO_PLACE, type Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import { type Column, compare, type Value } from '../values.ts';
import type { Plan } from './plan.ts';
import { percentileOf } from './spreads.ts';

/** https://learn.microsoft.com/en-us/kusto/query/percentiles-aggregation-function */
export function percentiles(
  nodes: readonly Node[],
  names: readonly string[],
  scope: Scope,
  taken: readonly Column[],
): Plan {
  const [of, ...at] = nodes;
  if (of === undefined) throw new NotEvaluatedError('percentiles()');
  const scalar = scalarOf(of, scope);
  const percents = at.map((each) => Number(constantOf(each, scope).value));
  return {
    columns: percents.map((percent, index) => ({
      name: names[index] ?? freeName(`percentile_${automaticName(of, taken)}_${percent}`, taken),
      type: scalar.type,
    })),
    begin: () => {
      const values: Value[] = [];
      return {
        add: (row) => {
          const value = scalar.of(row, NO_PLACE);
          if (value !== null) values.push(value);
        },
        result: () => {
          values.sort(compare);
          return percents.map((percent) => percentileOf(values, percent));
        },
      };
    },
  };
}
