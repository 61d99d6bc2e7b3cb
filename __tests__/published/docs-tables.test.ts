import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { weigh } from '../../infra/generate/event-weight.ts';
import { readQueries } from '../../infra/generate/queries.ts';
import { COLUMNS } from '../../src/rows/columns.ts';
import { templateTable, workflowTable } from '../../tools/workflow-tables.ts';

const text = read('docs/tables.md');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));

describe('docs/tables.md', () => {
  it('has every column with its type, TimeGenerated first', () => {
    expect(rows.map(([, name, type]) => [name, type])).toEqual(
      COLUMNS.map(({ name, type }) => [`\`${name}\``, type]),
    );
    expect(rows[0]?.[1]).toBe('`TimeGenerated`');
  });

  it('marks the 28 columns of the notebook', () => {
    expect(rows.filter((cells) => cells[6] === 'yes')).toHaveLength(28);
    expect(COLUMNS.filter(({ notebook }) => notebook)).toHaveLength(28);
  });

  it('gives each column a meaning and an example', () => {
    for (const cells of rows) {
      expect(cells[3]).not.toBe('');
      expect(cells[5]).toMatch(/^`.+`$/);
    }
  });

  it('links to every query', () => {
    for (const name of readQueries().keys()) expect(text).toContain(`(../queries/${name}.kql)`);
  });
});

describe('docs/comparison.md', () => {
  it('gives the number of columns', () => {
    const [, columns] = /^\| Fields +\| (\d+) columns;/m.exec(read('docs/comparison.md')) ?? [];
    expect(columns).toBe(String(COLUMNS.length));
  });
});

describe('the tables of what a workflow and a pipeline hand on', () => {
  it.each([
    ['docs/setup.md', workflowTable(read('.github/workflows/collect.yml'))],
    ['docs/setup-azure-pipelines.md', templateTable(read('azure-pipelines/templates/collect.yml'))],
  ])('%s has it as npm run docs writes it, each line with a meaning', (path, table) => {
    expect(read(path)).toContain(`by npm run docs -->\n${table}\n<!-- end of `);
    const meanings = table.split('\n').map((line) => line.split('|').at(-2)?.trim());
    expect(meanings.length).toBeGreaterThan(6);
    expect(meanings).not.toContain('');
  });
});

it('docs/comparison.md says how many columns there are', () => {
  expect(read('docs/comparison.md')).toContain(`| ${COLUMNS.length} columns; every other property`);
});

describe('docs/migrate.md', () => {
  it('names every column that the notebook did not have', () => {
    const list = /^- \*\*New columns:\*\*(?:.|\n)*?(?=\n- )/m.exec(read('docs/migrate.md'))?.[0] ?? '';
    const named = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(named).toEqual(COLUMNS.filter(({ notebook }) => !notebook).map(({ name }) => name));
  });
});

describe('docs/setup.md', () => {
  const guide = read('docs/setup.md');

  it('says what events weigh as they do', () => {
    const { json, values, wire } = weigh(24_000);
    for (const [label, bytes] of Object.entries({
      'sent, before': json,
      'the values': values,
      'on the wire': wire,
    })) {
      const said = Number(new RegExp(`\\| ${label}[^|]*\\| ([\\d.]+) +\\|`).exec(guide)?.[1]);
      // A million events of so many bytes are as many thousandths of a gigabyte.
      expect([label, Math.abs(said - bytes / 1000) < 0.05]).toEqual([label, true]);
    }
  });

  it('gives only parameters that the templates have', () => {
    const calls = [...guide.matchAll(/az deployment group create(?:[^\n]*\\\n)*[^\n]*/g)].map(
      ([call]) => call,
    );
    expect(calls).toHaveLength(4);
    for (const call of calls) {
      const file = /infra\/[\w-]+\.json/.exec(call)?.[0] ?? '';
      const { parameters } = JSON.parse(read(file)) as { parameters: Record<string, object> };
      const given = [...call.matchAll(/ (\w+)=/g)].map(([, name]) => name ?? '');
      expect(Object.keys(parameters)).toEqual(expect.arrayContaining(given));
      const needed = Object.entries(parameters).filter(([, parameter]) => !('defaultValue' in parameter));
      expect(given).toEqual(expect.arrayContaining(needed.map(([name]) => name)));
    }
  });

  it.each(['docs/setup.md', 'docs/migrate.md', 'docs/tables.md'])('%s links to files that exist', (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? '');
    for (const link of links) {
      expect([link, existsSync(new URL(link, new URL(`../../${path}`, import.meta.url)))]).toEqual([
        link,
        true,
      ]);
    }
  });

  it.each(['docs/setup.md', 'docs/migrate.md'])('%s names only inputs that the action has', (path) => {
    const inputs = read('action.yml');
    for (const [, name] of read(path).matchAll(/^ {10}([a-z-]+): \$\{\{/gm))
      expect(inputs).toContain(`\n  ${name}:\n`);
  });
});

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}
