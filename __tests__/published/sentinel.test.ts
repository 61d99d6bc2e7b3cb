/** The Sentinel package: its files by the rules of their fields, and each rule and query on crafted rows. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { evaluate, type SavedFunction } from '../../emulator/kusto/evaluate.ts';
import { readQueries } from '../../infra/generate/queries.ts';
import { columnsNeeded, contentFaults, minutesOf } from '../../infra/generate/sentinel-checks.ts';
import {
  type AnalyticRule,
  type ContentFile,
  type HuntingQuery,
  readHunts,
  readRules,
} from '../../infra/generate/sentinel-content.ts';
import { WATCHLISTS } from '../../infra/generate/sentinel-watchlists.ts';
import { HUNT_CASES, RULE_CASES } from './sentinel-cases.ts';
import { answer, type Cells, MINUTE, NOW, workspaceOf } from './workspace.ts';

const rules = readRules();
const hunts = readHunts();
const all: (ContentFile<HuntingQuery> & { readonly kind: 'rule' | 'hunt' })[] = [
  ...rules.map((each) => ({ ...each, kind: 'rule' as const })),
  ...hunts.map((each) => ({ ...each, kind: 'hunt' as const })),
];

describe('the files', () => {
  it.each(all.map((each) => [each.file, each] as const))('%s keeps to the rules of its fields', (_, each) => {
    expect(contentFaults(each.kind, each)).toEqual([]);
  });

  it('have ids and names of their own', () => {
    expect(new Set(all.map(({ content }) => content.id)).size).toBe(all.length);
    expect(new Set(all.map(({ content }) => content.name)).size).toBe(all.length);
    expect(rules.length).toBeGreaterThanOrEqual(14);
    expect(hunts.length).toBeGreaterThanOrEqual(7);
  });

  it('look things up only in lists that are deployed, and in all of them', () => {
    const named = all.flatMap(({ content }) =>
      [...content.query.matchAll(/_GetWatchlist\('(\w+)'\)/g)].map(([, name]) => name),
    );
    expect([...new Set(named)].sort()).toEqual(WATCHLISTS.map(({ alias }) => alias).sort());
  });

  it('are all in the manifest, which names only files that exist', () => {
    const manifest = JSON.parse(
      readFileSync(url('sentinel/Data/Solution_FabricUserActivity.json'), 'utf8'),
    ) as Record<string, unknown>;
    const listed = ['Analytic Rules', 'Hunting Queries', 'Parsers', 'Watchlists', 'Workbooks'].flatMap(
      (key) => manifest[key] as string[],
    );
    for (const file of listed)
      expect([file, existsSync(url(`sentinel/${encodeURI(file)}`))]).toEqual([file, true]);
    expect(listed).toEqual(expect.arrayContaining(all.map(({ file }) => file.replace('sentinel/', ''))));
    expect(existsSync(url(`sentinel/${String(manifest.Metadata)}`))).toBe(true);
  });

  it('are told of in docs/sentinel.md, with all watchlists and parameters', () => {
    const doc = readFileSync(url('docs/sentinel.md'), 'utf8');
    for (const { content, file } of all) {
      expect(doc).toContain(`[${content.name}](<../${file}>)`);
      expect(doc).toContain(content.description.trim());
    }
    for (const { alias } of WATCHLISTS) expect(doc).toContain(`\`${alias}\``);
    for (const name of [
      'enabled',
      'deployRules',
      'deployHuntingQueries',
      'deployWatchlists',
      'hookUnifyingParsers',
    ])
      expect(doc).toContain(`\`${name}\``);
  });

  it.each<[string, string, string]>([
    ['a misspelt field', 'severity:', 'severty:'],
    ['an unknown severity', 'severity: Medium', 'severity: Critical'],
    ['an id that is no GUID', 'id: ', 'id: x'],
    ['a period of a month', 'queryPeriod: 3d', 'queryPeriod: 30d'],
    ['a period shorter than the frequency', 'queryPeriod: 3d', 'queryPeriod: 30m'],
    ['a run every ten minutes over days', 'queryFrequency: 1h', 'queryFrequency: 10m'],
    ['an unknown operator', 'triggerOperator: gt', 'triggerOperator: more'],
    ['a technique of another tactic', '- T1567', '- T1530'],
    ['an unknown technique', '- T1567', '- T9999'],
    ['a weak identifier', 'identifier: Name', 'identifier: FullName'],
    [
      'an account by half its name',
      '      - identifier: UPNSuffix\n        columnName: AccountUPNSuffix\n',
      '',
    ],
    ['an old entity', 'AccountName = ', 'AccountCustomEntity = '],
    ['a detail with a blank in braces', '{{UserId}}', '{{ UserId }}'],
    ['a version of two parts', 'version: 1.0.0', 'version: 1.0'],
    ['a query that does not go by arrival', 'IngestedAt > ago(1h)', 'EventTime > ago(1h)'],
    [
      'grouping by an entity that is not there',
      'groupByEntities:\n      - Account',
      'groupByEntities:\n      - Host',
    ],
    [
      'a name with a full stop',
      'name: Fabric report published to the public web',
      'name: Fabric report published.',
    ],
  ])('with %s do not pass', async (_, from, to) => {
    const { parse } = await import('yaml');
    const good = rules.find(({ file }) => file.endsWith('/FabricPublishToWeb.yaml'));
    const text = good?.text.replace(from, () => to) ?? '';
    expect(text).not.toBe(good?.text);
    expect(contentFaults('rule', { text, content: parse(text) as AnalyticRule })).not.toEqual([]);
  });
});

describe('what is asked', () => {
  it.each(all.map((each) => [each.file, each.content] as const))(
    '%s gives what its fields name',
    (_, content) => {
      const columns = columnsOf(content.query);
      expect(columns).toEqual(expect.arrayContaining(columnsNeeded(content)));
    },
  );

  it('shares its way to tell the outside with queries/external-sharing.kql', () => {
    const body = readQueries().get('external-sharing')?.body ?? '';
    const core = body.slice(
      body.indexOf('| where OperationClass in'),
      body.indexOf('| where isnotempty(Reason)'),
    );
    const rule = rules.find(({ file }) => file.endsWith('/FabricSharedOutside.yaml'));
    expect(core.length).toBeGreaterThan(500);
    expect(rule?.content.query).toContain(core);
  });
});

describe.each(rules.map(({ file, content }) => [nameOf(file), content] as const))('%s', (name, rule) => {
  const cases = RULE_CASES[name];

  it('has a case that it finds and one that it must not find', () => {
    expect(cases?.finds.length).toBeGreaterThan(0);
    expect(cases?.leaves.length).toBeGreaterThan(0);
  });

  it.each(cases?.finds ?? [])('finds %s', (_, rows, more = {}) => {
    const found = ask(rule, rows, more.lists);
    expect(found.length).toBeGreaterThanOrEqual(1);
    if (more.gives !== undefined) expect(found).toMatchObject(more.gives);
    for (const row of found) expect(row.TimeGenerated).not.toBeNull();
  });

  it.each(cases?.leaves ?? [])('does not find %s', (_, rows, more = {}) => {
    expect(ask(rule, rows, more.lists)).toEqual([]);
  });

  it('tells what it finds once', () => {
    const [first] = cases?.finds ?? [];
    const [, rows = [], more = {}] = first ?? [];
    const frequency = minutesOf(rule.queryFrequency) * MINUTE;
    const told = [-2, -1, 0, 1, 2, 3].filter(
      (runs) => ask(rule, rows, more.lists, NOW + runs * frequency).length > 0,
    );
    expect(told).toEqual([0]);
  });
});

describe.each(hunts.map(({ file, content }) => [nameOf(file), content] as const))('%s', (name, hunt) => {
  it.each(HUNT_CASES[name]?.finds ?? [])('finds %s', (_, rows, more = {}) => {
    const found = answer(hunt.query, rows, { functions: [watchlists(more.lists)] });
    expect(found.length).toBeGreaterThanOrEqual(1);
    if (more.gives !== undefined) expect(found).toMatchObject(more.gives);
  });

  it.each(HUNT_CASES[name]?.leaves ?? [])('does not find %s', (_, rows, more = {}) => {
    expect(answer(hunt.query, rows, { functions: [watchlists(more.lists)] })).toEqual([]);
  });

  it('has a case of each kind', () => {
    expect(HUNT_CASES[name]?.finds.length).toBeGreaterThan(0);
    expect(HUNT_CASES[name]?.leaves.length).toBeGreaterThan(0);
  });
});

/** What a rule finds when it runs: rows of its period by TimeGenerated that have arrived by then. */
function ask(
  rule: AnalyticRule,
  rows: readonly Cells[],
  lists: Readonly<Record<string, readonly string[]>> = {},
  now = NOW,
) {
  const period = minutesOf(rule.queryPeriod) * MINUTE;
  const there = rows.filter(
    ({ TimeGenerated, IngestedAt }) => Number(TimeGenerated) >= now - period && Number(IngestedAt) <= now,
  );
  return answer(rule.query, there, { now, functions: [watchlists(lists)] });
}

/** The function by which a query reads a watchlist; a list that is not there has no rows. */
function watchlists(lists: Readonly<Record<string, readonly string[]>> = {}): SavedFunction {
  const items = Object.entries(lists).flatMap(([alias, values]) =>
    values.map((value) => `"${alias}","${value}"`),
  );
  return {
    name: '_GetWatchlist',
    parameters: 'watchlistAlias:string',
    body: `datatable(Alias:string, SearchKey:string)[${items.join(',')}] | where Alias == watchlistAlias`,
  };
}

function columnsOf(query: string): string[] {
  const { columns } = evaluate(query, workspaceOf({}, { functions: [watchlists()] }), NOW);
  return columns.map(({ name }) => name);
}

function nameOf(file: string): string {
  return file.replace(/^.*\/|\.yaml$/g, '');
}

function url(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}
