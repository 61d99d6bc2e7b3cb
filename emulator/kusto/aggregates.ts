import { NotEvaluatedError } from './errors.ts';
import { compare, isNumber, keyOf, nullOf, type Type, type Value } from './values.ts';

/** An aggregate under way over one group. */
export interface Accumulator {
  add(values: readonly Value[]): void;
  result(): Value;
}

export interface Aggregate {
  readonly type: (arguments_: readonly Type[]) => Type;
  readonly begin: (types: readonly Type[]) => Accumulator;
}

const always = (type: Type) => () => type;
const first = (types: readonly Type[]): Type => types[0] ?? 'dynamic';
const sumType = ([type = 'long']: readonly Type[]): Type =>
  type === 'int' ? 'long' : type === 'dynamic' ? 'real' : type;
const meanType = ([type = 'real']: readonly Type[]): Type =>
  isNumber(type) || type === 'dynamic' ? 'real' : type;

/** The aggregate over rows where the last argument is true; `at` is that argument's place. */
function conditional(aggregate: Aggregate, at: number): Aggregate {
  return {
    type: (types) => aggregate.type(types.toSpliced(at, 1)),
    begin: (types) => {
      const inner = aggregate.begin(types.toSpliced(at, 1));
      return {
        add: (values) => {
          if (values[at] === true) inner.add(values.toSpliced(at, 1));
        },
        result: () => inner.result(),
      };
    },
  };
}

function folding<T>(
  type: Aggregate['type'],
  start: () => T,
  fold: (state: T, value: Exclude<Value, null>, values: readonly Value[]) => T,
  end: (state: T, types: readonly Type[]) => Value,
): Aggregate {
  return {
    type,
    begin: (types) => {
      let state = start();
      return {
        add: (values) => {
          const [value = null] = values;
          if (value !== null) state = fold(state, value, values);
        },
        result: () => end(state, types),
      };
    },
  };
}

const count: Aggregate = {
  type: always('long'),
  begin: () => {
    let rows = 0;
    return {
      add: () => {
        rows += 1;
      },
      result: () => rows,
    };
  },
};
const sum = folding(
  sumType,
  () => 0,
  (state, value) => state + Number(value),
  (state) => state,
);
const distinct = folding(
  always('long'),
  () => new Set<string>(),
  (state, value) => state.add(keyOf(value)),
  (state) => state.size,
);
const avg = folding(
  meanType,
  () => ({ sum: 0, n: 0 }),
  ({ sum: total, n }, value) => ({ sum: total + Number(value), n: n + 1 }),
  ({ sum: total, n }) => (n === 0 ? Number.NaN : total / n),
);
const extreme = (better: (order: number) => boolean): Aggregate =>
  folding<Value>(
    first,
    () => null,
    (best, value) => (best === null || better(compare(value, best)) ? value : best),
    (best, types) => best ?? nullOf(types[0] ?? 'dynamic'),
  );
const max = extreme((order) => order > 0);
const min = extreme((order) => order < 0);
const any = folding<Value>(
  first,
  () => null,
  (state, value) => (state === null || state === '' ? value : state),
  (state, types) => state ?? nullOf(types[0] ?? 'dynamic'),
);

function limitOf(values: readonly Value[]): number {
  const [, limit] = values;
  return typeof limit === 'number' ? limit : 1_048_576;
}

/** An empty text is left out of sets and lists only where it is null, which a string never is. */
const makeSet = folding<Map<string, Value>>(
  always('dynamic'),
  () => new Map(),
  (state, value, values) => {
    const key = keyOf(value);
    return state.has(key) || state.size >= limitOf(values) ? state : state.set(key, value);
  },
  (state) => [...state.values()],
);
const makeList = folding<Value[]>(
  always('dynamic'),
  () => [],
  (state, value, values) => {
    if (state.length < limitOf(values)) state.push(value);
    return state;
  },
  (state) => state,
);
const makeBag = folding<Record<string, unknown>>(
  always('dynamic'),
  () => ({}),
  (state, value) =>
    typeof value === 'object' && !Array.isArray(value) ? Object.assign(state, { ...value, ...state }) : state,
  (state) => state,
);

/** 64-bit operations on longs; below 2^53 in two halves, since BigInt takes ten times as long. */
function bitwise(
  start: bigint,
  fold: (a: bigint, b: bigint) => bigint,
  halves: (a: number, b: number) => number,
): Aggregate {
  return {
    type: always('long'),
    begin: () => {
      let [high, low, wide, seen] = start === 0n ? [0, 0, 0n, false] : [0x1fffff, 0xffffffff, start, false];
      let big = false;
      return {
        add: ([value]) => {
          if (typeof value !== 'number') return;
          seen = true;
          if (value < 0) big = true;
          if (big || start !== 0n) wide = fold(wide, BigInt(value));
          if (!big && value >= 0) {
            high = halves(high, Math.floor(value / 2 ** 32)) >>> 0;
            low = halves(low, value % 2 ** 32) >>> 0;
          }
        },
        result: () => {
          if (!seen) return start === 0n ? 0 : null;
          return big || start !== 0n
            ? Number(
                BigInt.asIntN(64, fold(wide, start === 0n ? (BigInt(high) << 32n) | BigInt(low) : start)),
              )
            : high * 2 ** 32 + low;
        },
      };
    },
  };
}

function spread(root: boolean, sample: boolean): Aggregate {
  return folding<number[]>(
    always('real'),
    () => [],
    (state, value) => {
      state.push(Number(value));
      return state;
    },
    (state) => {
      const n = state.length;
      if (n < (sample ? 2 : 1)) return n === 0 ? Number.NaN : 0;
      const mean = state.reduce((a, b) => a + b, 0) / n;
      const variance = state.reduce((a, b) => a + (b - mean) ** 2, 0) / (sample ? n - 1 : n);
      return root ? Math.sqrt(variance) : variance;
    },
  );
}

/** Nearest rank; Kusto's own is an estimate (https://learn.microsoft.com/en-us/kusto/query/percentiles-aggregation-function). */
export function percentileOf(sorted: readonly Value[], percent: number): Value {
  return (
    sorted[Math.min(Math.max(Math.ceil((percent / 100) * sorted.length) - 1, 0), sorted.length - 1)] ?? null
  );
}

const percentile = folding<{ list: Exclude<Value, null>[]; percent: number }>(
  first,
  () => ({ list: [], percent: 0 }),
  (state, value, values) => {
    state.list.push(value);
    state.percent = Number(values[1]);
    return state;
  },
  ({ list, percent }) => percentileOf(list.sort(compare), percent),
);

/** https://learn.microsoft.com/en-us/kusto/query/aggregation-functions; arg_max, arg_min and take_any of several are operators.ts's. */
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

export function aggregateOf(name: string): Aggregate {
  const aggregate = Object.hasOwn(AGGREGATES, name) ? AGGREGATES[name] : undefined;
  if (aggregate === undefined) throw new NotEvaluatedError(`the aggregate ${name}()`);
  return aggregate;
}
