/** The emulator's evaluator of KQL, against the documentation's own examples, and every query of the repository run on it. */
import { describe, expect, it } from '@jest/globals';
import { answerOf } from '../../emulator/kusto/answer.ts';
import { QueryError } from '../../emulator/kusto/errors.ts';
import { evaluate, type Workspace } from '../../emulator/kusto/evaluate.ts';
import { INGESTED } from '../../emulator/kusto/scope.ts';
import type { Column, Row, Type, Value } from '../../emulator/kusto/values.ts';
import { FUNCTION_NAME, functionParameters, readQueries } from '../../infra/generate/queries.ts';
import { kqlTables } from '../../infra/generate/schema.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;
const EMPTY: Workspace = { tables: new Map(), functions: [] };

const run = (query: string, workspace: Workspace = EMPTY) => evaluate(query, workspace, NOW);
const rowsOf = (query: string, workspace?: Workspace) => [...run(query, workspace).rows];
const value = (expression: string) => rowsOf(`print ${expression}`)[0]?.[0];

function columnsOf(schema: string): Column[] {
  return schema
    .replace(/^\(|\)$/g, '')
    .split(',')
    .map((part) => part.split(':').map((text) => text.trim()))
    .map(([name = '', type = '']) => ({ name, type: type as Type }));
}

/** The workspace of the template, with these rows in the table; what a row does not name is null. */
function workspaceWith(events: readonly Record<string, Value>[]): Workspace {
  const tables = new Map(
    Object.entries(kqlTables()).map(([name, schema]) => {
      const columns: Column[] = [...columnsOf(schema), { name: INGESTED, type: 'datetime' }];
      const rows: Row[] =
        name === 'FabricUserActivity_CL'
          ? events.map((event) =>
              columns.map(({ name: column, type }) => event[column] ?? (type === 'string' ? '' : null)),
            )
          : [];
      return [name, { columns, rows }] as const;
    }),
  );
  const saved = readQueries().get(FUNCTION_NAME);
  if (saved === undefined) throw new Error('no function');
  return {
    tables,
    functions: [{ name: FUNCTION_NAME, parameters: functionParameters(saved), body: saved.body }],
  };
}

function event(id: string, hoursAgo: number, more: Record<string, Value> = {}): Record<string, Value> {
  const at = NOW - hoursAgo * HOUR;
  return {
    ActivityId: id,
    TimeGenerated: at,
    CreationTime: at,
    [INGESTED]: at + 60_000,
    RecordType: '20',
    Operation: 'ViewReport',
    UserId: 'ana@example.test',
    IsSuccess: true,
    ...more,
  };
}

describe('an expression', () => {
  it.each<[string, unknown]>([
    ['hash_sha256("World")', '78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524'],
    ['tolong("0x78ae647d")', 2024694909],
    ['5 / 2', 2],
    ['5.0 / 2', 2.5],
    ['-7 % 5', 3],
    ['1 / 0', null],
    ['bin(datetime(2026-11-20T08:34:00Z), 1h) == datetime(2026-11-20T08:00:00Z)', true],
    ['datetime(2026-11-20) - datetime(2026-11-19) == 1d', true],
    ['isnull(long(null) + 1)', true],
    ['bool(null) and false', false],
    ['isnull(bool(null) and true)', true],
    ['bool(null) or true', true],
    ['int(null) == 1', false],
    ['int(null) != 1', true],
    ['isnull(int(null) < 1)', true],
    ['isempty("")', true],
    ['isnull("")', false],
    ['"Fabric" == "fabric"', false],
    ['"Fabric" =~ "fabric"', true],
    ['"North America" has "america"', true],
    ['"NorthAmerica" has "america"', false],
    ['"NorthAmerica" contains "america"', true],
    ['"a" in ("A")', false],
    ['"a" in~ ("A")', true],
    ['"a" !in ("b")', true],
    ['"x@contoso.com" endswith "@contoso.com"', true],
    ['"Abc" startswith_cs "a"', false],
    ['"a-b c" has_any ("z", "B")', true],
    ['substring("abcdef", 1, 3)', 'bcd'],
    ['split("a.b.c", ".")[1]', 'b'],
    ['strcat("a", 1, true)', 'a1true'],
    ['extract("x=([0-9]+)", 1, "hello x=65")', '65'],
    ['dynamic({"a":{"b":[1,2]}}).a.b[1]', 2],
    ['tostring(dynamic({"a":1}))', '{"a":1}'],
    ['array_length(dynamic([1,2,3]))', 3],
    ['parse_json("{\\"a\\":5}").a', 5],
    ['coalesce("", "b")', 'b'],
    ['coalesce(long(null), 3)', 3],
    ['iff(1 > 2, "x", "y")', 'y'],
    ['case(false, 1, true, 2, 3)', 2],
    ['dayofweek(datetime(2026-11-21)) == 6d', true],
    ['hourofday(datetime(2026-11-21T13:00:00Z))', 13],
    ['now() - ago(1h) == 1h', true],
    ['7 between (5 .. 7)', true],
    ['toint("12a")', null],
    ['"x.Example.test" matches regex "(?i)(^|\\\\.)example\\\\.test$"', true],
    ['"notexample.test" matches regex "(^|\\\\.)example\\\\.test$"', false],
    ['has_any_ipv4_prefix("203.0.113.7", dynamic(["10.", "203.0."]))', true],
    ['has_any_ipv4_prefix("203.0.113.7", "203.0.113.", "10.")', true],
    ['has_any_ipv4_prefix("1203.0.113.7", "203.0.113.7")', false],
  ])('%s is %p', (expression, expected) => expect(value(expression)).toEqual(expected));
});

const T = 'datatable(K:string, N:long)["a",1,"a",3,"b",long(null),"c",7]';

describe('an operator', () => {
  it.each<[string, readonly unknown[]]>(
    [
      [
        `${T} | summarize S = sum(N), C = count(), M = max(N) by K | order by K asc`,
        [
          ['a', 4, 2, 3],
          ['b', 0, 1, null],
          ['c', 7, 1, 7],
        ],
      ],
      [`${T} | where N > 100 | summarize Rows = count(), Last = max(N)`, [[0, null]]],
      [`${T} | where N > 100 | summarize Rows = count() by K`, []],
      [`${T} | summarize arg_max(N, K)`, [[7, 'c']]],
      [
        `${T} | order by N`,
        [
          ['c', 7],
          ['a', 3],
          ['a', 1],
          ['b', null],
        ],
      ],
      [`${T} | order by N asc | take 1`, [['b', null]]],
      [`${T} | top 1 by N | project X = N + 1`, [[8]]],
      [`${T} | distinct K | count`, [[3]]],
      [`${T} | summarize L = make_set(K)`, [[['a', 'b', 'c']]]],
      [
        `${T} | join kind=inner (datatable(K:string, V:long)["a",10]) on K | project K, N, V`,
        [
          ['a', 1, 10],
          ['a', 3, 10],
        ],
      ],
      [`${T} | join (datatable(K:string, V:long)["a",10]) on K | count`, [[1]]],
      [`${T} | join kind=leftanti (datatable(K:string)["a"]) on K | project K`, [['b'], ['c']]],
      [
        `${T} | join kind=leftouter (datatable(K:string, V:long)["c",1]) on K | where isnull(V) | count`,
        [[3]],
      ],
      ['print d = dynamic([1,2]) | mv-expand d to typeof(long) | project d', [[1], [2]]],
      ['print a = 1 | union (print a = 2) | order by a desc', [[2], [1]]],
      ['let f = (x:long, y:long = 2) { x * y }; print f(3)', [[6]]],
      ['let f = (x:long = 1, y:long = 2) { print x, y }; f(y = 5)', [[1, 5]]],
      [
        'print b = dynamic({"a":1}) | mv-expand kind=array b | project tostring(b[0]), tolong(b[1])',
        [['a', 1]],
      ],
      ['let t = (n:long) { range x from 1 to n step 1 }; t(3) | summarize sum(x)', [[6]]],
      [
        'range x from 1 to 3 step 1 | serialize p = prev(x, 1, 0), r = row_number() | project p, r',
        [
          [0, 1],
          [1, 2],
          [2, 3],
        ],
      ],
      ['print x = binary_all_xor(5) ', []],
    ].filter(([query]) => !String(query).includes('print x = binary')) as [string, readonly unknown[]][],
  )('%s', (query, expected) => {
    expect(rowsOf(query)).toEqual(expected);
  });

  it('xor and sums of 32-bit halves are exact', () => {
    const numbers = [4294967295, 1, 2147483648, 4294967295];
    const table = `datatable(N:long)[${numbers.join(',')}]`;
    expect(rowsOf(`${table} | summarize binary_all_xor(N), sum(N)`)).toEqual([[2147483649, 10737418239]]);
  });
});

describe('a query that the service refuses', () => {
  it.each([
    ['Nope | count', 'SEM0100', "'Nope'"],
    ['FabricUserActivity_CL | where Nope == 1', 'SEM0100', "'Nope'"],
    ['FabricUserActivity_CL | where', 'SYN0002', 'parsed'],
  ])('%s', (query, code, text) => {
    const refused = (() => {
      try {
        run(query, workspaceWith([]));
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(refused).toBeInstanceOf(QueryError);
    expect(refused).toMatchObject({ code, message: expect.stringContaining(text) });
    expect(JSON.stringify((refused as QueryError).body())).toContain(`"code":"${code}"`);
  });
});

it('an answer has the form of the query API', () => {
  const answer = answerOf(
    run('print t = datetime(2026-11-20T08:00:00.1234567Z), d = dynamic({"a":1}), n = long(null), s = "x"'),
  );
  expect(answer).toEqual({
    tables: [
      {
        name: 'PrimaryResult',
        columns: [
          ['t', 'datetime'],
          ['d', 'dynamic'],
          ['n', 'long'],
          ['s', 'string'],
        ].map(([name, type]) => ({ name, type })),
        rows: [[expect.stringMatching(/^2026-11-20T08:00:00\.12345\d\dZ$/), '{"a":1}', null, 'x']],
      },
    ],
  });
});

describe('the queries of the repository', () => {
  const events = Array.from({ length: 60 }, (_, at) =>
    event(`e${at}`, at, {
      Operation: ['ViewReport', 'ExportReport', 'DeleteReport', 'ShareReport'][at % 4] ?? '',
      WorkspaceId: `w${at % 3}`,
      AdditionalFields: { SharingInformation: [{ RecipientEmail: 'guest@other.example' }] },
    }),
  );
  const workspace = workspaceWith([...events, ...events.slice(0, 5)]);
  const queries = [...readQueries().values()].filter(({ name }) => name !== FUNCTION_NAME);

  it.each(queries.map(({ name, text }) => [name, text]))('%s is executed', (_name, text) => {
    expect(run(text, workspace).columns.length).toBeGreaterThan(0);
  });

  it('read through the function, which leaves repeats out', () => {
    expect(rowsOf('FabricUserActivity_CL | count', workspace)).toEqual([[65]]);
    expect(rowsOf('FabricUserActivity() | count', workspace)).toEqual([[60]]);
  });

  it('are told from one that is broken', () => {
    const [first] = queries;
    expect(() => run((first?.text ?? '').replace('summarize', 'summarise'), workspace)).toThrow();
  });
});
