import type { Columns, ColumnType } from '../tenant/stream.ts';
import type { Row } from '../wire/rows.ts';

const DAY_MS = 86_400_000;
const FIELD_BYTES = 65_536;

/** What the service did to rows without telling anybody. */
export interface LandingCounts {
  /** Values of columns that the stream does not declare, by column. */
  droppedColumns: Record<string, number>;
  /** Values that do not fit their column's type, by column. */
  droppedValues: Record<string, number>;
  truncatedValues: number;
  /** Rows whose TimeGenerated was replaced by the time of receipt. */
  rewrittenTimes: number;
}

/** A row as it stands in the table. */
export type LandedRow = Row & { receivedAt: number };

/** What the stream takes of a posted row: values of declared columns that are of their type. */
export function streamed(row: Row, columns: Columns | undefined, counts: LandingCounts): Row {
  const taken: Row = {};
  for (const [name, value] of Object.entries(row)) {
    const type = columns?.[name];
    if (columns !== undefined && type === undefined) {
      counts.droppedColumns[name] = (counts.droppedColumns[name] ?? 0) + 1;
    } else if (value !== null) {
      if (type !== undefined && !isOfType(value, type)) {
        counts.droppedValues[name] = (counts.droppedValues[name] ?? 0) + 1;
      } else taken[name] = value;
    }
  }
  return taken;
}

/** The row of the table; what the table has no column for is gone, and the sender has no part in that. */
export function land(
  row: Row,
  receivedAt: number,
  columns: Columns | undefined,
  counts: LandingCounts,
): LandedRow {
  const landed: LandedRow = { receivedAt };
  for (const [name, value] of Object.entries(row)) {
    if (columns === undefined || columns[name] !== undefined) landed[name] = truncated(value, counts);
  }
  if (!isRecent(landed.TimeGenerated, receivedAt)) {
    if (row.TimeGenerated !== undefined) counts.rewrittenTimes += 1;
    landed.TimeGenerated = new Date(receivedAt).toISOString();
  }
  return landed;
}

/**
 * A number sent as text, or text sent as a number, vanishes:
 * https://github.com/Azure/Azure-Sentinel/pull/14342
 */
function isOfType(value: unknown, type: ColumnType): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'int':
      return Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31;
    case 'long':
      return Number.isSafeInteger(value);
    case 'real':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'datetime':
      return typeof value === 'string' && !Number.isNaN(instantOfText(value));
    case 'dynamic':
      return true;
  }
}

/** https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns#timegenerated */
function isRecent(value: unknown, receivedAt: number): boolean {
  if (typeof value !== 'string') return false;
  const instant = instantOfText(value);
  return instant >= receivedAt - 2 * DAY_MS && instant <= receivedAt + DAY_MS;
}

function instantOfText(text: string): number {
  const form = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/i.exec(text);
  if (form === null) return Number.NaN;
  return Date.parse(form[1] === undefined && text.length > 10 ? `${text}Z` : text);
}

/** Longer fields are truncated; a dynamic value that is cut is no longer JSON and lands as text. */
function truncated(value: unknown, counts: LandingCounts): unknown {
  const text = typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : '';
  // Three bytes a UTF-16 unit is the most that UTF-8 needs, so short values need no counting.
  if (text.length * 3 <= FIELD_BYTES || Buffer.byteLength(text) <= FIELD_BYTES) return value;
  counts.truncatedValues += 1;
  const bytes = Buffer.from(text, 'utf8');
  let end = FIELD_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
