import { runTask } from '../emulator/pipelines-agent.ts';
import { runStep } from '../emulator/runner.ts';
import type { Emulator } from '../emulator/server.ts';
import { CONNECTION_ID } from '../emulator/tenant/settings.ts';
import { camelCase } from '../src/inputs/names.ts';
import { OUTPUTS } from '../tools/contract.ts';

export const HOSTS = ['github', 'azure-pipelines'] as const;
export type HostName = (typeof HOSTS)[number];

/** What a host shows of a step. */
export interface Shown {
  readonly isGood: boolean;
  /** How it ended, in the host's own words. */
  readonly ending: string;
  /** Without the values of secrets. */
  readonly log: string;
  /** By the names that the Action gives them. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** @param inputs by the names that the Action gives them */
export async function runOn(
  host: HostName,
  emulator: Emulator,
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): Promise<Shown> {
  if (host === 'github') {
    const step = await runStep({ inputs, env: { ...emulator.proxyEnv, ...env } });
    const ending = `exit code ${step.code}, ${seconds(step.milliseconds)}`;
    const log = step.log.replace(/^::add-mask::.*$/gm, '::add-mask::***');
    return { isGood: step.code === 0, ending, log, outputs: step.outputs, summary: step.summary };
  }
  // Tenant and app come from the service connection.
  const { 'tenant-id': _, 'client-id': __, ...own } = inputs;
  const named = Object.entries(own).map(([name, value]) => [camelCase(name), value]);
  const task = await runTask({
    inputs: { azureSubscription: CONNECTION_ID, ...Object.fromEntries(named) },
    env: { ...emulator.agentProxyEnv, ...env },
  });
  const outputs = Object.keys(OUTPUTS).map((name) => [name, task.outputs[camelCase(name)] ?? '']);
  return {
    isGood: task.code === 0 && (task.outcome === 'Succeeded' || task.outcome === 'SucceededWithIssues'),
    ending: `${task.outcome}, exit code ${task.code}, ${seconds(task.milliseconds)}`,
    log: task.log.replace(/^##vso\[task\.setsecret\].*$/gm, '##vso[task.setsecret]***'),
    outputs: Object.fromEntries(outputs),
    summary: task.attachments[0]?.content ?? '',
  };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
