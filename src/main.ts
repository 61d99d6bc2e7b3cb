import * as core from '@actions/core';
import { context } from '@actions/github';
import { systemClock } from './clock.ts';
import type { Host, RunContext } from './host.ts';
import { run } from './run.ts';

/** Runs the step for the runner that this process belongs to. @returns whether it succeeded */
export function main(proxyFaults: readonly string[]): Promise<boolean> {
  const cancelled = new AbortController();
  process.once('SIGINT', () => cancelled.abort());
  process.once('SIGTERM', () => cancelled.abort());
  return run(hostOf(cancelled.signal, proxyFaults));
}

function hostOf(cancelled: AbortSignal, proxyFaults: readonly string[]): Host {
  return {
    getInput: (name) => core.getInput(name),
    idTokenRequest: {
      url: process.env.ACTIONS_ID_TOKEN_REQUEST_URL,
      token: process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    },
    clock: systemClock,
    log: {
      info: core.info,
      warning: (line, title) => core.warning(line, { title }),
      error: (line, title) => core.error(line, { title }),
      startGroup: core.startGroup,
      endGroup: core.endGroup,
    },
    mask: (secret) => {
      // Masks work line by line; the armour of a PEM is no secret, and masking it would blank harmless text.
      for (const line of secret.split(/\r?\n|\\n/)) {
        if (line.trim() !== '' && !line.startsWith('-----')) core.setSecret(line);
      }
    },
    setOutput: core.setOutput,
    writeSummary: async (markdown) => {
      await core.summary.addRaw(markdown).write({ overwrite: true });
    },
    context: runContext(),
    cancelled,
    proxyFaults,
  };
}

function runContext(): RunContext {
  const repository = process.env.GITHUB_REPOSITORY ?? '';
  const { workflow = '', runId, runAttempt } = context;
  const known = repository !== '' && Number.isSafeInteger(runId);
  return {
    repository,
    workflow,
    event: context.eventName ?? '',
    runId: known ? runId : 0,
    runAttempt: Number.isSafeInteger(runAttempt) ? runAttempt : 1,
    runUrl: known ? `${context.serverUrl}/${repository}/actions/runs/${runId}/attempts/${runAttempt}` : '',
  };
}
