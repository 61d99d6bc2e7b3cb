import type { Collected } from '../report/run-record.ts';
import type { ReadyRow } from '../rows/rows.ts';

/** Where rows come from, and what there is to say of it, which is written as the rows are taken. */
export interface RowSource {
  /** Pages of rows, as they come. */
  readonly rows: AsyncGenerator<Iterable<ReadyRow>, void>;
  readonly collected: Collected;
}
