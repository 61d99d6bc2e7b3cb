import type { Table, Type, Value } from './values.ts';
import { dateText, spanText } from './values.ts';

/** A table of an answer, and what its limits cut off. */
export interface AnswerTable {
  readonly name: 'PrimaryResult';
  readonly columns: readonly { readonly name: string; readonly type: Type }[];
  readonly rows: readonly (readonly unknown[])[];
}

/** How much of a result goes into an answer. */
export interface AnswerLimits {
  readonly rows: number;
  /** Of the rows as JSON. */
  readonly bytes: number;
}

/**
 * A table as the query API writes it: datetime and timespan as text, dynamic as JSON in text, numbers bare
 * (https://learn.microsoft.com/en-us/azure/azure-monitor/logs/api/response-format).
 */
export function answerOf(table: Table): { readonly tables: readonly AnswerTable[] } {
  return { tables: [limitedAnswer(table, { rows: Infinity, bytes: Infinity }).table] };
}

/** The rows that fit the limits, and the limit that did not let all of them through. */
export function limitedAnswer(
  { columns, rows }: Table,
  limits: AnswerLimits,
): { readonly table: AnswerTable; readonly exceeded: 'rows' | 'bytes' | undefined } {
  const written: unknown[][] = [];
  let exceeded: 'rows' | 'bytes' | undefined;
  let bytes = 0;
  for (const row of rows) {
    const cells = columns.map(({ type }, at) => cellOf(type, row[at] ?? null));
    if (limits.bytes < Infinity) bytes += Buffer.byteLength(JSON.stringify(cells)) + 1;
    if (written.length >= limits.rows) exceeded = 'rows';
    else if (bytes > limits.bytes) exceeded = 'bytes';
    if (exceeded !== undefined) break;
    written.push(cells);
  }
  const named = columns.map(({ name, type }) => ({ name, type }));
  return { table: { name: 'PrimaryResult', columns: named, rows: written }, exceeded };
}

function cellOf(type: Type, value: Value): unknown {
  if (value === null) return type === 'string' || type === 'dynamic' ? '' : null;
  if (type === 'datetime' && typeof value === 'number') return dateText(value);
  if (type === 'timespan' && typeof value === 'number') return spanText(value);
  if (type === 'decimal') return String(value);
  if (type === 'dynamic') return typeof value === 'string' ? value : JSON.stringify(value);
  return typeof value === 'number' && !Number.isFinite(value)
    ? String(value).replace('Infinity', 'Inf')
    : value;
}
