import type { Table, Type, Value } from './values.ts';
import { dateText, spanText } from './values.ts';

/**
 * A table as the query API writes it: datetime and timespan as text, dynamic as JSON in text, numbers bare
 * (https://learn.microsoft.com/en-us/azure/azure-monitor/logs/api/response-format).
 */
export function answerOf({ columns, rows }: Table): object {
  return {
    tables: [
      {
        name: 'PrimaryResult',
        columns: columns.map(({ name, type }) => ({ name, type })),
        rows: [...rows].map((row) => columns.map(({ type }, at) => cellOf(type, row[at] ?? null))),
      },
    ],
  };
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
