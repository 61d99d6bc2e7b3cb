/** The tables of inputs and outputs: the Action's in README.md, the task's on the extension's page. */
import { parse } from 'yaml';
import { taskInputs, taskOutputs } from './contract.ts';
import { markdownTable } from './markdown-table.ts';

interface Metadata {
  readonly inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  readonly outputs: Record<string, { description: string }>;
}

/** README's text with the tables that action.yml gives. */
export function withTables(readme: string, actionYml: string): string {
  const { inputs, outputs } = parse(actionYml) as Metadata;
  const inputRows = Object.entries(inputs).map(([name, { description, required, default: byDefault }]) => [
    `\`${name}\``,
    required === true ? 'required' : byDefault === undefined ? '' : `\`${byDefault}\``,
    description,
  ]);
  const outputRows = Object.entries(outputs).map(([name, { description }]) => [`\`${name}\``, description]);
  return withBoth(readme, 'action.yml', inputRows, outputRows);
}

/** The extension's page with the tables that the contract gives for the task. */
export function withTaskTables(page: string): string {
  const inputRows = taskInputs().map(([name, { says, required, byDefault }]) => [
    `\`${name}\``,
    required === true ? 'required' : byDefault === undefined ? '' : `\`${byDefault}\``,
    says,
  ]);
  const outputRows = taskOutputs().map(([name, says]) => [`\`${name}\``, says]);
  return withBoth(page, 'task.json', inputRows, outputRows);
}

function withBoth(page: string, origin: string, inputRows: string[][], outputRows: string[][]): string {
  const inputs = markdownTable([['Input', 'Default', 'Meaning'], ...inputRows]).join('\n');
  const outputs = markdownTable([['Output', 'Meaning'], ...outputRows]).join('\n');
  return between(between(page, 'inputs', origin, inputs), 'outputs', origin, outputs);
}

/** A page with the content between two marks renewed. */
export function between(text: string, name: string, origin: string, content: string): string {
  const [begin, end] = [
    `<!-- ${name}: generated from ${origin} by npm run docs -->`,
    `<!-- end of ${name} -->`,
  ];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`expected the marks "${begin}" and "${end}" in the page, got none`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}
