import { parseInstant } from '../time/instant.ts';
import { COLUMNS, type ColumnType } from './columns.ts';
import type { ActivityEvent, SourceName } from './event.ts';
import { exactText } from './exact-json.ts';
import type { Redact } from './redaction.ts';
import { FIELD_LIMIT, type Truncations, truncateToSize } from './truncate.ts';

/** A row as it is sent: column name to value. */
export type Row = Record<string, unknown>;

interface Target {
  readonly column: string;
  readonly type: ColumnType;
  /** A property that goes before this one for the same column. */
  readonly unless: string | undefined;
}

const TARGETS: ReadonlyMap<string, Target> = new Map(
  COLUMNS.flatMap(({ name, type, from }) =>
    from.map((property, at): [string, Target] => [
      property,
      { column: name, type, unless: at === 0 ? undefined : from[0] },
    ]),
  ),
);

/**
 * Maps an event to its row. A value that does not fit its column's type, and every property without a column, goes to
 * AdditionalFields under its own name: the service drops what does not fit and does not say so.
 * @param createdAt the event's CreationTime in ms, or undefined where it has none that can be read
 */
export function mapEvent(
  event: ActivityEvent,
  createdAt: number | undefined,
  source: SourceName,
  now: number,
): Row {
  const row: Row = {
    TimeGenerated:
      createdAt === undefined ? new Date(now).toISOString() : timeGenerated(event.CreationTime, createdAt),
  };
  let additional: Record<string, unknown> | undefined;
  for (const property in event) {
    const value = event[property];
    const target = TARGETS.get(property);
    if (
      target !== undefined &&
      (target.unless === undefined || inType(target.type, event[target.unless]) === undefined)
    ) {
      const fitting = inType(target.type, value);
      if (fitting !== undefined) {
        row[target.column] = fitting;
        continue;
      }
      if (value === null) continue;
    }
    additional ??= {};
    if (property === '__proto__') {
      Object.defineProperty(additional, property, { value, enumerable: true });
    } else {
      additional[property] = value;
    }
  }
  row.SourceApi = source;
  if (additional !== undefined) row.AdditionalFields = additional;
  return row;
}

/** A row as JSON, without what is not to leave, and held to the limits of the service. */
export function rowJson(row: Row, truncations: Truncations, redact: Redact | undefined): string {
  const json = redact === undefined ? JSON.stringify(row) : redact(row, truncations);
  // No value can be over the limit where the whole row is not; a UTF-16 unit is at most three bytes of UTF-8.
  if (json.length * 3 <= FIELD_LIMIT || Buffer.byteLength(json) <= FIELD_LIMIT) return json;
  return truncateToSize(row, json, truncations);
}

function timeGenerated(creationTime: unknown, instant: number): string {
  // The usual forms, without and with Z, need no Date.
  if (typeof creationTime === 'string' && creationTime.charCodeAt(10) === 84) {
    if (creationTime.length === 19 && creationTime.charCodeAt(16) === 58) return `${creationTime}Z`;
    if (creationTime.length === 20 && creationTime.charCodeAt(19) === 90) return creationTime;
  }
  return new Date(instant).toISOString();
}

/** The value in the column's type, or undefined where it has none there. */
function inType(type: ColumnType, value: unknown): unknown {
  switch (type) {
    case 'string':
      if (typeof value === 'string') return value;
      return typeof value === 'number' || typeof value === 'boolean' ? String(value) : exactText(value);
    case 'boolean':
      if (typeof value === 'boolean') return value;
      return typeof value === 'string' ? BOOLEANS.get(value.toLowerCase()) : undefined;
    case 'datetime':
      return typeof value === 'string' && parseInstant(value) !== undefined ? value : undefined;
    case 'dynamic':
      return value ?? undefined;
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);
