/** Every way to sign in, from the first request to the row in the table. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator, Fault } from '../../emulator/server.ts';
import {
  type Counts,
  RANGE,
  SECRET,
  type Setting,
  signIn,
  signInRequests,
  systemAssigned,
  userAssigned,
  VAULT,
  type Way,
  withCertificate,
} from '../support/sign-in.ts';
import { allIngested, closeTenants, expectEachOnce, NO_ID_TOKEN, startTenant } from '../support/whole-run.ts';

afterAll(closeTenants);

const POWER_BI = 'https://analysis.windows.net/powerbi/api';
const MONITOR = 'https://monitor.azure.com';
const AGENT = 'fabric-activity-to-log-analytics/1.0.0 (octo/compliance; run 7654321)';
const KEY_VAULT = 'https://vault.azure.net';

interface GoodWay extends Way {
  readonly title: string;
  readonly requests: Counts;
  readonly tokens?: Readonly<Record<string, number>>;
}

/** As pasted into a field of one line. */
async function withOneLineCertificate(emulator: Emulator): Promise<Setting> {
  const { inputs = {}, env = {} } = await withCertificate(emulator);
  const pem = inputs['client-certificate'] ?? '';
  return { inputs: { 'client-certificate': pem.trim().replaceAll(/\r?\n/g, '\\n') }, env };
}

const BOTH = { [POWER_BI]: 1, [MONITOR]: 1 };

const WAYS: readonly GoodWay[] = [
  { title: 'GitHub OIDC', requests: { oidc: 2, entra: 2 } },
  {
    title: 'a tenant by its domain name',
    inputs: { 'tenant-id': 'tenant.example.test' },
    requests: { oidc: 2, entra: 2 },
  },
  { title: 'a secret', inputs: { 'client-secret': SECRET }, requests: { entra: 2 } },
  { title: 'a certificate', setUp: withCertificate, requests: { entra: 2 } },
  { title: 'a certificate in one line', real: true, setUp: withOneLineCertificate, requests: { entra: 2 } },
  {
    title: 'a user-assigned managed identity',
    inputs: { 'managed-identity': 'true' },
    setUp: userAssigned,
    requests: { imds: 2 },
  },
  {
    title: 'the system-assigned managed identity, past the proxy',
    real: true,
    inputs: { 'managed-identity': 'true', 'client-id': '' },
    setUp: systemAssigned,
    requests: { imds: 2 },
  },
  {
    title: 'a managed identity in App Service',
    inputs: { 'managed-identity': 'true', 'client-id': '' },
    setUp: ({ appServiceEnv }) => ({ env: { ...NO_ID_TOKEN, ...appServiceEnv } }),
    requests: { imds: 2 },
  },
  {
    title: 'a vault that OIDC opens',
    real: true,
    inputs: VAULT,
    requests: { oidc: 1, entra: 3, vault: 1 },
    tokens: { ...BOTH, [KEY_VAULT]: 1 },
  },
  {
    title: 'a vault that a certificate opens',
    real: true,
    inputs: VAULT,
    setUp: withCertificate,
    requests: { entra: 3, vault: 1 },
    tokens: { ...BOTH, [KEY_VAULT]: 1 },
  },
  {
    title: 'a vault that the system-assigned identity opens',
    real: true,
    inputs: { ...VAULT, 'managed-identity': 'true' },
    setUp: systemAssigned,
    requests: { imds: 1, entra: 2, vault: 1 },
    tokens: { ...BOTH, [KEY_VAULT]: 1 },
  },
];

describe('signing in', () => {
  it.concurrent.each(WAYS)('works by $title', async (way) => {
    const emulator = await startTenant();
    const run = await signIn(emulator, way);
    expect(run.outputs).toMatchObject(allIngested(10));
    expectEachOnce(emulator, RANGE);
    expect(signInRequests(emulator)).toEqual(way.requests);
    expect(emulator.tokensIssued).toEqual(way.tokens ?? BOTH);
    // Each token is known to the runner before it is used.
    const issued = Object.values(emulator.tokensIssued).reduce((sum, tokens) => sum + tokens, 0);
    expect(run.log.match(/^::add-mask::synthetic\.\S+$/gm)).toHaveLength(issued);
  });
});

const UNMATCHED = { error: 'invalid_client', error_codes: [700213] };

const PASSING: readonly {
  readonly title: string;
  readonly real?: true;
  readonly inputs?: Record<string, string>;
  readonly setUp?: typeof userAssigned;
  readonly faults: readonly Fault[];
  readonly alsoHolds?: (emulator: Emulator) => void;
}[] = [
  {
    title: 'Entra answers 503, resets, answers HTML and is throttled',
    faults: [
      { service: 'entra', status: 503 },
      { service: 'entra', reset: true },
      { service: 'entra', html: true },
      { service: 'entra', status: 400, body: { error: 'temporarily_unavailable', error_codes: [90055] } },
    ],
  },
  {
    title: "GitHub's token service answers 503, resets and answers HTML",
    faults: [
      { service: 'oidc', status: 503 },
      { service: 'oidc', reset: true },
      { service: 'oidc', html: true },
    ],
  },
  {
    title: 'a new federated credential is found at the third try',
    faults: [{ service: 'entra', status: 401, body: UNMATCHED, times: 2 }],
  },
  {
    title: 'the metadata service answers 503, 404 and resets, for the second token too',
    inputs: { 'managed-identity': 'true' },
    setUp: userAssigned,
    faults: [
      { service: 'imds', status: 503, times: 2 },
      { service: 'imds', skip: 1, status: 404 },
      { service: 'imds', skip: 1, reset: true },
      { service: 'imds', skip: 1, status: 429 },
      { service: 'imds', skip: 1, html: true },
    ],
  },
  {
    title: 'the metadata service gives no token',
    inputs: { 'managed-identity': 'true' },
    setUp: userAssigned,
    faults: [{ service: 'imds', status: 200, body: {} }],
  },
  {
    title: 'the vault answers 503, resets, throttles and answers HTML',
    real: true,
    inputs: VAULT,
    faults: [
      { service: 'vault', status: 503 },
      { service: 'vault', reset: true },
      { service: 'vault', status: 429, headers: { 'retry-after': '4' } },
      { service: 'vault', html: true },
    ],
    alsoHolds: ({ requestsTo }) => {
      const asked = requestsTo('vault');
      const throttled = asked.findIndex(({ status }) => status === 429);
      const waited = (asked[throttled + 1]?.at ?? 0) - (asked[throttled]?.finishedAt ?? 0);
      expect(waited).toBeGreaterThanOrEqual(3900);
      // Its requests go the way of all others, past the proxy for the hosts of NO_PROXY.
      expect(new Set(asked.map(({ headers }) => headers['user-agent']))).toEqual(new Set([AGENT]));
    },
  },
];

describe('a sign-in goes on', () => {
  it.concurrent.each(PASSING)('when $title', async ({ faults, alsoHolds, ...way }) => {
    const emulator = await startTenant();
    for (const fault of faults) emulator.fault(fault);
    const run = await signIn(emulator, way);
    expect(run.outputs).toMatchObject(allIngested(10));
    expectEachOnce(emulator, RANGE);
    alsoHolds?.(emulator);
  });
});
