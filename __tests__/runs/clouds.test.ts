/** The national clouds, by their real host names through the proxy. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import {
  allIngested,
  asking,
  closeTenants,
  expectEachOnce,
  onlyError,
  startTenant,
  wholeHours,
  wholeRun,
} from '../support/whole-run.ts';

afterAll(closeTenants);

const RANGE = wholeHours(3);

interface National {
  readonly cloud: string;
  readonly region: string;
  readonly audience: string;
  readonly hosts: readonly string[];
}

const NATIONAL: readonly National[] = [
  {
    cloud: 'gcc',
    region: 'usgovvirginia-1.ingest.monitor.azure.us',
    audience: 'api://AzureADTokenExchange',
    hosts: ['login.microsoftonline.com', 'api.powerbigov.us'],
  },
  {
    cloud: 'gcc-high',
    region: 'usgovvirginia-1.ingest.monitor.azure.us',
    audience: 'api://AzureADTokenExchangeUSGov',
    hosts: ['login.microsoftonline.us', 'api.high.powerbigov.us'],
  },
  {
    cloud: 'dod',
    region: 'usgovvirginia-1.ingest.monitor.azure.us',
    audience: 'api://AzureADTokenExchangeUSGov',
    hosts: ['login.microsoftonline.us', 'api.mil.powerbigov.us'],
  },
  {
    cloud: 'china',
    region: 'chinanorth3-1.ingest.monitor.azure.cn',
    audience: 'api://AzureADTokenExchangeChina',
    hosts: ['login.partner.microsoftonline.cn', 'api.powerbi.cn'],
  },
];

describe.each(NATIONAL)('cloud: $cloud', ({ cloud, region, audience, hosts }) => {
  const endpoint = `activity-test.${region}`;
  const run = (emulator: Emulator) => {
    emulator.configure.federatedCredentials = emulator.configure.federatedCredentials.map((one) => ({
      ...one,
      audience,
    }));
    return wholeRun(emulator, { real: true, inputs: { ...asking(RANGE), cloud, 'dcr-endpoint': endpoint } });
  };

  it.concurrent('has its own hosts and tokens', async () => {
    const emulator = await startTenant();
    expect((await run(emulator)).outputs).toMatchObject(allIngested(15));
    expectEachOnce(emulator, RANGE);
    const asked = ['pipelines.actions.githubusercontent.com', endpoint, ...hosts].map(
      (host) => `${host}:443`,
    );
    expect(new Set(emulator.connects)).toEqual(new Set(asked));
  });

  it.concurrent('ends after power-bi, and says why', async () => {
    const emulator = await startTenant();
    emulator.configure.powerBiAllowed = false;
    const { message } = onlyError(await run(emulator));
    expect(message).toContain('power-bi: HTTP 401 PowerBINotAuthorizedException');
    expect(message).toContain(`no Fabric host is documented for cloud "${cloud}"`);
    expect(message).toContain('"Service principals can access read-only admin APIs"');
    expect(emulator.requestsTo('fabric')).toEqual([]);
  });
});
