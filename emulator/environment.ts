import type { Emulator } from './emulator.ts';
import { CLIENT_ID, type Settings } from './tenant/settings.ts';
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
  identityHeader: string;
}

type RunnerSettings = Pick<
  Emulator,
  | 'env'
  | 'proxyEnv'
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
  { requestToken, identityHeader }: RunnerSecrets,
  { dcrImmutableId, streamName, logAnalytics }: Settings,
): RunnerSettings {
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}${OIDC_PATH}`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
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
    imdsEnv: { AZURE_POD_IDENTITY_AUTHORITY_HOST: imdsUrl },
    appServiceEnv: { IDENTITY_ENDPOINT: `${imdsUrl}/msi/token`, IDENTITY_HEADER: identityHeader },
    inputs: { ...shared, 'dcr-endpoint': url, 'authority-host': url, 'power-bi-url': url, 'fabric-url': url },
    proofInputs: { 'workspace-id': logAnalytics.workspaceId, 'log-analytics-url': url },
    proxyProofInputs: { 'workspace-id': logAnalytics.workspaceId },
    proxyInputs: { ...shared, 'dcr-endpoint': 'https://activity-test.eastus-1.ingest.monitor.azure.com' },
  };
}
