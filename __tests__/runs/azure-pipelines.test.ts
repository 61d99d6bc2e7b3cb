/** What only the Azure Pipelines task has: service connections, commands in its output, its agent's network and signals. */
import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import { type ConnectionSettings, connectionEnv } from '../../emulator/environment.ts';
import { runTask } from '../../emulator/pipelines-agent.ts';
import type { Emulator, Fault } from '../../emulator/server.ts';
import { CLIENT_ID, CONNECTION_ID } from '../../emulator/tenant/settings.ts';
import { TENANT_ID } from '../../emulator/tenant/tenant.ts';
import { signInRequests } from '../support/sign-in.ts';
import { onlyIssue, RANGE, taskInputs, taskRun } from '../support/task-run.ts';
import { closeTenants, expectEachOnce, HOUR, startTenant } from '../support/whole-run.ts';

afterAll(closeTenants);

const FOREVER = Number.POSITIVE_INFINITY;
const OTHER_ID = '00000000-0000-4000-8000-00000000beef';
const APP = { tenantid: TENANT_ID, serviceprincipalid: CLIENT_ID };
const CLOUD = { environment: 'AzureCloud' };
const FEDERATED: ConnectionSettings = {
  scheme: 'WorkloadIdentityFederation',
  parameters: APP,
  data: CLOUD,
};
const WITH_SECRET: ConnectionSettings = {
  scheme: 'ServicePrincipal',
  parameters: { ...APP, authenticationtype: 'spnKey', serviceprincipalkey: 'synthetic-client-secret' },
  data: CLOUD,
};
const IDENTITY: ConnectionSettings = {
  scheme: 'ManagedServiceIdentity',
  parameters: { tenantid: TENANT_ID },
  data: { ...CLOUD, msiclientid: CLIENT_ID },
};
const connected = (settings: ConnectionSettings) => ({ env: connectionEnv(CONNECTION_ID, settings) });

async function withCertificate(emulator: Emulator): Promise<ConnectionSettings> {
  const made = await generate([{ name: 'commonName', value: 'activity' }], { keyType: 'rsa', keySize: 2048 });
  emulator.configure.certificates.push(made.cert);
  const pem = `${made.private}\n${made.cert}`;
  return {
    scheme: 'ServicePrincipal',
    parameters: { ...APP, authenticationtype: 'spnCertificate', serviceprincipalcertificate: pem },
    data: CLOUD,
  };
}

describe('a service connection signs in', () => {
  it.concurrent('by federation, with an ID token of its own for each exchange', async () => {
    const emulator = await startTenant();
    const run = await taskRun(emulator);
    expect(run.outcome).toBe('Succeeded');
    expect(run.outputs).toMatchObject({ complete: 'true', activitiesIngested: '10' });
    expectEachOnce(emulator, RANGE);
    expect(signInRequests(emulator)).toEqual({ oidc: 2, entra: 2 });
    const [asked] = emulator.requestsTo('oidc');
    expect(asked).toMatchObject({
      method: 'POST',
      query: { 'api-version': '7.1', serviceConnectionId: CONNECTION_ID },
      headers: { 'x-tfs-fedauthredirect': 'Suppress' },
    });
    // The job's token, ID tokens and access tokens: known to the agent before anything is done with them.
    const secretsLike = (form: RegExp) => run.secrets.filter((secret) => form.test(secret)).length;
    expect([/^synthetic-job-/, /^eyJ/, /^synthetic\./].map(secretsLike)).toEqual([1, 2, 2]);
  });

  it.concurrent('whatever the case of its id and scheme', async () => {
    const emulator = await startTenant();
    const run = await taskRun(emulator, {
      inputs: { azureSubscription: CONNECTION_ID.toUpperCase() },
      ...connected({ ...FEDERATED, scheme: 'workloadidentityfederation' }),
    });
    expect(run.outputs.complete).toBe('true');
  });

  it.concurrent('where the address has to be made of other variables', async () => {
    const emulator = await startTenant();
    const run = await taskRun(emulator, {
      env: {
        SYSTEM_OIDCREQUESTURI: '',
        SYSTEM_COLLECTIONURI: `${emulator.url}/example`,
        SYSTEM_PLANID: '00000000-0000-4000-8000-0000000000e1',
        SYSTEM_JOBID: '00000000-0000-4000-8000-0000000000e2',
      },
    });
    expect(run.outputs.complete).toBe('true');
  });

  it.concurrent('by a secret, by none of the kind it could be', async () => {
    const emulator = await startTenant();
    const { authenticationtype: _, ...parameters } = WITH_SECRET.parameters;
    const run = await taskRun(emulator, connected({ ...WITH_SECRET, parameters }));
    expect(run.outputs.complete).toBe('true');
    expect(signInRequests(emulator)).toEqual({ entra: 2 });
    expect(run.secrets).toContain('synthetic-client-secret');
  });

  it.concurrent('by a certificate', async () => {
    const emulator = await startTenant();
    const run = await taskRun(emulator, connected(await withCertificate(emulator)));
    expect(run.outputs.complete).toBe('true');
    expect(signInRequests(emulator)).toEqual({ entra: 2 });
  });

  it.concurrent('by a managed identity', async () => {
    const emulator = await startTenant();
    emulator.configure.systemAssignedIdentity = false;
    const { env } = connected(IDENTITY);
    const run = await taskRun(emulator, { env: { ...env, ...emulator.imdsEnv } });
    expect(run.outputs.complete).toBe('true');
    expect(signInRequests(emulator)).toEqual({ imds: 2 });
  });

  it.concurrent('to a vault that holds the secret', async () => {
    const emulator = await startTenant();
    const {
      dcrEndpoint: _,
      authorityHost: __,
      powerBiUrl: ___,
      fabricUrl: ____,
      ...own
    } = taskInputs(emulator);
    const run = await runTask({
      inputs: {
        ...own,
        azureSubscription: CONNECTION_ID,
        dcrEndpoint: emulator.proxyInputs['dcr-endpoint'] ?? '',
        keyVaultUrl: 'https://activity-test.vault.azure.net/',
        keyVaultSecretName: 'activity-client-secret',
      },
      env: emulator.agentProxyEnv,
    });
    expect(run.outputs.complete).toBe('true');
    expect(signInRequests(emulator)).toEqual({ oidc: 1, entra: 3, vault: 1 });
    // By the agent's own proxy, which is not in the variables that libraries look at.
    expect(emulator.connects).toContain('dev.azure.com:443');
  });

  it.concurrent('beside a tenant and an app that are the same', async () => {
    const emulator = await startTenant();
    const inputs = { tenantId: TENANT_ID.toUpperCase(), clientId: CLIENT_ID };
    expect((await taskRun(emulator, { inputs })).outputs.complete).toBe('true');
  });
});

interface RefusedInput {
  readonly title: string;
  readonly inputs?: Record<string, string>;
  readonly connection?: ConnectionSettings;
  readonly says: RegExp;
  readonly saysNot?: RegExp;
}

const REFUSED: readonly RefusedInput[] = [
  {
    title: 'a scheme that it does not know',
    connection: { scheme: 'PublishProfile', parameters: APP },
    says: /azureSubscription: expected [^;]*federation[^;]*, got one of the scheme "PublishProfile"/,
    saysNot: /tenantId|clientId/,
  },
  {
    title: 'a service principal without a key',
    connection: { ...WITH_SECRET, parameters: APP },
    says: /azureSubscription: [^;]* without a key/,
  },
  {
    title: 'a connection that the job does not have',
    inputs: { azureSubscription: OTHER_ID },
    says: /azureSubscription: [^;]*does not know in this job/,
  },
  {
    title: 'another tenant beside it',
    inputs: { tenantId: OTHER_ID },
    says: /tenantId: expected nothing, or/,
  },
  { title: 'another app beside it', inputs: { clientId: OTHER_ID }, says: /clientId: expected nothing, or/ },
  {
    title: 'a second way to sign in',
    inputs: { clientSecret: 'synthetic-client-secret' },
    says: /azureSubscription and clientSecret: expected at most one way to sign in, got 2/,
  },
  {
    title: 'no way to sign in',
    inputs: { azureSubscription: '' },
    says: /azureSubscription: expected a service connection, or one of "clientSecret"/,
  },
  {
    title: 'a cloud that the connection is not of',
    connection: { ...FEDERATED, data: { environment: 'AzureUSGovernment' } },
    says: /cloud: expected "gcc-high" or "dod", as the service connection is of AzureUSGovernment, got "public"/,
  },
  {
    title: 'a secret connection for a vault',
    connection: WITH_SECRET,
    inputs: { keyVaultUrl: 'https://activity-test.vault.azure.net/', keyVaultSecretName: 'x' },
    says: /azureSubscription and keyVaultUrl: expected a connection without a secret/,
  },
  {
    title: 'a variable that is not defined',
    inputs: { dcrEndpoint: '$(dcrEndpoint)', stateFile: '$(file)', activity: '$(nothing)' },
    says: /dcrEndpoint: [^;]*"\$\(dcrEndpoint\)": this variable is not defined; .*activity: .*stateFile: /,
    saysNot: /got nothing/,
  },
];

describe('before anything is called the task refuses', () => {
  it.concurrent.each(REFUSED)('$title', async ({ inputs = {}, connection, says, saysNot }) => {
    const emulator = await startTenant();
    const more = connection === undefined ? {} : connected(connection);
    const run = await taskRun(emulator, { inputs, ...more });
    const { title, text } = onlyIssue(run);
    expect(title).toBe('Inputs refused');
    expect(text).toMatch(says);
    if (saysNot !== undefined) expect(text).not.toMatch(saysNot);
    expect(text).not.toMatch(/\b(?:tenant|client|state|dcr|key)-[a-z]/);
    expect(emulator.requests).toEqual([]);
  });
});

const HARMFUL = '##vso[task.setvariable variable=complete]true';

interface RefusedToken {
  readonly title: string;
  readonly fault?: Omit<Fault, 'service'>;
  readonly setUp?: (emulator: Emulator) => void;
  readonly env?: Record<string, string>;
  readonly error: string;
  readonly says: RegExp;
  readonly requests: number;
}

const TOKEN_REFUSED: readonly RefusedToken[] = [
  {
    title: 'a job token that is not accepted',
    env: { ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: 'synthetic-stale-token' },
    error: 'No Azure DevOps ID token',
    says: /HTTP 401/,
    requests: 1,
  },
  {
    title: 'no job token',
    env: { ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: '' },
    error: 'No Azure DevOps ID token',
    says: /SYSTEM_OIDCREQUESTURI and the job's access token/,
    requests: 0,
  },
  ...[
    { status: 200, body: {} },
    { html: true },
    { status: 203, body: '<html>' },
    { status: 302, headers: { location: 'https://example.test/' } },
  ].map((fault) => ({
    title: `an answer ${JSON.stringify(fault)}`,
    fault,
    error: 'No Azure DevOps ID token',
    says: /HTTP \d+.*new run/,
    requests: 1,
  })),
  {
    title: 'a connection that the stage does not name',
    setUp: ({ configure }) => {
      for (const connection of configure.serviceConnections) connection.isReferenced = false;
    },
    error: 'Service connection not open to this job',
    says: /HTTP 400, "There is no explicit reference to service connection .*"azureSubscription" of this very step/,
    requests: 1,
  },
  {
    title: 'a connection that is not there, in words that would be a command',
    fault: { status: 404, body: { $id: '1', message: `Gone.\r\n${HARMFUL}\u0000` } },
    error: 'Service connection not open to this job',
    says: /HTTP 404, "Gone\. ## vso\[task/,
    requests: 1,
  },
  {
    title: 'a request that is refused for another reason',
    fault: { status: 405, body: { message: 'no' } },
    error: 'Azure DevOps ID token request failed',
    says: /HTTP 405/,
    requests: 1,
  },
];

describe('the task says what to do about', () => {
  it.concurrent.each(TOKEN_REFUSED)('$title', async ({ fault, setUp, env = {}, error, says, requests }) => {
    const emulator = await startTenant();
    setUp?.(emulator);
    if (fault !== undefined) emulator.fault({ service: 'oidc', times: FOREVER, ...fault });
    const run = await taskRun(emulator, { env });
    const { title, text } = onlyIssue(run);
    expect(title).toBe(error);
    expect(text).toMatch(says);
    expect(run.outputs.complete).toBe('false');
    expect(emulator.requestsTo('oidc')).toHaveLength(requests);
    expect(emulator.requestsTo('entra')).toEqual([]);
  });

  it.concurrent('a federated credential that does not match, by the page of the connection', async () => {
    const emulator = await startTenant();
    for (const one of emulator.configure.federatedCredentials) one.subject = 'another';
    const run = await taskRun(emulator);
    const { title, text } = onlyIssue(run);
    expect(title).toBe('No federated credential matches');
    expect(text).toMatch(/AADSTS700213.*page of the service connection/);
    expect(run.summary).toMatch(
      /presented were:\n\n```text\nissuer: {3}https:\/\/\S+\nsubject: {2}\/eid1\/c\/pub\/t\/\S+\naudience: api:\/\/AzureADTokenExchange\n```\n/,
    );
    expect(signInRequests(emulator)).toEqual({ oidc: 3, entra: 3 });
  });

  it.concurrent('passing faults of Azure DevOps: nothing, it asks again', async () => {
    const emulator = await startTenant();
    emulator.fault({ service: 'oidc', status: 503 });
    emulator.fault({ service: 'oidc', reset: true });
    emulator.fault({ service: 'oidc', status: 429, headers: { 'retry-after': '1' } });
    expect((await taskRun(emulator)).outputs.complete).toBe('true');
  });
});

describe('what is printed', () => {
  it.concurrent('becomes no command, in log, outputs and summary, whatever a service says', async () => {
    const emulator = await startTenant();
    const body = { error: { code: HARMFUL, message: HARMFUL } };
    emulator.fault({ service: 'power-bi', status: 401, times: FOREVER, delayMs: 500, body });
    // As libraries do when DEBUG or AZURE_LOG_LEVEL is set.
    const print = `setTimeout(() => { console.log('out ${HARMFUL}'); console.error('err ${HARMFUL}'); }, 300);`;
    const run = await taskRun(emulator, {
      env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(print)}` },
      inputs: { fallback: 'false' },
    });
    expect(run.outputs.complete).toBe('false');
    expect(run.log).toMatch(/^out ## vso\[/m);
    expect(run.log).toMatch(/^err ## vso\[/m);
  });

  it.concurrent('keeps percent signs, brackets, semicolons and line breaks of outputs', async () => {
    const emulator = await startTenant();
    const run = await taskRun(emulator);
    expect(JSON.parse(run.outputs.batchSummary ?? '')).toMatchObject([
      { batch: 1, rows: 10, status: 'sent' },
    ]);
  });

  it.concurrent('is a chart of text for a day', async () => {
    const emulator = await startTenant();
    const now = Date.now();
    const run = await taskRun(emulator, {
      inputs: { startTime: new Date(now - 24 * HOUR).toISOString(), endTime: '' },
    });
    expect(run.summary).toMatch(
      /### New events by hour \(UTC\)\n\n```\n\d\d-\d\d \d\d:00 +\d+ *█*\n(?:(?: {6}|\d\d-\d\d )\d\d:00 +\d+ *█*\n){23,24}```/,
    );
    expect(run.summary).toContain('### Batches');
  });
});

describe('a run of the task', () => {
  it.concurrent('with a warning ends with issues, and the title stands first', async () => {
    const emulator = await startTenant({ eventsPerHour: 0 });
    const inputs = { startTime: '', endTime: '' };
    const run = await taskRun(emulator, { inputs });
    expect(run.outcome).toBe('SucceededWithIssues');
    expect(onlyIssue(run, 'warning').text).toMatch(/^No events: Not a single event/);
  });

  it.concurrent('leaves no file where a path is empty', async () => {
    const emulator = await startTenant();
    const run = await taskRun(emulator, { inputs: { stateFile: ' ', rejectedFile: '' } });
    expect(run.outputs.complete).toBe('true');
  });

  it.concurrent('takes variables of the pipeline', async () => {
    const emulator = await startTenant();
    const run = await taskRun(emulator, {
      inputs: { dcrEndpoint: '$(endpoint)' },
      variables: { Endpoint: emulator.url },
    });
    expect(run.outputs.complete).toBe('true');
  });

  it.concurrent('ends within 7 s when the agent cancels it, with its outputs and summary', async () => {
    const emulator = await startTenant();
    emulator.fault({ service: 'ingestion', skip: 1, silent: true, times: FOREVER });
    let cancelledAt = 0;
    let timer: NodeJS.Timeout | undefined;
    const run = await taskRun(emulator, {
      onCancel: (cancel) => {
        timer = setInterval(() => {
          if (emulator.requestsTo('ingestion').length < 2) return;
          clearInterval(timer);
          cancelledAt = performance.now();
          cancel();
        }, 10);
      },
    });
    expect(performance.now() - cancelledAt).toBeLessThan(7000);
    expect(run.outcome).toBe('Canceled');
    expect(onlyIssue(run).text).toMatch(/^Cancelled: the agent asked the step to end/);
  });

  it.concurrent('trusts the authorities that the agent was configured with', async () => {
    const emulator = await startTenant();
    const run = await taskRun(emulator, {
      env: { NODE_EXTRA_CA_CERTS: '', AGENT_CAINFO: emulator.caFile },
    });
    expect(run.outputs.complete).toBe('true');
  });

  it.concurrent('goes past the proxy for what the agent was told to leave aside', async () => {
    const emulator = await startTenant();
    const run = await taskRun(emulator, {
      env: { AGENT_PROXYURL: 'http://127.0.0.1:9', AGENT_PROXYBYPASSLIST: '["^https://LOCALHOST", "("]' },
    });
    expect(run.outputs.complete).toBe('true');
  });

  it.concurrent('hides the password of the proxy in all its forms', async () => {
    const emulator = await startTenant();
    const run = await taskRun(emulator, {
      env: {
        AGENT_PROXYURL: emulator.proxyUrl,
        AGENT_PROXYUSERNAME: 'someone',
        SECRET_AGENT_PROXYPASSWORD: 'p@ss w%rd',
        AGENT_PROXYBYPASSLIST: '["localhost"]',
      },
    });
    expect(run.secrets).toEqual(expect.arrayContaining(['p@ss w%rd', encodeURIComponent('p@ss w%rd')]));
  });

  it.concurrent('keeps nothing of inputs and secrets in its environment', async () => {
    const emulator = await startTenant();
    // Printed at the very end of the process, of names alone.
    const module = `process.on('exit', () => console.log('LEFT ' + Object.keys(process.env)
      .filter((name) => /^(INPUT_|ENDPOINT_AUTH_|SECRET_)/.test(name))));`;
    const run = await taskRun(emulator, {
      env: {
        NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(module)}`,
        SECRET_X: 'synthetic-secret-variable',
      },
    });
    expect(run.log).toMatch(/^LEFT $/m);
  });

  it.concurrent('on a Node under 24 fails at once, and names both variables', async () => {
    const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });`;
    const run = await runTask({
      inputs: {},
      env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(old)}` },
    });
    expect([run.code, run.outcome, run.outputs.complete]).toEqual([0, 'Failed', 'false']);
    expect(onlyIssue(run).text).toMatch(
      /^Node too old: expected Node 24 or later, got 20\.20\.2\. .*AGENT_USE_NODE24_WITH_HANDLER_DATA.*AGENT_USE_NODE24 /,
    );
  });

  it.concurrent('that breaks down ends as failed, with exit code 0', async () => {
    const emulator = await startTenant();
    const crash = `setTimeout(() => { throw new Error('${HARMFUL}') }, 300);`;
    emulator.fault({ service: 'entra', silent: true, times: FOREVER });
    const run = await runTask({
      inputs: { azureSubscription: CONNECTION_ID, ...taskInputs(emulator) },
      env: {
        ...emulator.agentEnv,
        NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(crash)}`,
      },
    });
    expect([run.code, run.outcome]).toEqual([0, 'Failed']);
    expect(onlyIssue(run).title).toBe('Unexpected error');
    expect(run.refused).toEqual([]);
  });
});

it('has a bundle without a line of the GitHub toolkit', async () => {
  const { readFileSync } = await import('node:fs');
  const { SOURCES_TASK } = await import('../../tools/fresh-bundle.ts');
  expect(existsSync(SOURCES_TASK)).toBe(true);
  expect(readFileSync(`${SOURCES_TASK}/index.js`, 'utf8')).not.toMatch(/@actions\/|octokit/i);
});
