/** Every query that ships is analysed by Microsoft's language service against the schema made from the columns. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { checker, type Fault } from '../../infra/generate/kusto.ts';
import {
  bindQuery,
  FUNCTION_NAME,
  functionParameters,
  parseQuery,
  readQueries,
} from '../../infra/generate/queries.ts';

interface Resource {
  readonly type: string;
  readonly name: string;
  readonly properties: Record<string, unknown>;
}

interface Template {
  readonly parameters: Record<string, { readonly defaultValue?: unknown }>;
  readonly variables: Record<string, unknown>;
  readonly resources: readonly Resource[];
}

const queries = readQueries();
const questions = [...queries.values()].filter(({ name }) => name !== FUNCTION_NAME);
const saved = known(FUNCTION_NAME);
let faultsOf: (text: string) => Fault[];

beforeAll(() => {
  faultsOf = checker(saved);
});

describe('the language service', () => {
  it.each([
    ['a column that does not exist', 'FabricUserActivity_CL | where NoSuchColumn == "x"', 'NoSuchColumn'],
    [
      'a column that the function does not give',
      'FabricUserActivity() | project NoSuchColumn',
      'NoSuchColumn',
    ],
    ['a column of another table', 'DCRLogErrors | project UserId', 'UserId'],
    ['a table that does not exist', 'FabricUserActivities_CL | take 1', 'FabricUserActivities_CL'],
    ['a function that does not exist', 'FabricUserActivity() | where nosuch(UserId)', 'nosuch'],
    ['an operator that does not exist', 'FabricUserActivity_CL | wher UserId == "x"', 'operator'],
    ['an argument of a wrong type', 'FabricUserActivity() | where EventTime > ago(UserId)', 'timespan'],
    ['a condition that is none', 'FabricUserActivity_CL | where UserId', 'bool'],
  ])('sees %s', (_, text, part) => {
    expect(faultsOf(text).map(({ message }) => message)).toContainEqual(expect.stringContaining(part));
  });

  it('sees a fault in the body of the function', () => {
    const broken = parseQuery(
      FUNCTION_NAME,
      saved.text.replace('AdditionalFields.SwitchState', 'NoSuchColumn'),
    );
    expect(asLet(broken.body)).not.toBe(asLet(saved.body));
    expect(faultsOf(asLet(broken.body))).not.toEqual([]);
  });
});

describe('the function', () => {
  it('is without fault', () => {
    expect(faultsOf(asLet(saved.body))).toEqual([]);
  });

  it('gives real columns of the right type', () => {
    const typed =
      'FabricUserActivity() | where IsPerson and EventTime > ago(1d) and strlen(OperationClass) > 0 ' +
      'and IngestedAt - EventTime > 1h and isnotempty(SwitchState) and array_length(Recipients) > 0';
    expect(faultsOf(typed)).toEqual([]);
  });
});

describe.each(questions.map((query) => [query.name, query] as const))('queries/%s.kql', (_, query) => {
  it('is without fault', () => {
    expect(faultsOf(query.text)).toEqual([]);
  });

  it('says question, tables, parameters and example at its top', () => {
    expect(query.title.length).toBeGreaterThan(3);
    expect(query.question).toMatch(/\?$/);
    expect(query.head).toMatch(/^\/\/ Tables: (FabricUserActivity_CL|DCRLogErrors)/m);
    expect(query.head).toMatch(/^\/\/ Example.*:$/m);
    expect(query.head).toMatch(/^\/\/ {3}in: {2}\S/m);
    expect(query.head).toMatch(/^\/\/ {3}out: \S/m);
    expect(query.head.split('\n').every((line) => line.length <= 130)).toBe(true);
    const described = [...query.head.matchAll(/^\/\/ {3}([A-Z]\w+) {2,}\S/gm)].map(([, name]) => name);
    expect(described).toEqual(query.parameters.map(({ name }) => name));
  });

  it('names in its head the tables that it reads', () => {
    const reads = (name: string) => new RegExp(`\\b${name}\\b`).test(query.body);
    const head = query.head.split('\n').find((line) => line.startsWith('// Tables: ')) ?? '';
    expect(head.includes('by way of FabricUserActivity')).toBe(reads('FabricUserActivity'));
    expect(head.includes('DCRLogErrors')).toBe(reads('DCRLogErrors'));
  });

  it('compares RecordType and UserType, which are strings, with strings', () => {
    expect(query.text).not.toMatch(/\b(RecordType|UserType)\s*(==|!=|in~?)\s*\(?\s*\d/);
  });

  it('has lines that fit a page', () => {
    expect(Math.max(...query.text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(130);
  });
});

describe('what is deployed', () => {
  it('holds the same workbook as a resource', () => {
    const template = read<Template>('infra/workbook-template.json');
    expect(JSON.parse(String(template.variables.serializedData))).toEqual(read('infra/workbook.json'));
  });

  it('holds in the query pack every query but the function, word for word', () => {
    const pack = read<Template>('infra/query-pack.json').resources.filter(({ type }) =>
      type.endsWith('/queries'),
    );
    expect(pack.map(({ properties }) => properties.body)).toEqual(questions.map(({ text }) => text));
    expect(new Set(pack.map(({ properties }) => properties.displayName)).size).toBe(questions.length);
  });
});

describe('bindQuery', () => {
  it('puts a value in the place of the one in the file', () => {
    expect(bindQuery(known('mass-export'), { Threshold: '7' })).toContain('let Threshold = 7;');
  });

  it('refuses a parameter that the query has not', () => {
    expect(() => bindQuery(known('mass-export'), { Limit: '7' })).toThrow(
      'Expected a parameter of mass-export.kql, got Limit.',
    );
  });
});

/** The function as a let statement with a call, so that faults within its body are seen as such. */
function asLet(body: string): string {
  return `let Fn = (${functionParameters(saved)}) {\n${body}\n};\nFn() | take 1`;
}

function known(name: string) {
  const query = queries.get(name);
  if (query === undefined) throw new Error(`Expected a file queries/${name}.kql.`);
  return query;
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')) as T;
}
