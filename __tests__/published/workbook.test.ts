/** The workbook: each of its queries is executed with the values that a reader would choose, clicks included. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { evaluate } from '../../emulator/kusto/evaluate.ts';
import { readQueries } from '../../infra/generate/queries.ts';
import { TABS } from '../../infra/generate/workbook-tabs.ts';
import { answer, type Cells, event, NOW, workspaceOf } from './workspace.ts';

interface Item {
  readonly name: string;
  readonly type: number;
  readonly content: {
    readonly query?: string;
    readonly title?: string;
    readonly noDataMessage?: string;
    readonly crossComponentResources?: readonly string[];
    readonly exportedParameters?: readonly { readonly fieldName: string; readonly parameterName: string }[];
    readonly gridSettings?: { readonly formatters: readonly { readonly columnMatch: string }[] };
    readonly parameters?: readonly { readonly name: string; readonly query?: string }[];
    readonly items?: readonly Item[];
  };
}

const book = JSON.parse(readFileSync(new URL('../../infra/workbook.json', import.meta.url), 'utf8')) as {
  readonly items: readonly Item[];
};
const steps = book.items.flatMap(({ content }) => content.items ?? []);
const chosen = book.items.find(({ name }) => name === 'parameters')?.content.parameters ?? [];

/** What stands in the braces when nobody has chosen anything. */
const DEFAULTS = {
  Lookback: '7d',
  FabricWorkspace: '*',
  Operation: '*',
  User: '',
  OwnDomains: '',
  Threshold: '50',
  ClickedUser: '*',
  ClickedWorkspace: '*',
  ClickedOperation: '*',
};

function filled(text: string, values: Record<string, string> = {}): string {
  const all: Record<string, string> = { ...DEFAULTS, ...values };
  return text.replaceAll(/\{(\w+)\}/g, (braces, name: string) => all[name] ?? braces);
}

function step(name: string): Item {
  const found = steps.find((each) => each.name === name);
  if (found === undefined) throw new Error(`Expected a step ${name}.`);
  return found;
}

function ask(name: string, rows: readonly Cells[], values: Record<string, string> = {}) {
  return answer(filled(step(name).content.query ?? '', values), rows);
}

describe('the workbook', () => {
  it('has five tabs, and first of all when the last event arrived', () => {
    expect(book.items.filter(({ type }) => type === 12).map(({ name }) => name)).toEqual(
      TABS.map(({ id }) => id),
    );
    expect(TABS.map(({ id }) => id)).toEqual(['overview', 'users', 'workspaces', 'security', 'health']);
    expect(steps[0]?.name).toBe('last-arrival');
    expect(steps.length).toBeGreaterThan(20);
  });

  it('lets the reader choose workspaces, operation and own domains', () => {
    const names = chosen.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'LogAnalytics',
        'Lookback',
        'FabricWorkspace',
        'Operation',
        'User',
        'OwnDomains',
      ]),
    );
    const rows = [event(3, { Operation: 'ViewReport', WorkspaceName: 'Sales' })];
    for (const { name, query } of chosen)
      if (query !== undefined && name !== 'LogAnalytics')
        expect(answer(filled(query), rows)).toEqual([
          name === 'Operation'
            ? { value: 'ViewReport', label: 'ViewReport' }
            : { value: 'Sales', label: 'Sales' },
        ]);
  });

  it.each(steps.map((each) => [each.name, each] as const))(
    'step %s runs, is short of title, and says when there is nothing',
    (name, each) => {
      const text = filled(each.content.query ?? '');
      expect(text).not.toMatch(/\{\w+\}/);
      const columns = evaluate(text, workspaceOf({}), NOW).columns.map((column) => column.name);
      expect(columns.length).toBeGreaterThan(0);
      const shown = [
        ...(each.content.exportedParameters ?? []).map(({ fieldName }) => fieldName),
        ...(each.content.gridSettings?.formatters ?? []).map(({ columnMatch }) => columnMatch),
      ];
      expect(columns).toEqual(expect.arrayContaining(shown));
      expect(each.content.title?.length).toBeLessThan(40);
      expect(each.content.title).toBe(readQueries().get(name)?.title);
      expect(each.content.noDataMessage).toMatch(/\.$/);
      expect(each.content.crossComponentResources).toEqual(['{LogAnalytics}']);
    },
  );

  it('sets by clicks only parameters that some query reads', () => {
    const read = steps.map(({ content }) => content.query ?? '').join('\n');
    for (const { content } of steps)
      for (const { parameterName } of content.exportedParameters ?? [])
        expect(read).toContain(`{${parameterName}}`);
  });

  it('filters by what is chosen or clicked', () => {
    const rows = [
      event(3, { Operation: 'ViewReport', WorkspaceName: 'Sales', WorkspaceId: 'w1' }),
      event(3, { Operation: 'EditReport', WorkspaceName: 'Costs', WorkspaceId: 'w2' }),
    ];
    const operations = (values: Record<string, string>) =>
      ask('top-operations', rows, values).map(({ Operation }) => Operation);
    expect(operations({}).sort()).toEqual(['EditReport', 'ViewReport']);
    expect(operations({ FabricWorkspace: 'Sales' })).toEqual(['ViewReport']);
    expect(operations({ ClickedWorkspace: 'Costs' })).toEqual(['EditReport']);
    expect(operations({ Operation: 'EditReport' })).toEqual(['EditReport']);
    expect(operations({ ClickedOperation: 'EditReport', FabricWorkspace: 'Sales' })).toEqual([]);
  });

  it('shows one user, typed or clicked', () => {
    const rows = [
      event(3, { Operation: 'ViewReport' }),
      event(3, { Operation: 'EditReport', UserId: 'bo@example.test' }),
    ];
    const of = (values: Record<string, string>) =>
      ask('user-activity', rows, values).map(({ Operation }) => Operation);
    expect(of({})).toEqual([]);
    expect(of({ User: 'Ana@example.test' })).toEqual(['ViewReport']);
    expect(of({ ClickedUser: 'bo@example.test' })).toEqual(['EditReport']);
    expect(of({ User: 'ana@example.test', ClickedUser: 'bo@example.test' })).toEqual(['ViewReport']);
  });

  it('takes own domains as people write them', () => {
    const rows = ['eve@partner.test', 'bo@second.test'].map((RecipientEmail) =>
      event(3, { Operation: 'ShareReport', AdditionalFields: { SharingInformation: [{ RecipientEmail }] } }),
    );
    const recipients = (OwnDomains: string) =>
      ask('external-sharing', rows, { OwnDomains }).map(({ RecipientEmail }) => RecipientEmail);
    expect(recipients('')).toHaveLength(2);
    expect(recipients(' ')).toHaveLength(2);
    expect(recipients('example.test, second.test')).toEqual(['eve@partner.test']);
  });

  it('gives every event of the state of collection a colour', () => {
    const hours = [1, 5, 30];
    expect(hours.map((hoursAgo) => ask('last-arrival', [event(hoursAgo)])[0]?.State)).toEqual([
      'fresh',
      'late',
      'silent',
    ]);
    expect(ask('last-arrival', [])).toEqual([]);
  });
});
