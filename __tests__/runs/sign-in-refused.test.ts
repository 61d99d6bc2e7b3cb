/** What a refused sign-in says, and that nothing is tried again that cannot succeed. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import {
  type Counts,
  SECRET,
  type Setting,
  signIn,
  signInRequests,
  userAssigned,
  VAULT,
  type Way,
  withCertificate,
} from '../support/sign-in.ts';
import { closeTenants, NO_ID_TOKEN, onlyError, startTenant } from '../support/whole-run.ts';

afterAll(closeTenants);

const UNKNOWN_ID = '00000000-0000-4000-8000-00000000dead';

/** Changes what the administrators have set up. */
function settings(change: (emulator: Emulator) => void): (emulator: Emulator) => Setting {
  return (emulator) => {
    change(emulator);
    return {};
  };
}

async function withUnregisteredCertificate(emulator: Emulator): Promise<Setting> {
  const setting = await withCertificate(emulator);
  emulator.configure.certificates = [];
  return setting;
}

interface Refusal extends Way {
  readonly title: string;
  readonly error: string;
  readonly says: RegExp;
  readonly requests: Counts;
}

/** The federated credential of the app, with another subject. */
const subjectOf = (subject: string) =>
  settings(({ configure }) => {
    configure.federatedCredentials = configure.federatedCredentials.map((one) => ({ ...one, subject }));
  });
const PRESENTED =
  /issuer "https:\/\/token\.actions\.githubusercontent\.com", subject "repo:example@1001\/activity@2002:ref:refs\/heads\/main", audience "api:\/\/AzureADTokenExchange"/;

const REFUSALS: readonly Refusal[] = [
  {
    title: 'a wrong secret',
    inputs: { 'client-secret': 'synthetic-wrong-secret' },
    error: 'Client secret refused',
    says: /AADSTS7000215.* Value, not its Secret ID/,
    requests: { entra: 1 },
  },
  {
    title: 'an expired secret',
    inputs: { 'client-secret': SECRET },
    setUp: settings(({ configure }) => {
      configure.secretExpired = true;
    }),
    error: 'Client secret expired',
    says: /AADSTS7000222.* new client secret/,
    requests: { entra: 1 },
  },
  {
    title: 'an unknown app',
    inputs: { 'client-id': UNKNOWN_ID },
    error: 'App not found in the tenant',
    says: /AADSTS700016.*"client-id".*"tenant-id"/,
    requests: { oidc: 1, entra: 1 },
  },
  {
    title: 'an unknown tenant, by its real authority',
    real: true,
    inputs: { 'tenant-id': UNKNOWN_ID },
    error: 'Tenant not found',
    says: /AADSTS90002.*"tenant-id".*"cloud"/,
    requests: { oidc: 1, entra: 1 },
  },
  {
    title: 'a resource that the tenant does not know',
    real: true,
    inputs: { 'dcr-endpoint': 'https://activity-test.chinanorth3-1.ingest.monitor.azure.cn' },
    error: 'Resource unknown in the tenant',
    says: /AADSTS500011.*https:\/\/monitor\.azure\.cn.*"cloud"/,
    requests: { oidc: 1, entra: 1 },
  },
  {
    title: 'a job without id-token permission',
    setUp: () => ({ env: NO_ID_TOKEN }),
    error: 'No GitHub ID token',
    says: /permissions: id-token: write/,
    requests: {},
  },
  {
    title: 'a request token that GitHub does not accept',
    setUp: () => ({ env: { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'synthetic-stale-request-token' } }),
    error: 'GitHub ID token request failed',
    says: /HTTP 401/,
    requests: { oidc: 1 },
  },
  {
    title: 'an unregistered certificate',
    setUp: withUnregisteredCertificate,
    error: 'Certificate refused',
    says: /AADSTS700027.*Certificates & secrets/,
    requests: { entra: 1 },
  },
  {
    title: 'an identity that the machine does not have',
    inputs: { 'managed-identity': 'true', 'client-id': UNKNOWN_ID },
    setUp: userAssigned,
    error: 'Managed identity not available',
    says: /HTTP 400.*self-hosted runner in Azure/,
    requests: { imds: 1 },
  },
  {
    title: 'a vault that is closed to the app',
    real: true,
    inputs: VAULT,
    setUp: settings(({ configure }) => {
      configure.vaultAllowed = false;
    }),
    error: 'Key Vault refused access',
    says: /HTTP 403.*"Key Vault Secrets User"/,
    requests: { oidc: 1, entra: 1, vault: 1 },
  },
  {
    title: 'a secret that the vault does not hold',
    real: true,
    inputs: { ...VAULT, 'key-vault-secret-name': 'another-name' },
    error: 'Key Vault secret not found',
    says: /HTTP 404.*"another-name".*"key-vault-secret-name"/,
    requests: { oidc: 1, entra: 1, vault: 1 },
  },
  {
    title: 'no federated credential for the subject, tried three times',
    setUp: subjectOf('repo:example/activity:ref:refs/heads/main'),
    error: 'No federated credential matches',
    says: new RegExp(`AADSTS700213.*${PRESENTED.source}`),
    requests: { oidc: 3, entra: 3 },
  },
  {
    title: 'a federated credential that differs by case, tried three times',
    setUp: subjectOf('repo:Example@1001/Activity@2002:ref:refs/heads/main'),
    error: 'No federated credential matches',
    says: new RegExp(`AADSTS7002138.*${PRESENTED.source}.*letter case`),
    requests: { oidc: 3, entra: 3 },
  },
];

describe('a refused sign-in', () => {
  it.concurrent.each(REFUSALS)('says what to do about $title', async (refusal) => {
    const emulator = await startTenant();
    const run = await signIn(emulator, refusal);
    const { title, message } = onlyError(run);
    expect(title).toBe(refusal.error);
    expect(message).toMatch(refusal.says);
    // Nothing is tried again that cannot succeed, and nothing else is asked.
    expect(signInRequests(emulator)).toEqual(refusal.requests);
    expect(emulator.requestsTo('power-bi').length + emulator.requestsTo('ingestion').length).toBe(0);
    const [first, last] = [emulator.requestsTo('entra').at(0), emulator.requestsTo('entra').at(-1)];
    expect((last?.at ?? 0) - (first?.at ?? 0)).toBeLessThanOrEqual(10_000);
  });
});
