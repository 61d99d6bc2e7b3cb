/**
 * What an agent of Azure Pipelines makes of a task's output, line by line
 * (https://github.com/microsoft/azure-pipelines-agent: Command.cs, TaskCommandExtension.cs, TaskRestrictionsExtension.cs).
 */
import { existsSync, readFileSync } from 'node:fs';

export interface Command {
  /** Such as task.setvariable. */
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

export interface Issue {
  readonly type: 'error' | 'warning';
  readonly text: string;
}

export interface Attachment {
  readonly type: string;
  readonly name: string;
  /** Content of the file, which has to be there when the command is read. */
  readonly content: string;
}

/** In the order in which the worse one wins. */
export type TaskOutcome = 'Succeeded' | 'SucceededWithIssues' | 'Failed' | 'Canceled';
const OUTCOMES: readonly TaskOutcome[] = ['Succeeded', 'SucceededWithIssues', 'Failed', 'Canceled'];

const PREFIX = '##vso[';
const KNOWN = [
  ...['task.logissue', 'task.setvariable', 'task.setsecret', 'task.complete', 'task.addattachment'],
  ...['task.uploadsummary', 'task.setprogress', 'task.debug', 'task.logdetail', 'task.prependpath'],
];

/** The command in a line, wherever it begins. */
export function commandIn(line: string): Command | undefined {
  const start = line.indexOf(PREFIX);
  const end = line.indexOf(']', start);
  if (start < 0 || end < 0) return undefined;
  const head = line.slice(start + PREFIX.length, end);
  const space = head.indexOf(' ');
  const name = space < 0 ? head : head.slice(0, space);
  const pairs = space < 0 ? [] : head.slice(space + 1).split(';');
  const properties = pairs.flatMap((pair) => {
    const at = pair.indexOf('=');
    const value = at < 0 ? '' : pair.slice(at + 1);
    // One without a value is dropped.
    return value === '' ? [] : [[pair.slice(0, at).trim(), decoded(value)]];
  });
  return { name, properties: Object.fromEntries(properties), data: decoded(line.slice(end + 1)) };
}

function decoded(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%5D', ']')
    .replaceAll('%3B', ';')
    .replaceAll('%AZP25', '%');
}

/** What has come of a step so far. */
export class StepState {
  readonly issues: Issue[] = [];
  readonly outputs: Record<string, string> = {};
  readonly secrets: string[] = [];
  readonly attachments: Attachment[] = [];
  /** Commands that were not carried out, and why. */
  readonly refused: string[] = [];
  /** Secrets that were printed before they were masked. */
  readonly printedBefore: string[] = [];
  outcome: TaskOutcome = 'Succeeded';
  hasCompleted = false;
  readonly #settable: readonly string[];
  #printed = '';

  /** @param settable variables that the task may set */
  constructor(settable: readonly string[]) {
    this.#settable = settable.map((name) => name.toLowerCase());
  }

  read(line: string): void {
    const command = commandIn(line);
    if (command === undefined) this.#printed += `${line}\n`;
    else this.#carryOut(command);
  }

  worsen(outcome: TaskOutcome): void {
    if (OUTCOMES.indexOf(outcome) > OUTCOMES.indexOf(this.outcome)) this.outcome = outcome;
  }

  #carryOut({ name, properties, data }: Command): void {
    if (!KNOWN.includes(name)) this.refused.push(`${name}: not known`);
    if (name === 'task.logissue') this.#issue(properties.type, data);
    if (name === 'task.setvariable') this.#setVariable(properties.variable ?? '', data);
    if (name === 'task.setsecret') {
      if (this.#printed.includes(data)) this.printedBefore.push(data);
      this.secrets.push(data);
    }
    if (name === 'task.addattachment') this.#attach(properties, data);
    if (name === 'task.complete') {
      const outcome = OUTCOMES.find((one) => one === properties.result);
      if (outcome === undefined) this.refused.push(`task.complete: result ${properties.result}`);
      else this.worsen(outcome);
      this.hasCompleted = true;
    }
  }

  #issue(type: string | undefined, text: string): void {
    if (type !== 'error' && type !== 'warning') this.refused.push(`task.logissue: type ${type}`);
    else this.issues.push({ type, text });
    this.#printed += `${text}\n`;
  }

  #setVariable(name: string, value: string): void {
    if (!this.#settable.includes(name.toLowerCase())) this.refused.push(`task.setvariable: ${name}`);
    else this.outputs[name] = value;
  }

  #attach({ type = '', name = '' }: Readonly<Record<string, string>>, path: string): void {
    if (type === '' || name === '' || /[\\/:*?"<>|]/.test(name) || !existsSync(path)) {
      this.refused.push(`task.addattachment: ${type} ${name} ${path}`);
      this.worsen('Failed');
    } else this.attachments.push({ type, name, content: readFileSync(path, 'utf8') });
  }
}
