/** Description, inputs and outputs of action.yml, as the contract has them; what else stands before and after is written by hand. */
import { parse } from 'yaml';
import { actionInputs, DESCRIPTION, OUTPUTS } from './contract.ts';

/** @param text of action.yml as it is */
export function withContract(text: string): string {
  const inputs = actionInputs().flatMap(([name, { says, required, byDefault }]) => [
    `  ${name}:`,
    `    description: ${scalar(says)}`,
    `    required: ${required === true}`,
    ...(byDefault === undefined ? [] : [`    default: ${scalar(byDefault)}`]),
  ]);
  const outputs = Object.entries(OUTPUTS).flatMap(([name, says]) => [
    `  ${name}:`,
    `    description: ${scalar(says)}`,
  ]);
  const generated = ['inputs:', ...inputs, 'outputs:', ...outputs, ''].join('\n');
  const [before = '', after] = [text.split(/^inputs:$/m)[0], text.split(/^runs:$/m)[1]];
  if (after === undefined) throw new Error('expected inputs: and runs: in action.yml, got none');
  const described = before.replace(/^description: .*$/m, `description: ${scalar(DESCRIPTION)}`);
  return `${described}${generated}runs:${after}`;
}

/** Plain where YAML reads just that text back, else in double quotes. */
function scalar(text: string): string {
  try {
    if (parse(text) === text) return text;
  } catch {
    // Then it needs quotes.
  }
  return JSON.stringify(text);
}
