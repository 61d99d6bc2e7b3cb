import type { Emulator } from './emulator.ts';
import { OIDC_TOKEN_PATH } from './services/oidctoken.ts';
import { CLIENT_ID, CONNECTION_ID, type Settings } from './tenant/settings.ts';
import { TENANT_ID } from './tenant/tenant.ts';

const OIDC_PATH = '/oidc/token?api-version=2.0';

interface Addresses {
  url: string;
  proxyUrl: string;
  imdsUrl: string;
  caFile: string;
}

interface RunnerSecrets {
  requestToken: string;
  jobToken: string;
  identityHeader: string;
}

type RunnerSettings = Pick<
  Emulator,
  | 'env'
  | 'proxyEnv'
  | 'agentEnv'
  | 'agentProxyEnv'
  | 'imdsEnv'
  | 'appServiceEnv'
  | 'inputs'
  | 'proxyInputs'
  | 'proofInputs'
  | 'proxyProofInputs'
>;

/** Environment variables and action inputs that lead a run to the emulator. */
export function runnerSettings(
  { url, proxyUrl, imdsUrl, caFile }: Addresses,
  { requestToken, jobToken, identityHeader }: RunnerSecrets,
  { dcrImmutableId, streamName, logAnalytics }: Settings,
): RunnerSettings {
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}${OIDC_PATH}`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    NODE_EXTRA_CA_CERTS: caFile,
  };
  const agentEnv = {
    SYSTEM_OIDCREQUESTURI: `${url}${OIDC_TOKEN_PATH}`,
    ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: jobToken,
    ...connectionEnv(CONNECTION_ID, {
      scheme: 'WorkloadIdentityFederation',
      parameters: { tenantid: TENANT_ID, serviceprincipalid: CLIENT_ID },
      data: { environment: 'AzureCloud' },
    }),
    NODE_EXTRA_CA_CERTS: caFile,
  };
  const oidcUrl = `https://pipelines.actions.githubusercontent.com${OIDC_PATH}`;
  const shared = {
    'tenant-id': TENANT_ID,
    'client-id': CLIENT_ID,
    'dcr-immutable-id': dcrImmutableId,
    'stream-name': streamName,
  };
  return {
    env,
    proxyEnv: {
      ...env,
      ACTIONS_ID_TOKEN_REQUEST_URL: oidcUrl,
      HTTPS_PROXY: proxyUrl,
      https_proxy: proxyUrl,
      NO_PROXY: '',
      no_proxy: '',
    },
    agentEnv,
    agentProxyEnv: {
      ...agentEnv,
      SYSTEM_OIDCREQUESTURI: `https://dev.azure.com${OIDC_TOKEN_PATH}`,
      AGENT_PROXYURL: proxyUrl,
    },
    imdsEnv: { AZURE_POD_IDENTITY_AUTHORITY_HOST: imdsUrl },
    appServiceEnv: { IDENTITY_ENDPOINT: `${imdsUrl}/msi/token`, IDENTITY_HEADER: identityHeader },
    inputs: { ...shared, 'dcr-endpoint': url, 'authority-host': url, 'power-bi-url': url, 'fabric-url': url },
    proofInputs: { 'workspace-id': logAnalytics.workspaceId, 'log-analytics-url': url },
    proxyProofInputs: { 'workspace-id': logAnalytics.workspaceId },
    proxyInputs: { ...shared, 'dcr-endpoint': 'https://activity-test.eastus-1.ingest.monitor.azure.com' },
  };
}

/** A service connection as it stands in a project. */
export interface ConnectionSettings {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** What an agent puts into the environment of a task for a service connection that one of its inputs names. */
export function connectionEnv(
  id: string,
  { scheme, parameters, data = {} }: ConnectionSettings,
): Record<string, string> {
  const named = (kind: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]) => [`ENDPOINT_${kind}_${id}_${name.toUpperCase()}`, value]);
  return {
    [`ENDPOINT_URL_${id}`]: 'https://management.azure.com/',
    [`ENDPOINT_AUTH_SCHEME_${id}`]: scheme,
    [`ENDPOINT_AUTH_${id}`]: JSON.stringify({ scheme, parameters }),
    [`ENDPOINT_DATA_${id}`]: JSON.stringify(data),
    ...Object.fromEntries([...named('AUTH_PARAMETER', parameters), ...named('DATA', data)]),
  };
}
