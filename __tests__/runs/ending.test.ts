/** How a step ends when it is cancelled, asked for the impossible, or for nothing but a rehearsal. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import { hostUnderTest, written } from '../support/hosts.ts';
import { batchesOf, count, type WholeRun } from '../support/invariants.ts';
import {
  asking,
  cancelledRun,
  closeTenants,
  onlyError,
  startTenant,
  wholeHours,
  wholeRun,
} from '../support/whole-run.ts';

afterAll(closeTenants);

const FOREVER = Number.POSITIVE_INFINITY;
/** A runner kills a step 7.5 s after SIGINT, and 2.5 s after the SIGTERM that follows. */
const SOON = 8000;

function expectCancelled(run: WholeRun): void {
  const { title, message } = onlyError(run);
  expect(title).toBe('Cancelled');
  expect(message).toMatch(/run again for the same window/i);
}

function requests(
  emulator: Emulator,
  service: 'power-bi' | 'ingestion' | 'entra',
  howMany: number,
): () => boolean {
  return () => emulator.requestsTo(service).length >= howMany;
}

describe('a cancelled step', () => {
  it.concurrent.each(['SIGINT', 'SIGTERM'] as const)('ends soon while it collects: %s', async (signal) => {
    const emulator = await startTenant({ pageDelayMs: 300 });
    const ready = requests(emulator, 'power-bi', 8);
    const { run, endedAfterMs } = await cancelledRun(emulator, { signal, ready });
    expectCancelled(run);
    expect(endedAfterMs).toBeLessThan(SOON);
    expect(run.outputs.source).toBe('power-bi');
    expect(count(run, 'activities-collected')).toBeGreaterThan(0);
    expect(emulator.rowCount).toBe(count(run, 'activities-ingested'));
  });

  it.concurrent('lets an upload under way finish', async () => {
    const emulator = await startTenant({ uploadDelayMs: 2000 });
    const inputs = asking(wholeHours(2));
    const ready = requests(emulator, 'ingestion', 2);
    const { run, endedAfterMs } = await cancelledRun(emulator, { signal: 'SIGINT', ready, inputs });
    expectCancelled(run);
    expect(endedAfterMs).toBeLessThan(SOON);
    expect(emulator.rowCount).toBe(10);
    expect(run.outputs).toMatchObject({ 'activities-ingested': '10', 'activities-failed': '0' });
  });

  it.concurrent('gives up an upload without an answer, and counts its rows as failed', async () => {
    const emulator = await startTenant();
    emulator.fault({ service: 'ingestion', skip: 1, silent: true, times: FOREVER });
    const inputs = asking(wholeHours(2));
    const ready = requests(emulator, 'ingestion', 2);
    const { run, endedAfterMs } = await cancelledRun(emulator, { signal: 'SIGTERM', ready, inputs });
    expectCancelled(run);
    expect(endedAfterMs).toBeGreaterThan(4000);
    expect(endedAfterMs).toBeLessThan(SOON);
    expect(run.outputs).toMatchObject({ 'activities-failed': '10', 'batches-failed': '1' });
    expect(batchesOf(run).map(({ status }) => status)).toEqual(['failed']);
  });

  it.concurrent('does not wait for a throttle of most of an hour', async () => {
    const emulator = await startTenant();
    emulator.fault({
      service: 'power-bi',
      skip: 2,
      status: 429,
      headers: { 'retry-after': '3392' },
      times: FOREVER,
    });
    const ready = () => emulator.requestsTo('power-bi').some(({ status }) => status === 429);
    const inputs = { 'deadline-minutes': '330' };
    const { run, endedAfterMs } = await cancelledRun(emulator, { signal: 'SIGINT', ready, inputs });
    expectCancelled(run);
    expect(endedAfterMs).toBeLessThan(SOON);
    expect(run.log).toMatch(/throttles for 57 minutes, until 20/);
  });

  it.concurrent.each(['entra', 'power-bi'] as const)(
    'does not wait for a silent service: %s',
    async (service) => {
      const emulator = await startTenant();
      emulator.fault({ service, silent: true, times: FOREVER });
      const ready = requests(emulator, service, 1);
      const { run, endedAfterMs } = await cancelledRun(emulator, { signal: 'SIGTERM', ready });
      expectCancelled(run);
      expect(endedAfterMs).toBeLessThan(3000);
    },
  );
});

const WRONG: Record<string, string> = {
  'tenant-id': 'not a tenant',
  'client-id': '1234',
  'client-secret': 'synthetic-secret-that-nobody-may-read',
  'managed-identity': 'true',
  'key-vault-url': 'http://vault.example.test/',
  'key-vault-secret-name': 'under_score',
  cloud: 'moon',
  source: 'everything',
  fallback: 'perhaps',
  'workspace-ids': 'Sales',
  activity: 'View\u0007Report',
  'user-id': 'a\u001bb',
  'lookback-hours': '-1',
  'start-time': 'yesterday',
  'end-time': '2999-01-01T00:00:00Z',
  'dcr-endpoint': 'http://activity-test.eastus-1.ingest.monitor.azure.com',
  'dcr-immutable-id': '/subscriptions/1/dataCollectionRules/2',
  'stream-name': 'FabricUserActivity_CL',
  concurrency: '17',
  'dry-run': 'yes',
  'authority-host': 'http://login.example.test',
  'power-bi-url': 'ftp://power-bi.example.test',
  'fabric-url': 'fabric',
};

describe('wrong inputs', () => {
  it.concurrent('are all reported at once, before any request', async () => {
    const emulator = await startTenant();
    const run = await wholeRun(emulator, { inputs: WRONG });
    const { title, message } = onlyError(run);
    expect(title).toBe('Inputs refused');
    for (const name of Object.keys(WRONG))
      expect(message).toMatch(new RegExp(`\\b${written(name)}\\b[^;]*: expected [^;]+, got`));
    const points = run.summary.match(/^(?:> )?- .*$/gm) ?? [];
    for (const name of Object.keys(WRONG))
      expect(points.some((point) => new RegExp(`- .*\\b${written(name)}\\b.*: expected `).test(point))).toBe(
        true,
      );
    expect(`${message}${run.summary}`).not.toContain('nobody-may-read');
    expect(emulator.requests).toEqual([]);
    expect(run.outputs).toMatchObject({
      'window-start': '',
      'activities-collected': '0',
      'batch-summary': '[]',
    });
  });

  it.concurrent('are those that are missing, too', async () => {
    const emulator = await startTenant();
    const inputs = { 'tenant-id': '', 'client-id': ' ', 'dcr-endpoint': '', 'dcr-immutable-id': '' };
    const run = await wholeRun(emulator, { inputs });
    const { message } = onlyError(run);
    // A service connection knows the first two.
    const known = hostUnderTest() === 'github' ? [] : ['tenant-id', 'client-id'];
    for (const name of Object.keys(inputs).filter((one) => !known.includes(one)))
      expect(message).toMatch(new RegExp(`${written(name)}: expected [^;]+, got nothing`));
    expect(emulator.requests).toEqual([]);
  });

  it.concurrent.each(['fabric', 'workspaces'])(
    'are sources without a documented host: %s',
    async (source) => {
      const emulator = await startTenant();
      const run = await wholeRun(emulator, { real: true, inputs: { cloud: 'gcc', source } });
      expect(onlyError(run).message).toMatch(
        new RegExp(`source: expected "${written('fabric-url')}".*cloud "gcc"`),
      );
      expect(emulator.requests).toEqual([]);
    },
  );
});

describe('a dry run', () => {
  it.concurrent('does everything but upload', async () => {
    const emulator = await startTenant();
    const inputs = { ...asking(wholeHours(3)), 'dry-run': 'true' };
    const run = await wholeRun(emulator, { inputs });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({
      source: 'power-bi',
      complete: 'true',
      'activities-collected': '15',
      'activities-ingested': '0',
      'activities-failed': '0',
      'batches-sent': '0',
      'bytes-sent': '0',
    });
    expect(batchesOf(run).map(({ rows, status }) => `${rows} ${status}`)).toEqual(['15 dry-run']);
    expect(emulator.requestsTo('ingestion').map(({ bodyBytes }) => bodyBytes)).toEqual([2]);
    expect(emulator.rowCount).toBe(0);
    expect(run.summary).toMatch(/^## ✅ Dry run: 15 activity events collected, nothing uploaded/);
  });

  it.concurrent('ends red where the real one would', async () => {
    const emulator = await startTenant();
    emulator.configure.roleGranted = false;
    const run = await wholeRun(emulator, { inputs: { 'dry-run': 'true' } });
    expect(onlyError(run).title).toMatch(/^Destination refused/);
    expect(emulator.requestsTo('power-bi')).toEqual([]);
  });
});
