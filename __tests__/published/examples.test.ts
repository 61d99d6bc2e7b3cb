/** Each query is executed with the example at its top: these rows, that answer. */
import { describe, expect, it } from '@jest/globals';
import { QueryError } from '../../emulator/kusto/errors.ts';
import type { SavedFunction } from '../../emulator/kusto/evaluate.ts';
import { dateText, parseDate, parseSpan, type Value } from '../../emulator/kusto/values.ts';
import { exampleOf, type TextTable } from '../../infra/generate/examples.ts';
import { bindQuery, FUNCTION_NAME, type Query, readQueries } from '../../infra/generate/queries.ts';
import { TABLE } from '../../infra/generate/schema.ts';
import { answer, type Cells, FUNCTION, HOUR, MINUTE, NOW } from './workspace.ts';

const queries = [...readQueries().values()];

describe('the example', () => {
  it.each(queries.map((query) => [query.name, query] as const))('of %s.kql comes out', (_, query) => {
    const { now, answer: expected } = exampleOf(query);
    const found = run(query, query.body, now);
    expect(shown(found, expected)).toEqual(expected.rows.map((row) => row.map(plain)));
  });

  it.each<[string, string, string, string]>([
    ['a comparison with another type', 'external-sharing', 'IsSuccess != false', 'IsSuccess == "yes"'],
    ['another class', 'mass-export', '"Export"', '"View"'],
    ['a class that is none', 'permission-changes', '"Permission"', '"Permissions"'],
    ['now as the day', 'ingestion-delay', 'Day = bin(EventTime, 1d)', 'Day = bin(now(), 1d)'],
    ['the wrong time column', 'ingestion-delay', 'IngestedAt - EventTime', 'TimeGenerated - EventTime'],
    ['the hours without events in the median', 'log-gaps', 'percentile(Events, 50)', 'percentile(Events, 0)'],
    ['routine among the copies', 'leaver-copying', ' and not(IsRoutine)', ''],
    ['the time of arrival left out', 'first-seen-operations', 'FirstArrivalAt >= ago(Recent)', 'false'],
    ['workspace records among the rows', 'no-data', 'RecordType != "WorkspaceAccess"', 'true'],
    ['a column of another name', 'totals', 'dcountif(UserId, IsNow)', 'dcountif(UserName, IsNow)'],
  ])('does not come out with %s', (_, name, from, to) => {
    const query = queries.find((each) => each.name === name);
    if (query === undefined) throw new Error(`Expected a file queries/${name}.kql.`);
    expect(query.body).toContain(from);
    expect(comesOut(query, query.body.replace(from, to))).toBe(false);
  });

  it.each<[string, string, string, string]>([
    ['a number for UserType', 'service-principals', 'UserType == "6"', 'UserType == 6'],
    [
      'the copy that arrived last',
      FUNCTION_NAME,
      'by EventKey = iff(',
      'by EventKey = strcat(_ItemId, "") //',
    ],
    ['workspace records', FUNCTION_NAME, 'RecordType != "WorkspaceAccess"', 'RecordType != 1'],
    ['another class of its own', 'totals', '"Export",', '"Exports",'],
  ])('does not come out with %s in the function', (_, name, from, to) => {
    expect(FUNCTION.body).toContain(from);
    const saved = { ...FUNCTION, body: FUNCTION.body.replaceAll(from, to) };
    const query = queries.find((each) => each.name === name);
    expect(query !== undefined && comesOut(query, query.body, saved)).toBe(false);
  });
});

/** Whether the query, or a version of it, gives the answer of its example; a refused one does not. */
function comesOut(query: Query, body: string, saved: SavedFunction = FUNCTION): boolean {
  const { now, answer: expected } = exampleOf(query);
  try {
    const found = shown(run(query, body, now, saved), expected);
    return JSON.stringify(found) === JSON.stringify(expected.rows.map((row) => row.map(plain)));
  } catch (error) {
    if (error instanceof QueryError) return false;
    throw error;
  }
}

function run(
  query: Query,
  body: string,
  now: string | undefined,
  saved: SavedFunction = FUNCTION,
): Record<string, Value>[] {
  const { values, given } = exampleOf(query);
  const clock = now === undefined ? NOW : (parseDate(now) ?? NOW);
  const text =
    query.name === FUNCTION_NAME
      ? 'FabricUserActivity() | order by EventTime asc'
      : bindQuery({ ...query, body }, values);
  return answer(text, { [tableOf(query)]: rowsOf(given, clock) }, { now: clock, saved });
}

function tableOf(query: Query): string {
  return query.head.includes('// Tables: DCRLogErrors') ? 'DCRLogErrors' : TABLE;
}

const TIMES = ['CreationTime', 'IngestedAt', 'TimeGenerated'];
const PROPERTIES = ['SharingInformation', 'MembershipInformation', 'SwitchState'];

/** Rows of the table, with what an example leaves out: times within the last day, an id of its own for each event. */
function rowsOf({ columns, rows }: TextTable, now: number): Cells[] {
  return rows.flatMap((row, at) => {
    const cells: Record<string, unknown> = {};
    const properties: Record<string, unknown> = {};
    columns.forEach((name, index) => {
      const text = row[index] ?? '';
      if (text === '(empty)' || text === '(null)') return;
      if (TIMES.includes(name)) cells[name] = parseDate(text);
      else if (name === 'IsSuccess') cells[name] = text === 'true';
      else if (name === 'AdditionalFields') Object.assign(properties, JSON.parse(text));
      else if (PROPERTIES.includes(name)) properties[name] = /^[[{]/.test(text) ? JSON.parse(text) : text;
      else cells[name] = text;
    });
    const created = (cells.CreationTime as number | undefined) ?? now - 12 * HOUR - at * MINUTE;
    const { Times = '1', ...rest } = cells;
    return Array.from({ length: Number(Times) }, (__, copy) => ({
      RecordType: '20',
      CreationTime: created,
      TimeGenerated: created,
      IngestedAt: created + 10 * MINUTE,
      ActivityId: columns.includes('ActivityId') ? '' : `event-${at}-${copy}`,
      UserType: '0',
      ...rest,
      AdditionalFields: properties,
    }));
  });
}

/** The columns that the example shows, as plain values. */
function shown(rows: readonly Record<string, Value>[], { columns }: TextTable): unknown[][] {
  return rows.map((row) => columns.map((name) => (name in row ? plain(row[name]) : `no column ${name}`)));
}

/** Texts, dates, spans and numbers in one form, so that an example can be written as people write. */
function plain(value: unknown): unknown {
  if (value === '(empty)' || value === '(null)' || value === null || value === undefined) return '';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return value > 1e12 ? dateText(value) : value;
  if (typeof value !== 'string') return JSON.stringify(value);
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  if (/^\d+(\.\d+)?[dhms]$/.test(value)) return parseSpan(value);
  return parseDate(value) === null ? value : dateText(parseDate(value) ?? 0);
}
