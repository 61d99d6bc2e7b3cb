import { randomUUID } from 'node:crypto';
import type { Table } from '../kusto/values.ts';
import type { ReadAccess } from '../tenant/log-analytics-settings.ts';
import type { Settings } from '../tenant/settings.ts';
import type { Columns } from '../tenant/stream.ts';
import { LogTable, type View } from './log-table.ts';

const HOUR_MS = 3_600_000;
/** The page says "a limited number", then a summary, then nothing; which number is not documented. */
const SAME_ERRORS_AN_HOUR = 5;

/** https://learn.microsoft.com/azure/azure-monitor/reference/tables/dcrlogerrors */
const RULE_ERRORS: Columns = {
  TimeGenerated: 'datetime',
  ClientRequestId: 'string',
  CorrelationId: 'string',
  InputStreamId: 'string',
  Message: 'string',
  OperationName: 'string',
};

/** https://learn.microsoft.com/azure/azure-monitor/reference/tables/operation */
const OPERATIONS: Columns = {
  TimeGenerated: 'datetime',
  OperationCategory: 'string',
  OperationStatus: 'string',
  OperationKey: 'string',
  Detail: 'string',
  Solution: 'string',
};

/** Where in the rule an error arose, and in the handling of which upload. */
export interface RuleError {
  operation: 'Ingestion' | 'Transformation';
  stream: string;
  message: string;
  requestId: string | undefined;
}

/** The tables that queries can read, and how many queries there were. */
export class LogWorkspace {
  readonly activity: LogTable;
  readonly #ruleErrors: LogTable;
  readonly #operations: LogTable;
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly #errorsInHour = new Map<string, number>();
  #stopped = false;
  queries = 0;

  constructor(settings: Settings, now: () => number) {
    const { logAnalytics } = settings;
    this.#settings = settings;
    this.#now = now;
    this.activity = new LogTable(
      logAnalytics,
      () => logAnalytics.tableName,
      () => logAnalytics.columns,
    );
    this.#ruleErrors = new LogTable(
      logAnalytics,
      () => 'DCRLogErrors',
      () => RULE_ERRORS,
    );
    this.#operations = new LogTable(
      logAnalytics,
      () => 'Operation',
      () => OPERATIONS,
    );
  }

  /** True until something was stored in a workspace that had no data before. */
  get isEmpty(): boolean {
    const tables = [this.activity, this.#ruleErrors, this.#operations];
    return !this.#settings.logAnalytics.everHadData && tables.every(({ rows }) => rows.length === 0);
  }

  /** The tables by name. DCRLogErrors does not exist before its first row. */
  tables(view: View, access: ReadAccess): Map<string, Table> {
    const found = new Map<string, Table>();
    if (access !== 'table-denied')
      found.set(this.activity.name, this.activity.seen(view, access === 'protected'));
    if (this.#ruleErrors.rows.length > 0) found.set('DCRLogErrors', this.#ruleErrors.seen(view, false));
    found.set('Operation', this.#operations.seen(view, false));
    return found;
  }

  /**
   * Logs an error of the rule, where it is logged at all.
   * https://learn.microsoft.com/azure/azure-monitor/data-collection/data-collection-monitor
   */
  noteRuleError({ operation, stream, message, requestId }: RuleError): void {
    if (!this.#settings.ruleErrorsLogged) return;
    const receivedAt = this.#now();
    const key = JSON.stringify([Math.floor(receivedAt / HOUR_MS), operation, stream, message]);
    const count = (this.#errorsInHour.get(key) ?? 0) + 1;
    this.#errorsInHour.set(key, count);
    if (count > SAME_ERRORS_AN_HOUR + 1) return;
    const isSummary = count > SAME_ERRORS_AN_HOUR;
    const row = {
      receivedAt,
      TimeGenerated: new Date(receivedAt).toISOString(),
      ClientRequestId: isSummary ? '' : (requestId ?? ''),
      CorrelationId: randomUUID(),
      InputStreamId: stream,
      Message: isSummary ? `${message} This error is not logged again within the hour.` : message,
      OperationName: operation,
    };
    this.#ruleErrors.add(row, this.queries);
  }

  /** Whether rows are lost to the daily cap; the turn to it and back is told once, in Operation. */
  isOverQuota(): boolean {
    const { overQuota } = this.#settings.logAnalytics;
    if (overQuota !== this.#stopped) {
      this.#stopped = overQuota;
      const receivedAt = this.#now();
      const status = overQuota ? 'OverQuota' : 'Resumed';
      const row = {
        receivedAt,
        TimeGenerated: new Date(receivedAt).toISOString(),
        OperationCategory: 'Data Collection Status',
        OperationStatus: overQuota ? 'Warning' : 'Information',
        Detail: `Data collection ${overQuota ? 'stopped due to daily limit of free data reached' : 'resumed'}. Ingestion status = ${status}`,
      };
      this.#operations.add(row, this.queries);
    }
    return overQuota;
  }
}
