import { always } from '../result-types.ts';
import { keyOf, type Value } from '../values.ts';
import { folding } from './aggregate.ts';

function limitOf(values: readonly Value[]): number {
  const [, limit] = values;
  return typeof limit === 'number' ? limit : 1_048_576;
}

/** An empty text is left out of sets and lists only where it is null, which a string never is. */
export const makeSet = folding<Map<string, Value>>(
  always('dynamic'),
  () => new Map(),
  (state, value, values) => {
    const key = keyOf(value);
    return state.has(key) || state.size >= limitOf(values) ? state : state.set(key, value);
  },
  (state) => [...state.values()],
);
export const makeList = folding<Value[]>(
  always('dynamic'),
  () => [],
  (state, value, values) => {
    if (state.length < limitOf(values)) state.push(value);
    return state;
  },
  (state) => state,
);
export const makeBag = folding<Record<string, unknown>>(
  always('dynamic'),
  () => ({}),
  (state, value) =>
    typeof value === 'object' && !Array.isArray(value) ? Object.assign(state, { ...value, ...state }) : state,
  (state) => state,
);
