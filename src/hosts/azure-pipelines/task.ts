import type { AzureDevOpsIdTokenRequest } from '../../auth/azure-devops-id-token.ts';
import { asActionError, FAULTS } from '../../errors.ts';
import { camelCase, INPUT_NAMES } from '../../inputs/names.ts';
import { run } from '../../pipeline/run.ts';
import { systemClock } from '../../time/clock.ts';
import { keepMemorySmall } from '../memory-flags.ts';
import { proxySecrets, readProxies } from '../proxy-settings.ts';
import { Agent, runContext } from './agent.ts';
import { takeAgentProxy, trustAgentAuthorities } from './agent-network.ts';
import { dialectOf } from './dialect.ts';
import { keepOutputHarmless } from './logging-commands.ts';
import { connectionSecrets, readConnection } from './service-connection.ts';

keepMemorySmall();
keepOutputHarmless();

const cancelled = new AbortController();
// SIGINT first, SIGTERM 7.5 s later, and the end 2.5 s after that; Windows sends Ctrl+C and Ctrl+Break.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const) process.on(signal, () => cancelled.abort());

const { env } = process;
const agent = new Agent(env);
takeAgentProxy(env);
for (const secret of [...connectionSecrets(env), ...proxySecrets(env)]) agent.mask(secret);
const proxies = readProxies(env);
for (const [name, value] of Object.entries(proxies.settings)) {
  if (value === undefined) delete env[name];
  else env[name] = value;
}

const inputs = new Map<string, string>(
  INPUT_NAMES.map((name) => [name, env[`INPUT_${camelCase(name).toUpperCase()}`] ?? '']),
);
const connectionId = inputs.get('azure-subscription')?.trim() ?? '';
const isNamed = connectionId !== '' && !connectionId.startsWith('$(');
const connection = isNamed ? readConnection(env, connectionId) : undefined;
const idTokenRequest: AzureDevOpsIdTokenRequest = {
  url: env.SYSTEM_OIDCREQUESTURI || addressOfTokens(),
  token: env.ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN,
  serviceConnectionId: connectionId,
};
// What is started or dumped from here on has none of it.
for (const name of Object.keys(env)) {
  if (
    /^(?:INPUT_|ENDPOINT_AUTH_|SECUREFILE_TICKET_|SECRET_|VSTS_TASKVARIABLE_|SYSTEM_ACCESSTOKEN$)/i.test(name)
  )
    delete env[name];
}

let hasEnded = false;
// Whatever becomes of this process: the step has an end, and the exit code is 0.
process.on('exit', () => {
  if (!hasEnded) end(false, FAULTS.unexpected.title);
  process.exitCode = 0;
});
process.on('uncaughtException', (error) => {
  agent.log.error(asActionError(error).message, FAULTS.unexpected.title);
  end(false, FAULTS.unexpected.title);
  setTimeout(() => process.exit(), 100);
});

const { conclusions } = await run({
  getInput: (name) => inputs.get(name) ?? '',
  idTokenRequest,
  clock: systemClock,
  log: agent.log,
  mask: agent.mask,
  setOutput: agent.setOutput,
  writeSummary: agent.writeSummary,
  context: runContext(env),
  cancelled: cancelled.signal,
  proxyFaults: [...proxies.faults, ...trustAgentAuthorities(env)],
  dialect: dialectOf(connection),
});
const titles = [...conclusions.faults.keys()].map((code) => FAULTS[code].title);
end(titles.length === 0, titles.join('; '));
// What is left over (an upload given up, an idle connection) must not keep the step going.
setTimeout(() => process.exit(), 1000).unref();

function end(isGood: boolean, text: string): void {
  if (hasEnded) return;
  hasEnded = true;
  agent.complete(isGood, text);
}

/** Where the variable is missing: what Microsoft's own tasks make of the others. */
function addressOfTokens(): string | undefined {
  const { SYSTEM_COLLECTIONURI: collection, SYSTEM_TEAMPROJECTID: project, SYSTEM_HOSTTYPE: hub } = env;
  const { SYSTEM_PLANID: plan, SYSTEM_JOBID: job } = env;
  if (!collection || !project || !hub || !plan || !job) return undefined;
  const base = collection.endsWith('/') ? collection : `${collection}/`;
  return `${base}${project}/_apis/distributedtask/hubs/${hub}/plans/${plan}/jobs/${job}/oidctoken`;
}
