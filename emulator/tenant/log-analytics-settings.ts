import type { Columns, StreamDeclaration } from './stream.ts';

/**
 * What the rights of the reader and the network let be seen. `protected` and `table-denied` are the silent ones: the query is
 * answered, without a row, or as if there were no such table.
 * https://learn.microsoft.com/azure/azure-monitor/logs/protected-tables-configure
 * https://learn.microsoft.com/azure/azure-monitor/logs/api/azure-resource-queries
 */
export type ReadAccess =
  | 'granted'
  | 'no-role'
  | 'unauthorized-client'
  | 'network-denied'
  | 'protected'
  | 'table-denied';

/** The workspace and its table, as the administrators have set them up. */
export interface LogAnalyticsSettings {
  /** The `customerId`, by which queries name the workspace. */
  workspaceId: string;
  tableName: string;
  /** Columns of the table: those of the stream, unless changed. Without a declared stream only TimeGenerated is known. */
  columns: Columns;
  readAccess: ReadAccess;
  /** False for rows that a condition of the role, or a switch-over of the workspace, hides from the reader. */
  mayRead: (row: Readonly<Record<string, unknown>>) => boolean;
  /** False where the workspace has no data but what the emulator took: until then queries are answered by 204. */
  everHadData: boolean;
  /** How long a row that lands now stays invisible, by the clock and by the number of queries. */
  visibleAfterMs: number;
  visibleAfterQueries: number;
  /** Rows whose TimeGenerated is older are gone. */
  retentionDays: number;
  /** True once the daily cap is reached: rows are acknowledged and lost, and the table Operation says so. */
  overQuota: boolean;
  /** How long each query would take, without waiting for it: over the `wait` of a request it ends in 504. */
  queryTimeMs: number;
  /** Limits of one answer; over them it is partial. */
  maxRows: number;
  maxBytes: number;
  /** Queries in any 30 seconds; over it 429. */
  queriesIn30Seconds: number;
}

/** The `customerId` of the default workspace. */
export const WORKSPACE_ID = '00000000-0000-4000-8000-0000000000d1';

/**
 * A workspace whose rows are visible at once. The limits are those of
 * https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#log-queries-and-language; the bytes are the
 * engine's own word in E_QUERY_RESULT_SET_TOO_LARGE.
 */
export function defaultLogAnalytics(
  streamName: string,
  stream: StreamDeclaration | undefined,
): LogAnalyticsSettings {
  return {
    workspaceId: WORKSPACE_ID,
    tableName: streamName.replace(/^Custom-/, ''),
    columns: { ...(stream?.columns ?? { TimeGenerated: 'datetime' }) },
    readAccess: 'granted',
    mayRead: () => true,
    everHadData: true,
    visibleAfterMs: 0,
    visibleAfterQueries: 0,
    retentionDays: 90,
    overQuota: false,
    queryTimeMs: 0,
    maxRows: 500_000,
    maxBytes: 64_000_000,
    queriesIn30Seconds: 200,
  };
}
