import type { Column, Row, Value } from '../values.ts';

/** One aggregate of a summarize: the columns it makes, and an accumulator for each group. */
export interface Plan {
  readonly columns: readonly Column[];
  readonly begin: () => { add(row: Row): void; result(): readonly Value[] };
}
