import { NotEvaluatedError } from '../errors.ts';
import { INGESTED, type Scalar, type Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import { nullOf } from '../values.ts';

/** Functions that look at the place of a row, or at the service. */
export const SPECIAL: Readonly<
  Record<string, (arguments_: readonly Scalar[], scope: Scope, nodes: readonly Node[]) => Scalar>
> = {
  ago: ([span], { now }) => ({
    type: 'datetime',
    of: (row, place) => now - Number(span?.of(row, place) ?? 0),
  }),
  now: ([span], { now }) => ({
    type: 'datetime',
    of: (row, place) => now + Number(span?.of(row, place) ?? 0),
  }),
  ingestion_time: (_, { columns }) => {
    const at = columns.findIndex(({ name }) => name === INGESTED);
    return { type: 'datetime', of: (row) => row[at] ?? null };
  },
  row_number: ([start, restart]) => ({
    type: 'long',
    of: (row, place) => {
      let from = place.index;
      while (from > 0 && restart?.of(place.rows[from] ?? [], { ...place, index: from }) !== true) from -= 1;
      return place.index - (restart === undefined ? 0 : from) + Number(start?.of(row, place) ?? 1);
    },
  }),
  prev: (arguments_) => neighbour(arguments_, -1),
  next: (arguments_) => neighbour(arguments_, 1),
  row_cumsum: ([value, restart]) => ({
    type: value?.type ?? 'long',
    of: (_, place) => {
      let total = 0;
      for (let at = place.index; at >= 0; at -= 1) {
        const row = place.rows[at] ?? [];
        total += Number(value?.of(row, { ...place, index: at }) ?? 0);
        if (restart?.of(row, { ...place, index: at }) === true) break;
      }
      return total;
    },
  }),
};

function neighbour([value, offset, preset]: readonly Scalar[], direction: number): Scalar {
  if (value === undefined) throw new NotEvaluatedError('prev or next without a column');
  return {
    type: value.type,
    of: (row, place) => {
      const index = place.index + direction * Number(offset?.of(row, place) ?? 1);
      const there = place.rows[index];
      return there === undefined
        ? (preset?.of(row, place) ?? nullOf(value.type))
        : value.of(there, { ...place, index });
    },
  };
}
