import type { Type, Value } from '../values.ts';

/** An aggregate under way over one group. */
export interface Accumulator {
  add(values: readonly Value[]): void;
  result(): Value;
}

export interface Aggregate {
  readonly type: (arguments_: readonly Type[]) => Type;
  readonly begin: (types: readonly Type[]) => Accumulator;
}

/** The aggregate over rows where the last argument is true; `at` is that argument's place. */
export function conditional(aggregate: Aggregate, at: number): Aggregate {
  return {
    type: (types) => aggregate.type(types.toSpliced(at, 1)),
    begin: (types) => {
      const inner = aggregate.begin(types.toSpliced(at, 1));
      return {
        add: (values) => {
          if (values[at] === true) inner.add(at === values.length - 1 ? values : values.toSpliced(at, 1));
        },
        result: () => inner.result(),
      };
    },
  };
}

/** An aggregate that folds the values that are not null. */
export function folding<T>(
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
