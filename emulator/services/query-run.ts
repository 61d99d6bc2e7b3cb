import { limitedAnswer } from '../kusto/answer.ts';
import { NotEvaluatedError, QueryError } from '../kusto/errors.ts';
import { evaluate } from '../kusto/evaluate.ts';
import type { Table } from '../kusto/values.ts';
import type { Settings } from '../tenant/settings.ts';
import { type Answer, type Call, json } from '../wire/exchange.ts';
import type { LogWorkspace } from './log-workspace.ts';
import { accessOf } from './query-access.ts';
import { partialError, queryError, resultTooLarge } from './query-errors.ts';
import type { Preferences } from './query-preferences.ts';
import type { Timespan } from './timespan.ts';

/** What a query is run on. */
export interface Runner {
  settings: Settings;
  workspace: LogWorkspace;
  now: () => number;
}

/** Runs a query on what the reader may see now. */
export function run(
  { settings, workspace, now }: Runner,
  call: Call,
  query: string,
  spans: readonly Timespan[],
  preferences: Preferences,
): Answer {
  const { fault } = call;
  workspace.queries += 1;
  const view = {
    now: now(),
    query: workspace.queries,
    from: Math.max(...spans.map(({ from }) => from)),
    to: Math.min(...spans.map(({ to }) => to)),
  };
  const started = performance.now();
  const tables = workspace.tables(view, accessOf({ settings }, call));
  const { maxRows, maxBytes } = settings.logAnalytics;
  let result: Table;
  try {
    result = evaluate(query, { tables, functions: [] }, view.now);
  } catch (error) {
    if (error instanceof QueryError) return json(400, error.body());
    if (error instanceof NotEvaluatedError) return queryError(501, 'NotEvaluatedError', error.message);
    throw error;
  }
  const wanted = Math.min(maxRows, fault?.partial?.rows ?? maxRows);
  const { table, exceeded } = limitedAnswer(result, { rows: wanted, bytes: maxBytes });
  const limit = exceeded === 'bytes' ? `${maxBytes} bytes` : `${wanted} rows`;
  const isPartial = fault?.partial !== undefined || exceeded !== undefined;
  const error = isPartial ? { error: partialError(resultTooLarge(limit, fault?.partial?.severity)) } : {};
  const seconds = (performance.now() - started) / 1000;
  const more = preferences.extras(seconds, table.rows.length, [...tables.keys()]);
  return {
    ...json(200, { tables: [table], ...more, ...error }, preferences.applied),
    rows: table.rows.length,
  };
}
