/** The same step on either host, with what it says in one form. */
import { runTask, type TaskResult } from '../../emulator/pipelines-agent.ts';
import { runStep, type StepOptions, type StepResult } from '../../emulator/runner.ts';
import type { Emulator } from '../../emulator/server.ts';
import { CONNECTION_ID } from '../../emulator/tenant/settings.ts';
import { FAULTS } from '../../src/errors.ts';
import { camelCase } from '../../src/inputs/names.ts';
import { OUTPUTS } from './contract-names.ts';

export type HostName = 'github' | 'azure-pipelines';

/** Which host the tests of this file run on: a test file that imports others may have chosen before. */
export function hostUnderTest(): HostName {
  return process.env.HOST_UNDER_TEST === 'azure-pipelines' ? 'azure-pipelines' : 'github';
}

/** As the host writes an input. */
export function written(name: string): string {
  return hostUnderTest() === 'github' ? name : camelCase(name);
}

/** What the host sets for a step that is led to the emulator; `real` is by the real names, through the proxy. */
export function hostEnv(
  { env, proxyEnv, agentEnv, agentProxyEnv }: Emulator,
  real = false,
): Record<string, string> {
  if (hostUnderTest() === 'github') return real ? proxyEnv : env;
  return real ? agentProxyEnv : agentEnv;
}

/** Runs a step on the host under test. Inputs and outputs have the Action's names on both. */
export async function runOnHost(options: StepOptions): Promise<StepResult> {
  if (hostUnderTest() === 'github') return runStep(options);
  const { inputs, ...more } = options;
  return asStepResult(await runTask({ ...more, inputs: taskInputs(inputs) }));
}

/** The task's inputs for those of the Action: a service connection takes the place of GitHub OIDC. */
export function taskInputs(inputs: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(inputs).map(([name, value]) => [camelCase(name), value]);
  const isGiven = (name: string) => !['', 'false'].includes(inputs[name] ?? '');
  const another = ['client-secret', 'client-certificate', 'managed-identity'].some(isGiven);
  return { ...Object.fromEntries(own), ...(another ? {} : { azureSubscription: CONNECTION_ID }) };
}

/** A task's end as a runner would show it, so that tests of behaviour read one form of log. */
function asStepResult(task: TaskResult): StepResult {
  const issues = task.issues.map(({ type, text }) => {
    const title = titleOf(text);
    const message = type === 'error' ? text : text.slice(title.length + 2);
    return `::${type} title=${escaped(title)}::${message}`;
  });
  const masks = task.secrets.map((secret) => `::add-mask::${secret}`);
  const plain = task.log.split('\n').filter((line) => !line.includes('##vso['));
  const names = new Map(OUTPUTS.map((name) => [camelCase(name), name]));
  const outputs = Object.entries(task.outputs).map(([name, value]) => [names.get(name) ?? name, value]);
  const failed = task.outcome === 'Failed' || task.outcome === 'Canceled';
  return {
    code: task.signal === null && task.code === 0 ? Number(failed) : task.code,
    signal: task.signal,
    log: [...masks, ...plain, ...issues].join('\n'),
    outputs: Object.fromEntries(outputs),
    summary: task.attachments.find(({ name }) => name === 'Fabric activity')?.content ?? '',
    milliseconds: task.milliseconds,
    peakKb: task.peakKb,
  };
}

/** The agent shows no titles: they stand first in the text. */
export function titleOf(text: string): string {
  const known = Object.values(FAULTS).map(({ title }): string => title);
  const fitting = known.filter((title) => text.startsWith(`${title}: `));
  return fitting.sort((one, other) => other.length - one.length)[0] ?? text.split(': ')[0] ?? '';
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll(':', '%3A').replaceAll(',', '%2C');
}
