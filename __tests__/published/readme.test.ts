/** README.md says what is so: its tables are those of action.yml, its links lead somewhere, its workflow can be copied. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { withTables } from '../../tools/readme-tables.ts';

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, Call & { readonly steps?: readonly Call[] }>>;
}

interface Call {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

const readme = textOf('README.md');
const action = parse(textOf('action.yml')) as { inputs: Record<string, { required?: boolean }> };
const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
const workflows = [...readme.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
  .map(([, text = '']) => text)
  .filter((text) => /^jobs:$/m.test(text))
  .map((text) => ({ text, workflow: parse(text) as Workflow }));

describe('README.md', () => {
  it('has the tables that action.yml gives (npm run docs writes them)', () => {
    expect(readme).toBe(withTables(readme, textOf('action.yml')));
  });

  it('names the first two commands at its beginning', () => {
    const beginning = readme.split(/^## /m).slice(0, 3).join('## ');
    expect(beginning).toContain('npm run demo');
    expect(beginning).toContain('npm test');
  });

  it('has a workflow to copy, which gives the action inputs that it has, and all that it needs', () => {
    expect(workflows.length).toBeGreaterThan(0);
    for (const { workflow } of workflows) {
      const steps = Object.values(workflow.jobs).flatMap(({ steps = [] }) => steps);
      const calls = Object.values(workflow.jobs).filter(({ uses }) => uses?.endsWith('/collect.yml@v1'));
      const own = [...steps.filter(({ uses }) => uses === 'OWNER/REPO@v1'), ...calls];
      expect(own.length).toBeGreaterThan(0);
      for (const { with: given = {} } of own) {
        expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
        const needed = Object.entries(action.inputs).filter(([, { required }]) => required);
        expect(Object.keys(given)).toEqual(expect.arrayContaining(needed.map(([name]) => name)));
      }
    }
  });

  it('pins in it the actions that the example pins, and starts at an odd minute', () => {
    const example = new Set(pinsIn(textOf('examples/hourly.yml')));
    for (const { text } of workflows) {
      for (const pin of pinsIn(text)) expect([...example]).toContain(pin);
      for (const [, minute] of text.matchAll(/cron: "(\d+) /g)) expect(Number(minute) % 2).toBe(1);
    }
  });
});

const PAGES = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/comparison.md',
  'docs/faq.md',
  'docs/requests.md',
  'docs/setup.md',
  'docs/setup-azure-pipelines.md',
  'azure-pipelines/overview.md',
  'docs/migrate.md',
  'docs/privacy.md',
  'docs/tables.md',
  'docs/troubleshooting.md',
];

describe.each(PAGES)('%s', (path) => {
  const page = textOf(path);

  it('links to files and headings that exist', () => {
    const prose = page.replaceAll(/^```[\s\S]*?^```$/gm, '');
    const links = [
      ...prose.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g),
      ...prose.matchAll(/(?:src|srcset)="(?!https?:)([^"]+)"/g),
    ];
    for (const [, link = ''] of links) {
      const [file, anchor] = link.split('#');
      const here = new URL(`../../${path}`, import.meta.url);
      const url = file === undefined || file === '' ? here : new URL(file, here);
      expect([link, existsSync(url)]).toEqual([link, true]);
      if (anchor !== undefined) expect(anchorsOf(readFileSync(url, 'utf8'))).toContain(anchor);
    }
  });

  it('names no command of the project that does not exist', () => {
    for (const [, name = ''] of page.matchAll(/npm run ([\w-]+)/g))
      expect(Object.keys(scripts)).toContain(name);
  });
});

it('CONTRIBUTING.md names every command', () => {
  const page = textOf('CONTRIBUTING.md');
  for (const name of Object.keys(scripts))
    expect(page).toContain(name === 'test' ? 'npm test' : `npm run ${name}`);
});

function pinsIn(text: string): string[] {
  return [...text.matchAll(/uses: *(\S+@[0-9a-f]{40} # \S+)/g)].map(([, pin = '']) => pin);
}

/** As GitHub makes anchors of headings. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function textOf(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}
