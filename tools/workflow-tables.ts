/** The tables of what the reusable workflow and the pipeline template take beyond the inputs of action and task. */
import { isMap, isScalar, isSeq, parse, parseDocument } from 'yaml';
import { markdownTable } from './markdown-table.ts';

/** A line for each input of its own of the reusable workflow: those that have a description there. */
export function workflowTable(workflow: string): string {
  const { on } = parse(workflow) as {
    on: { workflow_call: { inputs: Record<string, { description?: string; default?: unknown }> } };
  };
  const rows = Object.entries(on.workflow_call.inputs).flatMap(
    ([name, { description, default: byDefault }]) =>
      description === undefined ? [] : [[`\`${name}\``, defaultOf(byDefault), description]],
  );
  return markdownTable([['Input', 'Default', 'Meaning'], ...rows]).join('\n');
}

/** A line for each parameter of the pipeline template, told by the comment behind its name. */
export function templateTable(template: string): string {
  const parameters = parseDocument(template).get('parameters');
  if (!isSeq(parameters)) throw new Error('expected "parameters" in the template, got none');
  const rows = parameters.items.map((item) => {
    const name = isMap(item) ? item.get('name', true) : undefined;
    if (!isMap(item) || !isScalar(name)) throw new Error('expected a name of each parameter, got none');
    const { default: byDefault } = item.toJSON() as { default?: unknown };
    const shown = item.has('default') ? defaultOf(byDefault) : 'required';
    return [`\`${String(name.value)}\``, shown, (name.comment ?? '').trim()];
  });
  return markdownTable([['Parameter', 'Default', 'Meaning'], ...rows]).join('\n');
}

function defaultOf(value: unknown): string {
  if (value === undefined || value === '') return '';
  return `\`${typeof value === 'object' ? JSON.stringify(value) : String(value)}\``;
}
