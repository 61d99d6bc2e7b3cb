import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host, RunContext } from '../../host.ts';
import { camelCase } from '../../inputs/names.ts';
import { harmless, loggingCommand, tellAgent } from './logging-commands.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Name of the attachment, which is the title of its section on the run's page. */
const SUMMARY = 'Fabric activity';

/** Says to the agent what a run has to say. */
export class Agent implements Pick<Host, 'log' | 'mask' | 'setOutput' | 'writeSummary'> {
  #warned = false;
  readonly #folder: string;

  /** @param env of the task */
  constructor(env: Environment) {
    this.#folder = env.AGENT_TEMPDIRECTORY || tmpdir();
  }

  readonly log: Host['log'] = {
    info: (line) => tellAgent(harmless(line)),
    warning: (line, title) => {
      this.#warned = true;
      tellAgent(loggingCommand('task.logissue', { type: 'warning' }, harmless(`${title}: ${line}`)));
    },
    // The line of an error begins with its title already.
    error: (line) => tellAgent(loggingCommand('task.logissue', { type: 'error' }, harmless(line))),
    startGroup: (name) => tellAgent(`##[group]${harmless(name)}`),
    endGroup: () => tellAgent('##[endgroup]'),
  };

  readonly mask = (secret: string): void => {
    // Masks work line by line; the armour of a PEM is no secret, and masking it would blank harmless text.
    for (const line of secret.split(/[\r\n]+|\\n/)) {
      if (line.trim() !== '' && !line.startsWith('-----'))
        tellAgent(loggingCommand('task.setsecret', {}, line));
    }
  };

  readonly setOutput = (name: string, value: string): void => {
    const properties = { variable: camelCase(name), isOutput: 'true' };
    tellAgent(loggingCommand('task.setvariable', properties, harmless(value)));
  };

  readonly writeSummary = async (markdown: string): Promise<void> => {
    // Uploaded after this process has ended, so it stays where it is; the agent empties the folder after the job.
    const path = join(this.#folder, `fabric-activity-${randomUUID()}.md`);
    writeFileSync(path, markdown);
    const properties = { type: 'Distributedtask.Core.Summary', name: SUMMARY };
    tellAgent(loggingCommand('task.addattachment', properties, path));
  };

  /** Ends the step. The exit code says nothing: any but 0 is a fault of its own to the agent. */
  complete(isGood: boolean, text: string): void {
    const good = this.#warned ? 'SucceededWithIssues' : 'Succeeded';
    tellAgent(loggingCommand('task.complete', { result: isGood ? good : 'Failed' }, harmless(text)));
  }
}

/** Which run of which pipeline this is; a classic release has no BUILD_ variables. */
export function runContext(env: Environment): RunContext {
  const runId = Number(env.BUILD_BUILDID);
  const isKnown = Number.isSafeInteger(runId) && runId > 0;
  const attempt = Number(env.SYSTEM_JOBATTEMPT);
  const collection = (env.SYSTEM_COLLECTIONURI ?? '').replace(/\/+$/, '');
  const project = encodeURIComponent(env.SYSTEM_TEAMPROJECT ?? '');
  return {
    repository: env.BUILD_REPOSITORY_NAME ?? '',
    workflow: env.BUILD_DEFINITIONNAME ?? '',
    event: env.BUILD_REASON ?? '',
    runId: isKnown ? runId : 0,
    runAttempt: Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 1,
    runUrl: isKnown && collection !== '' ? `${collection}/${project}/_build/results?buildId=${runId}` : '',
  };
}
