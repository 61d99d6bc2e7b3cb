import type { Settings } from '../tenant/settings.ts';
import type { StreamDeclaration } from '../tenant/stream.ts';
import type { Call } from '../wire/exchange.ts';
import { headerOf } from '../wire/request.ts';
import { countRows } from '../wire/row-count.ts';
import { elementsOf, isRow, type Row } from '../wire/rows.ts';
import { type LandingCounts, land, streamed } from './landing.ts';
import type { LogWorkspace } from './log-workspace.ts';
import { transformed } from './transformation.ts';

/** What has arrived, and what became of it. */
export interface Landed extends LandingCounts {
  posted: Row[];
  /** Rows acknowledged, those that were lost later included. */
  rowCount: number;
  /** Bodies acknowledged by 204 and thrown away: not UTF-8 JSON, or not an array. */
  swallowed: number;
  /** Elements of arrays that are no objects. */
  swallowedElements: number;
}

/** What rows pass on their way into the table. */
export interface RowStore {
  settings: Settings;
  stream: StreamDeclaration | undefined;
  landed: Landed;
  workspace: LogWorkspace;
  now: () => number;
}

/** Counts the rows of an acknowledged body without looking at them. @returns how many */
export function countOnly({ landed }: RowStore, body: Buffer): number {
  const count = countRows(body);
  if (count === 0) landed.swallowed += 1;
  landed.rowCount += count;
  return count;
}

/** Stores the rows of an acknowledged body. @returns how many there were */
export function store(parts: RowStore, call: Call, body: Buffer): number {
  const { landed } = parts;
  const requestId = headerOf(call, 'x-ms-client-request-id');
  const elements = elementsOf(body);
  // 204 proves nothing: https://github.com/Azure/azure-sdk-for-python/issues/32562
  if (elements === undefined) {
    landed.swallowed += 1;
    noteError(parts, requestId, 'Ingestion', 'The body is not a JSON array.');
    return 0;
  }
  const rows = elements.filter(isRow);
  landed.swallowedElements += elements.length - rows.length;
  for (const row of rows) landed.posted.push(row);
  landed.rowCount += rows.length;
  landRows(parts, survivors(parts, call, rows), requestId);
  return rows.length;
}

/** The rows that neither a fault nor the daily cap takes away. */
function survivors(parts: RowStore, call: Call, rows: readonly Row[]): readonly Row[] {
  if (parts.workspace.isOverQuota()) return [];
  const lose = call.fault?.lose;
  if (lose === undefined) return rows;
  const requestId = headerOf(call, 'x-ms-client-request-id');
  if (lose.logged !== undefined) noteError(parts, requestId, 'Ingestion', lose.logged);
  return rows.filter((row) => lose.rows !== undefined && !lose.rows(row));
}

/** The way of rows from the stream through the transformation into the table, received now unless told otherwise. */
export function landRows(
  parts: RowStore,
  rows: readonly Row[],
  requestId: string | undefined,
  receivedAt = parts.now(),
): void {
  const { settings, stream, landed, workspace } = parts;
  let ready = rows.map((row) => streamed(row, stream?.columns, landed));
  if (settings.transformKql !== '') {
    try {
      ready = transformed(settings.transformKql, ready, stream?.columns ?? {}, receivedAt);
    } catch (error) {
      // Errors of a transformation come after the acknowledgement, and no row of the upload outlives them.
      noteError(parts, requestId, 'Transformation', error instanceof Error ? error.message : String(error));
      return;
    }
  }
  const columns = stream === undefined ? undefined : settings.logAnalytics.columns;
  for (const row of ready) workspace.activity.add(land(row, receivedAt, columns, landed), workspace.queries);
}

/** Logs an error with the rule. */
export function noteError(
  { settings, workspace }: RowStore,
  requestId: string | undefined,
  operation: 'Ingestion' | 'Transformation',
  message: string,
): void {
  workspace.noteRuleError({ operation, stream: settings.streamName, message, requestId });
}
