/** Proxies that are set as people set them, and proxies that refuse. */
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { makeCertificate } from '../../emulator/wire/certificate.ts';
import { readProxies } from '../../src/hosts/proxy-settings.ts';
import type { WholeRun } from '../support/invariants.ts';
import { VAULT } from '../support/sign-in.ts';
import { openFolder } from '../support/steps.ts';
import {
  allIngested,
  asking,
  closeTenants,
  onlyError,
  startTenant,
  wholeHours,
  wholeRun,
} from '../support/whole-run.ts';

const RANGE = wholeHours(1);
const servers: Server[] = [];

afterAll(async () => {
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  await closeTenants();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

/** A CONNECT proxy: `answer` refuses a host with a status; everything else goes to `port` of this machine. */
async function openProxy(
  port: number,
  answer: (host: string, time: number) => number,
): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (request, client: Socket) => {
    const host = (request.url ?? '').replace(/:\d+$/, '');
    asked.push(host);
    const status = answer(host, asked.filter((one) => one === host).length);
    client.on('error', () => client.destroy());
    if (status !== 200) {
      // In two pieces, as a page of some kilobytes comes.
      client.write(`HTTP/1.1 ${status} No\r\ncontent-length: 2\r\n\r\n`);
      setTimeout(() => client.end('no'), 30);
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  return { port: await listening(server), asked };
}

describe('the proxy variables', () => {
  const DIRECT = { NO_PROXY: undefined };
  it('are given a scheme where they have none, and kept otherwise', () => {
    expect(
      readProxies({ ...DIRECT, HTTPS_PROXY: ' proxy.example.test:3128 ', http_proxy: 'https://p/' }),
    ).toEqual({
      settings: { HTTPS_PROXY: 'http://proxy.example.test:3128', http_proxy: 'https://p/' },
      faults: [],
    });
    expect(readProxies({ HTTPS_PROXY: '', ALL_PROXY: 'localhost:1' }).settings).toEqual({
      HTTPS_PROXY: undefined,
      ALL_PROXY: 'http://localhost:1',
    });
  });

  it.each([
    'socks5://user:synthetic@proxy.example.test:1080',
    'http://',
    'http://a b',
    '::',
    'http://svc:pa/ss-synthetic@proxy.example.test',
    'user:synthetic/w@proxy:3128',
    'http://user:100%synthetic@proxy.example.test:1',
  ])('that are no HTTP proxy are told, without the password: %s', (value) => {
    const { settings, faults } = readProxies({ https_proxy: value });
    expect(settings).toEqual({ https_proxy: undefined });
    expect(faults).toEqual([
      expect.stringMatching(/^https_proxy: expected the address of an HTTP proxy .*, got "/),
    ]);
    expect(faults[0]).not.toContain('synthetic');
  });

  it('of blanks are none', () => {
    expect(readProxies({ HTTPS_PROXY: '  ' })).toEqual({ settings: { HTTPS_PROXY: undefined }, faults: [] });
  });

  it('that do not count are no fault', () => {
    expect(readProxies({ ALL_PROXY: 'socks5://p:1', NO_PROXY: '*' }).faults).toEqual([]);
    const { settings, faults } = readProxies({ HTTPS_PROXY: 'http://p:1', ALL_PROXY: 'socks5://p:2' });
    expect([settings, faults]).toEqual([{ HTTPS_PROXY: 'http://p:1', ALL_PROXY: undefined }, []]);
  });
});

describe('a run', () => {
  it.concurrent('goes through a proxy named without a scheme', async () => {
    const emulator = await startTenant();
    const env = { HTTPS_PROXY: emulator.proxyUrl.replace('http://', '') };
    const run = await wholeRun(emulator, { inputs: asking(RANGE), env });
    expect(run.outputs).toMatchObject(allIngested(5));
    expect(emulator.connects.length).toBeGreaterThan(0);
  });

  it.concurrent('ends with a clear error before a proxy of another kind, and calls nothing', async () => {
    const emulator = await startTenant();
    const env = { HTTPS_PROXY: 'socks5://user:synthetic-password@proxy.example.test:1080' };
    const run = await wholeRun(emulator, { inputs: asking(RANGE), env });
    expect(onlyError(run).message).toMatch(/HTTPS_PROXY: expected the address of an HTTP proxy .*socks5:/);
    expect(`${run.log}${run.summary}`).not.toContain('synthetic-password');
    expect(emulator.requests).toEqual([]);
  });

  const refusing = async (status: number, refused: string, times = Number.POSITIVE_INFINITY, inputs = {}) => {
    const emulator = await startTenant();
    const proxy = await openProxy(emulator.port, (host, time) =>
      host === refused && time <= times ? status : 200,
    );
    const url = `http://127.0.0.1:${proxy.port}`;
    const env = { HTTPS_PROXY: url, https_proxy: url };
    const run: WholeRun = await wholeRun(emulator, {
      real: true,
      inputs: { ...asking(RANGE), ...inputs },
      env,
    });
    return { emulator, run };
  };

  it.concurrent.each([403, 407])(
    'takes a CONNECT of the activity log answered with %i for what it is',
    async (status) => {
      const { emulator, run } = await refusing(status, 'api.powerbi.com');
      const { title, message } = onlyError(run);
      expect(title).toBe('Source not reached');
      expect(message).toContain(`HTTP ${status}`);
      expect(message).toMatch(/proxy/);
      expect(run.outputs).toMatchObject({ 'fallback-used': 'false', 'source-requests': '0' });
      expect(emulator.table).toEqual([]);
    },
  );

  it.concurrent('does not take a proxy that refuses for a missing role on the rule', async () => {
    const { run } = await refusing(403, 'activity-test.eastus-1.ingest.monitor.azure.com');
    const { title, message } = onlyError(run);
    expect(title).toBe('Destination not reached');
    expect(message).toMatch(/proxy/);
    expect(message).not.toContain('Monitoring Metrics Publisher');
  });

  it.concurrent('sends nothing twice where the proxy refuses an upload at first', async () => {
    const ingestion = 'activity-test.eastus-1.ingest.monitor.azure.com';
    const { emulator, run } = await refusing(503, ingestion, 2);
    expect(run.outputs).toMatchObject(allIngested(5));
    expect(emulator.rowCount).toBe(5);
  });

  it.concurrent.each([403, 404])('does not take a proxy that answers %i for the vault', async (status) => {
    const { run } = await refusing(status, 'activity-test.vault.azure.net', undefined, VAULT);
    const { title, message } = onlyError(run);
    expect(title).toBe('Key Vault not reached');
    expect(message).toMatch(/the proxy answered HTTP/);
  });

  it.concurrent('tries again what a proxy refuses for the moment', async () => {
    const { run } = await refusing(503, 'api.powerbi.com', 2);
    expect(run.outputs).toMatchObject(allIngested(5));
  });

  it.concurrent('keeps its failure issue through the proxy', async () => {
    const emulator = await startTenant();
    const api: string[] = [];
    const { key, cert } = await makeCertificate(['api.github.example.test']);
    const caFile = join(openFolder(), 'ca.pem');
    writeFileSync(caFile, `${emulator.ca}\n${cert}`);
    const github = await listening(
      createHttpsServer({ key, cert }, (request, response) => {
        api.push(`${request.method} ${request.url?.split('?')[0]}`);
        response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
        const viewer = '{"data":{"viewer":{"login":"github-actions[bot]"}}}';
        const posted = request.url === '/graphql' ? viewer : '{"number":1}';
        response.end(request.method === 'POST' ? posted : '[]');
      }),
    );
    const proxy = await openProxy(github, () => 200);
    emulator.configure.powerBiAllowed = false;
    const run = await wholeRun(emulator, {
      inputs: {
        ...asking(RANGE),
        source: 'power-bi',
        'failure-issue': 'true',
        'github-token': 'synthetic-token',
      },
      env: {
        NODE_EXTRA_CA_CERTS: caFile,
        GITHUB_API_URL: 'https://api.github.example.test',
        https_proxy: `http://127.0.0.1:${proxy.port}`,
        no_proxy: 'localhost',
        NO_PROXY: 'localhost',
      },
    });
    expect(run.warnings).toEqual([]);
    expect(api).toEqual([
      'POST /graphql',
      'GET /repos/octo/compliance/issues',
      'POST /repos/octo/compliance/issues',
    ]);
    expect(proxy.asked).toContain('api.github.example.test');
  });
});
