import { INGESTED } from '../kusto/scope.ts';
import {
  type Column,
  nullOf,
  parseDate,
  type Row,
  type Table,
  type Type,
  type Value,
} from '../kusto/values.ts';
import type { LogAnalyticsSettings } from '../tenant/log-analytics-settings.ts';
import type { Columns, ColumnType } from '../tenant/stream.ts';
import type { LandedRow } from './landing.ts';

const DAY_MS = 86_400_000;

/** Columns of every table that nobody declares; https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns */
const STANDARD: Columns = {
  TenantId: 'string',
  Type: 'string',
  _ResourceId: 'string',
  _TimeReceived: 'datetime',
};

/** What a query can see at its time. */
export interface View {
  now: number;
  /** How many queries were run before, this one included. */
  query: number;
  /** TimeGenerated, from and up to but not including. */
  from: number;
  to: number;
}

interface Standing {
  visibleAt: number;
  visibleFromQuery: number;
  cells: Row | undefined;
}

/** A table of the workspace: its rows in order of arrival, and from when queries see them. */
export class LogTable {
  readonly rows: LandedRow[] = [];
  readonly #settings: LogAnalyticsSettings;
  readonly #nameOf: () => string;
  readonly #columnsOf: () => Columns;
  /** One for each row, at the same place. */
  #standing: Standing[] = [];
  /** The columns for which cells were made. */
  #shape = '';

  constructor(settings: LogAnalyticsSettings, nameOf: () => string, columnsOf: () => Columns) {
    this.#settings = settings;
    this.#nameOf = nameOf;
    this.#columnsOf = columnsOf;
  }

  get name(): string {
    return this.#nameOf();
  }

  /** Stores a row; how soon it is seen is decided by the settings of this moment. */
  add(row: LandedRow, queriesSoFar: number): void {
    const { visibleAfterMs, visibleAfterQueries } = this.#settings;
    this.rows.push(row);
    this.#standing.push({
      visibleAt: row.receivedAt + visibleAfterMs,
      visibleFromQuery: queriesSoFar + visibleAfterQueries + 1,
      cells: undefined,
    });
  }

  /** Deletes rows, as the Delete Data API and purge do. @returns how many */
  delete(gone: (row: LandedRow) => boolean): number {
    const before = this.rows.length;
    const kept = this.rows
      .map((row, at) => ({ row, standing: this.#standing[at] }))
      .filter(({ row }) => !gone(row));
    this.rows.length = 0;
    this.#standing = [];
    for (const { row, standing } of kept) {
      this.rows.push(row);
      if (standing !== undefined) this.#standing.push(standing);
    }
    return before - kept.length;
  }

  /** The table as a query sees it; with `blind` its columns only. */
  seen(view: View, blind: boolean): Table {
    const declared = { ...this.#columnsOf(), ...STANDARD };
    const columns: Column[] = Object.entries(declared).map(([name, type]) => ({ name, type: kqlType(type) }));
    columns.push({ name: INGESTED, type: 'datetime' });
    const shape = JSON.stringify([this.name, columns]);
    if (shape !== this.#shape) {
      for (const standing of this.#standing) standing.cells = undefined;
      this.#shape = shape;
    }
    const rows = () => this.#visible(view, declared);
    return { columns, rows: blind ? [] : { [Symbol.iterator]: rows } };
  }

  *#visible({ now, query, from, to }: View, columns: Columns): Generator<Row, void> {
    const { retentionDays, mayRead } = this.#settings;
    const oldest = Math.max(from, now - retentionDays * DAY_MS);
    const time = Object.keys(columns).indexOf('TimeGenerated');
    for (const [index, row] of this.rows.entries()) {
      const standing = this.#standing[index];
      if (standing === undefined || standing.visibleAt > now || standing.visibleFromQuery > query) continue;
      standing.cells ??= this.#cellsOf(row, columns, standing.visibleAt);
      const at = standing.cells[time];
      if (typeof at === 'number' && (at < oldest || at >= to)) continue;
      if (mayRead(row)) yield standing.cells;
    }
  }

  #cellsOf(row: LandedRow, columns: Columns, visibleAt: number): Row {
    const standard: Record<string, Value> = {
      TenantId: this.#settings.workspaceId,
      Type: this.name,
      _ResourceId: '',
      _TimeReceived: row.receivedAt,
    };
    const cells = Object.entries(columns).map(([name, type]) =>
      name in STANDARD ? (standard[name] ?? null) : cellOf(type, row[name]),
    );
    return [...cells, visibleAt];
  }
}

/** The name that KQL has for a type of a stream. */
export function kqlType(type: ColumnType): Type {
  return type === 'boolean' ? 'bool' : type;
}

/** A value of JSON as a cell of a column. */
export function cellOf(type: ColumnType, value: unknown): Value {
  if (value === undefined || value === null) return nullOf(kqlType(type));
  if (type === 'datetime') return typeof value === 'string' ? parseDate(value) : null;
  return value as Value;
}
