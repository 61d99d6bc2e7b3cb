/** Whole runs of the Azure Pipelines task, by the names that it has there. */
import { expect } from '@jest/globals';
import { runTask, type TaskOptions, type TaskResult } from '../../emulator/pipelines-agent.ts';
import type { Emulator } from '../../emulator/server.ts';
import { CONNECTION_ID } from '../../emulator/tenant/settings.ts';
import { camelCase } from '../../src/inputs/names.ts';
import { OUTPUTS } from './contract-names.ts';
import { titleOf } from './hosts.ts';
import { asking, wholeHours } from './whole-run.ts';

export const RANGE = wholeHours(2);

export type TaskRun = TaskResult & { readonly summary: string };

/** What leads a task to the emulator, without a way to sign in. */
export function taskInputs({ inputs }: Emulator, more: Readonly<Record<string, string>> = {}) {
  const { 'tenant-id': _, 'client-id': __, ...own } = { ...inputs, ...asking(RANGE) };
  const named = Object.entries(own).map(([name, value]) => [camelCase(name), value]);
  return { ...(Object.fromEntries(named) as Record<string, string>), ...more };
}

/** Signs in by the service connection, and holds the run to what holds of every run of the task. */
export async function taskRun(
  emulator: Emulator,
  { inputs = {}, env = {}, ...more }: Partial<TaskOptions> = {},
): Promise<TaskRun> {
  const run = await runTask({
    inputs: { azureSubscription: CONNECTION_ID, ...taskInputs(emulator), ...inputs },
    env: { ...emulator.agentEnv, ...env },
    ...more,
  });
  const errors = run.issues.filter(({ type }) => type === 'error');
  expect([run.code, run.signal, run.refused, run.printedBefore]).toEqual([0, null, [], []]);
  expect(Object.keys(run.outputs).sort()).toEqual(OUTPUTS.map(camelCase).sort());
  if (run.outcome !== 'Canceled') {
    const isWarned = run.issues.length > 0;
    expect(run.outcome).toBe(errors.length > 0 ? 'Failed' : isWarned ? 'SucceededWithIssues' : 'Succeeded');
  }
  const [summary] = run.attachments;
  expect(run.attachments).toHaveLength(1);
  expect([summary?.type, summary?.name]).toEqual(['Distributedtask.Core.Summary', 'Fabric activity']);
  expect(summary?.content).toMatch(errors.length > 0 ? /^## ❌/ : /^## (?:✅|⚠️)/);
  expect(summary?.content).not.toMatch(/mermaid|^> \[!|<details>|<summary>/m);
  return { ...run, summary: summary?.content ?? '' };
}

/** The only error of a run, title and text. */
export function onlyIssue(run: TaskResult, type: 'error' | 'warning' = 'error') {
  const issues = run.issues.filter((issue) => issue.type === type);
  expect(issues).toHaveLength(1);
  const text = issues[0]?.text ?? '';
  return { title: titleOf(text), text };
}
