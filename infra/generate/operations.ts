import { readFileSync } from 'node:fs';
import { CLASS_RULES, classByRule, type OperationClass, OTHER } from './operation-rules.ts';

/** A published operation, and what it is to those who look after a tenant. */
export interface Operation {
  readonly name: string;
  readonly operationClass: OperationClass;
  /** Programs do it in great number as a matter of course, so that a count of deeds leaves it out. */
  readonly isRoutine: boolean;
  /** What it means for security, empty where the class says all. */
  readonly meaning: string;
}

const FILE = new URL('../../queries/operations.tsv', import.meta.url);
const WIDTH = 120;

export function readOperations(): readonly Operation[] {
  const [, ...lines] = readFileSync(FILE, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [name = '', operationClass = '', routine = '', meaning = ''] = line.split('\t');
    if (!isClass(operationClass)) throw new Error(`Expected a class for ${name}, got ${operationClass}.`);
    return { name, operationClass, isRoutine: routine === 'yes', meaning };
  });
}

function isClass(text: string): text is OperationClass {
  return text === OTHER || CLASS_RULES.some(({ gives }) => gives === text);
}

/**
 * The lines of FabricUserActivity.kql that give OperationClass and IsRoutine: by name where the rules would say
 * something else, and by the rules for the rest, so that new operations fall into place.
 */
export function operationLines(operations: readonly Operation[]): string[] {
  const unlike = operations.filter(({ name, operationClass }) => classByRule(name) !== operationClass);
  const classes = [...new Set(unlike.map(({ operationClass }) => operationClass))].sort();
  return [
    '| extend OperationClass = case(',
    ...classes.flatMap((operationClass) =>
      condition(
        unlike.filter((each) => each.operationClass === operationClass).map(({ name }) => name),
        ` "${operationClass}",`,
      ),
    ),
    ...CLASS_RULES.flatMap(({ gives, when }) =>
      [`    ${when.map(kqlOf).join(' or ')}, "${gives}",`].map(wrapped),
    ),
    `    "${OTHER}")`,
    '| extend IsRoutine =',
    ...condition(
      operations.filter(({ isRoutine }) => isRoutine).map(({ name }) => name),
      '',
    ).map((line, at, all) => (at === all.length - 1 ? line.replace(/,$/, '') : line)),
  ];
}

function condition(names: readonly string[], after: string): string[] {
  const lines = ['    Operation in~ ('];
  for (const name of names) {
    const line = lines.at(-1) ?? '';
    const text = `"${name}",`;
    if (lines.length > 1 && line.length + text.length < WIDTH) lines[lines.length - 1] = `${line} ${text}`;
    else lines.push(`        ${text}`);
  }
  const last = lines.at(-1) ?? '';
  lines[lines.length - 1] = `${last.replace(/,$/, '')}),${after}`;
  return lines;
}

function kqlOf({ begins, ends, holds }: (typeof CLASS_RULES)[number]['when'][number]): string {
  const parts = [
    begins === undefined ? '' : `Operation startswith "${begins}"`,
    holds === undefined ? '' : `Operation contains "${holds}"`,
    ends === undefined ? '' : `Operation endswith "${ends}"`,
  ].filter((part) => part !== '');
  return parts.length > 1 ? `(${parts.join(' and ')})` : (parts[0] ?? '');
}

/** Breaks a long condition before an "or". */
function wrapped(line: string): string {
  const lines = [''];
  for (const part of line.split(/(?= or )/)) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + part.length > WIDTH) lines.push(`       ${part}`);
    else lines[lines.length - 1] = last + part;
  }
  return lines.join('\n');
}
