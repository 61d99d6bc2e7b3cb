// Writes the tables of inputs and outputs in README.md from action.yml; with --check it only says whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { markdownTable } from './markdown-table.ts';

interface Metadata {
  readonly inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  readonly outputs: Record<string, { description: string }>;
}

const file = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** README's text with the tables that action.yml gives. */
export function withTables(readme: string, actionYml: string): string {
  const { inputs, outputs } = parse(actionYml) as Metadata;
  const inputRows = Object.entries(inputs).map(([name, { description, required, default: byDefault }]) => [
    `\`${name}\``,
    required === true ? 'required' : byDefault === undefined ? '' : `\`${byDefault}\``,
    description,
  ]);
  const outputRows = Object.entries(outputs).map(([name, { description }]) => [`\`${name}\``, description]);
  return between(
    between(readme, 'inputs', markdownTable([['Input', 'Default', 'Meaning'], ...inputRows]).join('\n')),
    'outputs',
    markdownTable([['Output', 'Meaning'], ...outputRows]).join('\n'),
  );
}

function between(text: string, name: string, content: string): string {
  const [begin, end] = [
    `<!-- ${name}: generated from action.yml by npm run docs -->`,
    `<!-- end of ${name} -->`,
  ];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`expected the marks "${begin}" and "${end}" in README.md, got none`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const before = readFileSync(file('README.md'), 'utf8');
  const after = withTables(before, readFileSync(file('action.yml'), 'utf8'));
  if (process.argv.includes('--check')) process.exitCode = before === after ? 0 : 1;
  else writeFileSync(file('README.md'), after);
}
