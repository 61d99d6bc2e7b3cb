/** Every error and warning that the code can raise has its entry in docs/troubleshooting.md, and no entry is left over. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ActionError, FAULTS, type FaultCode } from '../../src/errors.ts';

const PAGE = 'docs/troubleshooting.md';
const page = textOf(PAGE);
const entries = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((entry): [string, string] => {
      const [title = '', ...body] = entry.split('\n');
      return [title, body.join('\n').split(/^## /m)[0] ?? ''];
    }),
);
const errors = Object.values(FAULTS).map(({ title }) => title);
const warnings = warningTitles();

describe('docs/troubleshooting.md', () => {
  it.each(errors)('has an entry for the error "%s"', (title) => {
    expect([...entries.keys()]).toContain(title);
  });

  it.each(warnings)('has an entry for the warning "%s"', (title) => {
    expect([...entries.keys()]).toContain(title);
  });

  it('has no entry that nothing leads to, and none twice', () => {
    expect([...entries.keys()].sort()).toEqual([...errors, ...warnings].sort());
    expect(page.match(/^### /gm)).toHaveLength(entries.size);
  });

  it.each([...entries])('says of "%s" what it means, why, what to do and how to check', (_, body) => {
    const [meaning = '', ...parts] = body.trim().split(/^- \*\*/m);
    expect(meaning.trim()).toMatch(/\.$/);
    expect(parts.map((part) => part.split(':**')[0])).toEqual(['Causes', 'What to do', 'Check']);
    for (const part of parts) expect(part.split(':**')[1]?.trim()).not.toBe('');
  });

  it('keeps warnings in a section of their own', () => {
    const [, section = ''] = page.split(/^## Warnings$/m);
    const titles = [...section.matchAll(/^### (.+)$/gm)].map(([, title]) => title);
    expect(titles.sort()).toEqual([...warnings].sort());
  });

  it('links to files and headings that exist', () => {
    for (const [, link = ''] of page.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path = '', anchor] = link.split('#');
      const target = new URL(
        path === '' ? 'troubleshooting.md' : path,
        new URL(`../../${PAGE}`, import.meta.url),
      );
      expect([link, existsSync(target)]).toEqual([link, true]);
      if (anchor !== undefined) {
        const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.+)$/gm)].map(
          ([, heading]) => heading,
        );
        expect(headings.map((heading) => anchorOf(heading ?? ''))).toContain(anchor);
      }
    }
  });
});

it.each(Object.keys(FAULTS) as FaultCode[])('the line of the fault %s begins with its title', (code) => {
  const { title, remedy } = FAULTS[code];
  expect(new ActionError(code, 'detail').message).toBe(`${title}: detail. ${remedy}`);
});

/** Titles that the reporting code gives its warnings: a table of them, and some that stand where they are used. */
function warningTitles(): string[] {
  const [, table = ''] = /NOTICE_TITLES = \{([\s\S]*?)\}/.exec(textOf('src/report/notice.ts')) ?? [];
  const titles = [...table.matchAll(/: '([^']+)'/g)].map(([, title = '']) => title);
  for (const file of sources()) {
    for (const [call] of file.matchAll(/log\.warning\([\s\S]*?\);/g)) {
      const [, title] = /'([^']+)',?\s*\);$/.exec(call) ?? [];
      if (title !== undefined) titles.push(title);
    }
  }
  expect(titles.length).toBeGreaterThan(10);
  return titles;
}

function sources(): string[] {
  const folder = fileURLToPath(new URL('../../src', import.meta.url));
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => textOf(`src/${name.replaceAll('\\', '/')}`));
}

/** As GitHub makes anchors of headings. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

function textOf(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}
