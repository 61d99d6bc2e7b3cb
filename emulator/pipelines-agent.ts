import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SOURCES_TASK } from '../tools/fresh-bundle.ts';
import { type Attachment, type Issue, StepState, type TaskOutcome } from './wire/agent-commands.ts';
import { type ProcessOptions, runProcess } from './wire/step-process.ts';

/** What an agent would show of a step. */
export interface TaskResult {
  readonly outcome: TaskOutcome;
  /** Of the process: any but 0 is a fault of its own. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** All that was printed, commands among it. */
  readonly log: string;
  readonly issues: readonly Issue[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly attachments: readonly Attachment[];
  readonly refused: readonly string[];
  readonly printedBefore: readonly string[];
  readonly milliseconds: number;
  readonly peakKb: number;
}

export interface TaskOptions extends ProcessOptions {
  /** By the names of task.json. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** Variables of the pipeline, which stand as $(name) in inputs. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Called once the process runs, to cancel the step as a user does. */
  readonly onCancel?: (cancel: () => void) => void;
  /** Another script than the bundle of the sources at hand. */
  readonly target?: string;
}

interface Task {
  readonly inputs: readonly { readonly name: string; readonly defaultValue?: string }[];
  readonly restrictions: { readonly settableVariables: { readonly allowed: readonly string[] } };
}

const TASK = fileURLToPath(new URL('../azure-pipelines/collect/task.json', import.meta.url));
/** Of the sources at hand: tests and demo see to it before they start (freshBundle). */
const BUNDLE = join(SOURCES_TASK, 'index.js');
const TO_SIGTERM = 7500;
const TO_SIGKILL = 2500;

/**
 * Runs the task's bundle as its own process, as an agent would: its variables, an empty folder, no standard input, and
 * commands in its output. (https://github.com/microsoft/azure-pipelines-agent: ProcessInvoker.cs, Handler.cs, TaskRunner.cs)
 */
export async function runTask(options: TaskOptions): Promise<TaskResult> {
  const task = JSON.parse(readFileSync(TASK, 'utf8')) as Task;
  const folder = mkdtempSync(join(tmpdir(), 'agent-'));
  const [sources, temporary] = [join(folder, '1', 's'), join(folder, '_temp')];
  for (const path of [sources, temporary]) mkdirSync(path, { recursive: true });
  const state = new StepState(task.restrictions.settableVariables.allowed);
  const reader = new LineReader((line) => state.read(line));
  const timers: NodeJS.Timeout[] = [];
  const env = {
    PATH: process.env.PATH ?? '',
    ...jobVariables(folder, temporary),
    ...inputVariables(task, options.inputs, options.variables ?? {}),
    ...options.env,
    TF_BUILD: 'True',
  };
  const ended = await runProcess(
    options.target ?? BUNDLE,
    sources,
    {
      ...options,
      onLine: (text) => {
        reader.read(text);
        options.onLine?.(text);
      },
      onStart: (kill) => {
        options.onStart?.(kill);
        options.onCancel?.(() => {
          state.worsen('Canceled');
          kill('SIGINT');
          timers.push(setTimeout(() => kill('SIGTERM'), TO_SIGTERM));
          timers.push(setTimeout(() => kill('SIGKILL'), TO_SIGTERM + TO_SIGKILL));
        });
      },
    },
    env,
  );
  for (const timer of timers) clearTimeout(timer);
  reader.end();
  if (ended.code !== 0) state.worsen('Failed');
  rmSync(folder, { recursive: true, force: true });
  const { outcome, issues, outputs, secrets, attachments, refused, printedBefore } = state;
  return { ...ended, outcome, issues, outputs, secrets, attachments, refused, printedBefore };
}

function jobVariables(folder: string, temporary: string): Record<string, string> {
  return {
    AGENT_TEMPDIRECTORY: temporary,
    PIPELINE_WORKSPACE: join(folder, '1'),
    SYSTEM_DEFAULTWORKINGDIRECTORY: join(folder, '1', 's'),
    SYSTEM_HOSTTYPE: 'build',
    SYSTEM_COLLECTIONURI: 'https://dev.azure.com/example/',
    SYSTEM_TEAMPROJECT: 'Data platform',
    SYSTEM_TEAMPROJECTID: '00000000-0000-4000-8000-0000000000e3',
    SYSTEM_JOBATTEMPT: '1',
    BUILD_BUILDID: '7654321',
    BUILD_DEFINITIONNAME: 'Collect activity',
    BUILD_REASON: 'Schedule',
    BUILD_REPOSITORY_NAME: 'octo/compliance',
  };
}

/** Every input of the task, with its default; an unknown variable stays as it is. */
function inputVariables(
  { inputs }: Task,
  given: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  const unknown = Object.keys(given).find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined) throw new Error(`the task has no input "${unknown}"`);
  const known = new Map(Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value]));
  const replaced = (text: string) =>
    text.replaceAll(/\$\(([^()]+)\)/g, (all, name: string) => known.get(name.toLowerCase()) ?? all);
  return Object.fromEntries(
    inputs.map(({ name, defaultValue = '' }) => {
      const value = replaced(given[name] ?? defaultValue).trim();
      return [`INPUT_${name.toUpperCase()}`, value];
    }),
  );
}

/** Lines out of pieces of output; a lone carriage return ends one too. */
class LineReader {
  #rest = '';
  readonly #take: (line: string) => void;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  read(text: string): void {
    const lines = `${this.#rest}${text}`.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  end(): void {
    if (this.#rest !== '') this.#take(this.#rest);
  }
}
