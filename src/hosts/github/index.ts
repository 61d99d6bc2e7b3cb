import { readFileSync } from 'node:fs';
import * as core from '@actions/core';
import type { Host, RunContext } from '../../host.ts';
import { run } from '../../pipeline/run.ts';
import { systemClock } from '../../time/clock.ts';
import { keepMemorySmall } from '../memory-flags.ts';
import { proxySecrets, readProxies } from '../proxy-settings.ts';
import { trackFailure } from './failure-issue.ts';

keepMemorySmall();

const cancelled = new AbortController();
process.once('SIGINT', () => cancelled.abort());
process.once('SIGTERM', () => cancelled.abort());

// Before anything is printed: with DEBUG or AZURE_LOG_LEVEL the libraries print addresses.
for (const secret of proxySecrets(process.env)) core.setSecret(secret);
const proxies = readProxies(process.env);
for (const [name, value] of Object.entries(proxies.settings)) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
// GitHub's client ends on a file that is no JSON; nothing of the event is needed.
if (!isJson(process.env.GITHUB_EVENT_PATH)) delete process.env.GITHUB_EVENT_PATH;
// GitHub's client looks at them as soon as it is loaded, and ends on what is no HTTP proxy.
const { context } = await import(/* webpackMode: "eager" */ '@actions/github');

const host: Host = {
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
  cancelled: cancelled.signal,
  proxyFaults: proxies.faults,
};

const result = await run(host);
await trackFailure(result, host);
process.exitCode = result.conclusions.faults.size === 0 ? 0 : 1;
// What is left over (an upload given up, an idle connection) must not keep the step going.
setTimeout(() => process.exit(), 1000).unref();

function isJson(path: string | undefined): boolean {
  try {
    return typeof JSON.parse(readFileSync(path ?? '', 'utf8')) === 'object';
  } catch {
    return false;
  }
}

function runContext(): RunContext {
  const repository = process.env.GITHUB_REPOSITORY ?? '';
  const { workflow = '', runId, runAttempt } = context;
  const known = repository !== '' && Number.isSafeInteger(runId);
  const docsUrl = docsOf(process.env);
  return {
    ...(docsUrl === undefined ? {} : { docsUrl }),
    repository,
    workflow,
    event: context.eventName ?? '',
    runId: known ? runId : 0,
    runAttempt: Number.isSafeInteger(runAttempt) ? runAttempt : 1,
    runUrl: known ? `${context.serverUrl}/${repository}/actions/runs/${runId}/attempts/${runAttempt}` : '',
  };
}

/** Empty for an action of the repository's own; on Enterprise Server the action may come from anywhere. */
function docsOf(env: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_ACTION_REPOSITORY: repository, GITHUB_ACTION_REF: ref } = env;
  if (server !== 'https://github.com' || !repository || !ref) return undefined;
  return /^[\w.-]+\/[\w.-]+$/.test(repository) && /^[\w./-]+$/.test(ref)
    ? `${server}/${repository}/blob/${ref}/docs`
    : undefined;
}
