import { lazy, NO_PLACE, type Place } from '../scope.ts';
import type { Column, Row, Table } from '../values.ts';

/** Goes through a table row by row, with each row's place where it has been serialized. */
export function serially(
  input: Table,
  columns: readonly Column[],
  map: (row: Row, place: Place) => Row | undefined,
  placed = false,
): Table {
  return lazy(columns, function* () {
    const rows = placed ? [...input.rows] : undefined;
    let index = 0;
    for (const row of rows ?? input.rows) {
      const made = map(row, rows === undefined ? NO_PLACE : { rows, index });
      index += 1;
      if (made !== undefined) yield made;
    }
  });
}

/** The first rows, so many at most. */
export function* firstOf(rows: Iterable<Row>, most: number): Generator<Row, void> {
  let taken = 0;
  if (most <= 0) return;
  for (const row of rows) {
    yield row;
    taken += 1;
    if (taken >= most) return;
  }
}
