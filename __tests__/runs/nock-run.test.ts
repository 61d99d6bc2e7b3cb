/** Whole runs in this process, each request answered by nock: the letter of what goes over the wire. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { OUTPUTS } from '../support/contract-names.ts';
import { RUN_ID, type Told, tellAll } from '../support/host.ts';

// The pipeline looks for a proxy when it is loaded; what the machine has set must not matter here.
for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']) {
  delete process.env[name];
}
const { run } = await import('../../src/pipeline/run.ts');

const DAY = 86_400_000;
const TENANT = '00000000-0000-4000-8000-0000000000aa';
const RULE = `dcr-${'0'.repeat(32)}`;
const MIDNIGHT = Math.floor(Date.now() / DAY) * DAY - 2 * DAY;

const INPUTS: Readonly<Record<string, string>> = {
  'tenant-id': TENANT,
  'client-id': '00000000-0000-4000-8000-0000000000a1',
  'dcr-endpoint': 'activity-test.eastus-1.ingest.monitor.azure.com',
  'dcr-immutable-id': RULE,
  // From 23:10 to 00:40 the next day.
  'start-time': iso(MIDNIGHT - 50 * 60_000),
  'end-time': iso(MIDNIGHT + 40 * 60_000),
};

function runWith(inputs: Readonly<Record<string, string>> = {}): Promise<Told> {
  return tellAll(async (host) => (await run(host)).conclusions.faults.size === 0, { ...INPUTS, ...inputs });
}

beforeEach(() => {
  nock.disableNetConnect();
  nock('https://pipelines.actions.githubusercontent.com')
    .persist()
    .get('/oidc')
    .query({ 'api-version': '2.0', audience: 'api://AzureADTokenExchange' })
    .matchHeader('authorization', 'bearer synthetic-request-token')
    .reply(200, { value: 'synthetic.id.token' });
  nock('https://login.microsoftonline.com')
    .persist()
    .post(`/${TENANT}/oauth2/v2.0/token`, /client_assertion=synthetic\.id\.token/)
    .query(true)
    .reply(200, async (request: Request) => {
      const resource = /monitor/.test(await request.text()) ? 'monitor' : 'power-bi';
      return { token_type: 'Bearer', expires_in: 3599, access_token: `synthetic-${resource}-token` };
    });
});

afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

interface Upload {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Answers uploads, the probe among them, and keeps them. */
function acceptUploads(): Upload[] {
  const uploads: Upload[] = [];
  nock('https://activity-test.eastus-1.ingest.monitor.azure.com')
    .persist()
    .post(`/dataCollectionRules/${RULE}/streams/Custom-FabricUserActivity_CL`)
    .query({ 'api-version': '2023-01-01' })
    .matchHeader('authorization', 'Bearer synthetic-monitor-token')
    .reply(async (request: Request) => {
      const { url, headers } = request;
      uploads.push({ url, headers: Object.fromEntries(headers), body: await request.json() });
      return [204];
    });
  return uploads;
}

type Reply = readonly [number, string | object];

/** Answers the activity log, in the order of its addresses, and keeps these as they came. */
function serveActivity(answer: (uri: string) => Reply): string[] {
  const uris: string[] = [];
  nock('https://api.powerbi.com')
    .persist()
    .get('/v1.0/myorg/admin/activityevents')
    .query(true)
    .matchHeader('authorization', 'Bearer synthetic-power-bi-token')
    .reply(({ url }: Request) => {
      const uri = url.replace('https://api.powerbi.com', '');
      uris.push(uri);
      return answer(uri);
    });
  return uris;
}

function page(events: readonly object[], continuationToken: string | null = null): Reply {
  const continuationUri =
    continuationToken === null ? null : 'https://wabi-test-redirect.analysis.windows.net/';
  return [200, { activityEventEntities: events, continuationUri, continuationToken, lastResultSet: false }];
}

const EVENT = {
  Id: 'first',
  CreationTime: iso(MIDNIGHT - 60_000).slice(0, 19),
  Activity: 'ViewReport',
  UserId: 'ü@example.test',
};

describe('a good run', () => {
  it('asks hour by hour, within one UTC day, in quotes, to the last millisecond of the hour', async () => {
    acceptUploads();
    const uris = serveActivity(() => page([]));
    const told = await runWith({ concurrency: '1', 'user-id': "o'neil & sons@example.test" });
    expect(told.good).toBe(true);
    const path = '/v1.0/myorg/admin/activityevents';
    const filter = `&$filter=${encodeURIComponent("UserId eq 'o''neil & sons@example.test'")}`;
    const windows = [
      [MIDNIGHT - 50 * 60_000, MIDNIGHT - 1],
      [MIDNIGHT, MIDNIGHT + 40 * 60_000 - 1],
    ];
    expect(uris.map(unquoted)).toEqual(
      windows.map(([from = 0, to = 0]) =>
        unquoted(`${path}?startDateTime='${iso(from)}'&endDateTime='${iso(to)}'${filter}`),
      ),
    );
  });

  it.each([
    ['%2BRID%3A~abc%3D%3D%23RT%3A1', '%2BRID%3A~abc%3D%3D%23RT%3A1'],
    ['+RID:~abc==#RT:1', '%2BRID%3A~abc%3D%3D%23RT%3A1'],
  ])('follows the token %s on the configured host, encoded once', async (token, inUrl) => {
    acceptUploads();
    const uris = serveActivity((uri) => (uri.includes('continuationToken') ? page([]) : page([], token)));
    await runWith({ concurrency: '1', 'end-time': iso(MIDNIGHT) });
    expect(uris).toHaveLength(2);
    expect(unquoted(uris[1] ?? '')).toBe(`/v1.0/myorg/admin/activityevents?continuationToken='${inUrl}'`);
  });

  it('probes with an empty array, then uploads an array, gzipped, under an id that names the run', async () => {
    const uploads = acceptUploads();
    serveActivity((uri) => page(/startDateTime=(?:'|%27)[^&]*T23/.test(uri) ? [EVENT, EVENT] : []));
    const told = await runWith();
    expect(told.good).toBe(true);
    expect(uploads.map(({ body }) => body)).toEqual([
      [],
      [expect.objectContaining({ ActivityId: 'first', UserId: 'ü@example.test', SourceApi: 'power-bi' })],
    ]);
    const { headers = {}, url } = uploads[1] ?? {};
    expect(decodeURIComponent(url ?? '')).toMatch(/\?api-version=2023-01-01$/);
    expect(headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'content-encoding': 'gzip',
      'user-agent': `fabric-activity-to-log-analytics/1.0.0 (octo/compliance; run ${RUN_ID})`,
    });
    const requestId = String(headers['x-ms-client-request-id']);
    expect(requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(requestId.replaceAll('-', '').slice(0, 12), 16)).toBe(RUN_ID);
    expect(Object.keys(told.outputs).sort()).toEqual([...OUTPUTS].sort());
    expect(told.outputs).toMatchObject({
      'activities-collected': '2',
      'duplicates-skipped': '1',
      'activities-ingested': '1',
      complete: 'true',
    });
    expect(told.summary).toContain(`/octo/compliance/actions/runs/${RUN_ID}/attempts/1`);
  });
});

describe('a run that fails', () => {
  it('where the role is missing: one request to the rule, none to the activity log', async () => {
    nock('https://activity-test.eastus-1.ingest.monitor.azure.com')
      .post(`/dataCollectionRules/${RULE}/streams/Custom-FabricUserActivity_CL`, '[]')
      .query(true)
      .reply(403, {
        error: { code: 'OperationFailed', message: 'The token does not have access to ingest data.' },
      });
    const told = await runWith();
    expect(told.good).toBe(false);
    expect(told.errors).toHaveLength(1);
    expect(told.errors[0]).toMatch(/"Monitoring Metrics Publisher"/);
    expect(told.outputs.complete).toBe('false');
    expect(told.slept).toEqual([]);
  });

  it('where the source stays down: tried at least six times, with waits that grow and are spread', async () => {
    acceptUploads();
    const uris = serveActivity(() => [503, '']);
    const told = await runWith({ concurrency: '1', 'end-time': iso(MIDNIGHT) });
    expect(told.good).toBe(false);
    expect(told.errors).toHaveLength(1);
    expect(told.errors[0]).toMatch(/^Source not reached: .*HTTP 503/);
    expect(uris.length).toBeGreaterThanOrEqual(6);
    const [first = 0, ...more] = told.slept;
    expect(first).toBeLessThanOrEqual(1000);
    expect(Math.max(...more)).toBeGreaterThan(10 * first);
    expect(new Set(told.slept.map((ms) => ms % 1000)).size).toBeGreaterThan(1);
    expect(told.outputs).toMatchObject({
      'activities-collected': '0',
      'activities-failed': '0',
      complete: 'false',
    });
  });

  it('where the service throttles for most of an hour: waits just that long, and goes on', async () => {
    acceptUploads();
    let throttles = 1;
    serveActivity(() => {
      throttles -= 1;
      // As observed: without an `error` wrapper, and the time in the text when the header is lost.
      return throttles < 0
        ? page([EVENT])
        : [429, { message: 'Further requests will fail. Retry in 3392 seconds.' }];
    });
    const told = await runWith({ concurrency: '1', 'end-time': iso(MIDNIGHT) });
    expect(told.good).toBe(true);
    expect(told.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(3_391_000);
    expect(told.outputs['activities-ingested']).toBe('1');
  });
});

describe('workspace records', () => {
  const [good, bad] = ['00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-0000000000b2'];
  const fabric = () => nock('https://api.fabric.microsoft.com').persist();

  it('cannot be had where the list fails for good', async () => {
    acceptUploads();
    fabric().get('/v1/workspaces').reply(503);
    const told = await runWith({ source: 'workspaces' });
    expect(told.good).toBe(false);
    expect(told.errors).toHaveLength(1);
    expect(told.errors[0]).toMatch(/^Source not reached: .*HTTP 503.*network, proxy.*"fabric-url"/);
  });

  it('are sent for the others where one workspace fails for good', async () => {
    const uploads = acceptUploads();
    fabric()
      .get('/v1/workspaces')
      .reply(200, { value: [{ id: good }, { id: bad }] })
      .get(`/v1/workspaces/${bad}`)
      .reply(503)
      .get(`/v1/workspaces/${good}`)
      .reply(200, { id: good, displayName: 'Sales' });
    const told = await runWith({ source: 'workspaces' });
    expect(told.errors.filter((line) => line.startsWith('Unexpected'))).toEqual([]);
    expect(uploads.map(({ body }) => body)).toEqual([[], [expect.objectContaining({ WorkspaceId: good })]]);
    expect(told.summary).toContain(bad);
    expect(told.outputs).toMatchObject({
      source: 'workspaces',
      complete: 'false',
      'activities-ingested': '1',
    });
  });
});

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

/** Quotes, colons and `$` may stand in an address as they are or percent-encoded. */
function unquoted(uri: string): string {
  return uri.replaceAll('%27', "'").replaceAll('%24filter', '$filter');
}
