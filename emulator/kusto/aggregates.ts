import { type Aggregate, conditional } from './aggregates/aggregate.ts';
import { bitwise } from './aggregates/bits.ts';
import { makeBag, makeList, makeSet } from './aggregates/collections.ts';
import { any, max, min } from './aggregates/picks.ts';
import { percentile, spread } from './aggregates/spreads.ts';
import { avg, count, distinct, sum } from './aggregates/totals.ts';
import { NotEvaluatedError } from './errors.ts';

/** https://learn.microsoft.com/en-us/kusto/query/aggregation-functions; arg_max, arg_min and take_any of several stand in aggregates/whole-rows.ts. */
export const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  any,
  avg,
  avgif: conditional(avg, 1),
  binary_all_and: bitwise(
    -1n,
    (a, b) => a & b,
    (a, b) => a & b,
  ),
  binary_all_or: bitwise(
    0n,
    (a, b) => a | b,
    (a, b) => a | b,
  ),
  binary_all_xor: bitwise(
    0n,
    (a, b) => a ^ b,
    (a, b) => a ^ b,
  ),
  count,
  count_distinct: distinct,
  count_distinctif: conditional(distinct, 1),
  countif: conditional(count, 0),
  dcount: distinct,
  dcountif: conditional(distinct, 1),
  make_bag: makeBag,
  make_bag_if: conditional(makeBag, 1),
  make_list: makeList,
  make_list_if: conditional(makeList, 1),
  make_set: makeSet,
  make_set_if: conditional(makeSet, 1),
  max,
  maxif: conditional(max, 1),
  min,
  minif: conditional(min, 1),
  percentile,
  stdev: spread(true, true),
  stdevp: spread(true, false),
  sum,
  sumif: conditional(sum, 1),
  take_any: any,
  take_anyif: conditional(any, 1),
  variance: spread(false, true),
  variancep: spread(false, false),
};

/** @throws NotEvaluatedError */
export function aggregateOf(name: string): Aggregate {
  const aggregate = Object.hasOwn(AGGREGATES, name) ? AGGREGATES[name] : undefined;
  if (aggregate === undefined) throw new NotEvaluatedError(`the aggregate ${name}()`);
  return aggregate;
}
