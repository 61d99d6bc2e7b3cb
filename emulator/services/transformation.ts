import { evaluate } from '../kusto/evaluate.ts';
import { type Column, dateText, type Table, type Type, type Value } from '../kusto/values.ts';
import type { Columns } from '../tenant/stream.ts';
import type { Row } from '../wire/rows.ts';
import { cellOf, kqlType } from './log-table.ts';

/**
 * Runs a rule's transformation on the rows of one upload: `source` is the stream as declared.
 * @throws QueryError, NotEvaluatedError
 */
export function transformed(kql: string, rows: readonly Row[], declared: Columns, now: number): Row[] {
  const entries = Object.entries(declared);
  const columns: Column[] = entries.map(([name, type]) => ({ name, type: kqlType(type) }));
  const source: Table = {
    columns,
    rows: rows.map((row) => entries.map(([name, type]) => cellOf(type, row[name]))),
  };
  const made = evaluate(kql, { tables: new Map([['source', source]]), functions: [] }, now);
  return [...made.rows].map((cells) => {
    const named = made.columns.map(({ name, type }, at) => [name, jsonOf(type, cells[at] ?? null)] as const);
    return Object.fromEntries(named.filter(([, value]) => value !== null && value !== ''));
  });
}

function jsonOf(type: Type, value: Value): Value {
  return type === 'datetime' && typeof value === 'number' ? dateText(value) : value;
}
