/** The query API: who may ask, what is refused and how, limits, cache, partial answers. */
import { describe, expect, it } from '@jest/globals';
import type { LogAnalyticsSettings } from '../../emulator/server.ts';
import { ACTIVITY_STREAM } from '../../emulator/tenant/activity-stream.ts';
import { answerIn, codesOf, LOG_ANALYTICS, QUERY_PATH, query, rowsOf } from '../support/raw-queries.ts';
import {
  ask,
  bearer,
  closeEmulatorsAtEnd,
  emulator,
  MONITOR,
  NOW,
  type Sent,
} from '../support/raw-requests.ts';
import { signIn } from '../support/raw-sign-in.ts';
import { upload } from '../support/raw-uploads.ts';

closeEmulatorsAtEnd();

const TABLE = 'FabricUserActivity_CL';
const COUNT = `${TABLE} | count`;
const always = { times: Number.POSITIVE_INFINITY };
const row = (ActivityId: string, hour = 8, more: object = {}) => ({
  TimeGenerated: `2026-11-20T${String(hour).padStart(2, '0')}:10:00Z`,
  CreationTime: `2026-11-20T${String(hour).padStart(2, '0')}:10:00Z`,
  ActivityId,
  RecordType: '20',
  ...more,
});

async function tenant(settings: Partial<LogAnalyticsSettings> = {}, now = () => NOW) {
  const target = await emulator({ stream: ACTIVITY_STREAM, now });
  Object.assign(target.configure.logAnalytics, settings);
  return target;
}

describe('an answer', () => {
  it('has one table, in the shape of the documents', async () => {
    const target = await tenant();
    const posted = [row('a', 8, { IsSuccess: true, AdditionalFields: { Deep: [1, 'x'] } }), row('b', 9)];
    expect((await upload(target, JSON.stringify(posted))).status).toBe(204);
    const text = `${TABLE} | project ActivityId, CreationTime, IsSuccess, AdditionalFields, UserId, N = 2`;
    const reply = await query(target, text);
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    expect(reply.headers.age).toBeUndefined();
    expect(answerIn(reply)).toEqual({
      tables: [
        {
          name: 'PrimaryResult',
          columns: [
            { name: 'ActivityId', type: 'string' },
            { name: 'CreationTime', type: 'datetime' },
            { name: 'IsSuccess', type: 'bool' },
            { name: 'AdditionalFields', type: 'dynamic' },
            { name: 'UserId', type: 'string' },
            { name: 'N', type: 'long' },
          ],
          rows: [
            ['a', '2026-11-20T08:10:00.0000000Z', true, '{"Deep":[1,"x"]}', '', 2],
            ['b', '2026-11-20T09:10:00.0000000Z', null, '', '', 2],
          ],
        },
      ],
    });
    const [logged] = target.requestsTo('log-analytics');
    expect(logged).toMatchObject({ queryText: text, status: 200, rows: 2, path: QUERY_PATH });
    expect(logged?.headers['cache-control']).toBe('no-cache');
  });

  it('tells the workspace by TenantId, and the table by Type', async () => {
    const target = await tenant();
    target.addRows([row('a')]);
    expect(await rowsOf(target, `${TABLE} | project TenantId, Type, _TimeReceived`)).toEqual([
      [target.configure.logAnalytics.workspaceId, TABLE, '2026-11-20T12:34:56.0000000Z'],
    ]);
  });

  it('holds what was preferred', async () => {
    const target = await tenant();
    const wanted =
      'wait=300, include-statistics=true,include-render=true,include-permissions=true,include-dataSources=true';
    const reply = await query(target, COUNT, { headers: { prefer: wanted } });
    expect(reply.headers['preference-applied']).toBe('wait=300');
    expect(answerIn(reply)).toMatchObject({
      statistics: { query: { executionTime: expect.any(Number) } },
      render: { visualization: null },
      permissions: { resources: [] },
      dataSources: [{ tables: expect.arrayContaining([TABLE]) }],
    });
    expect(Object.keys(answerIn(await query(target, COUNT)))).toEqual(['tables']);
  });

  it('is 204 for a workspace that never had data', async () => {
    const target = await tenant({ everHadData: false });
    expect(await query(target, COUNT)).toMatchObject({ status: 204, text: '' });
    target.addRows([row('a')]);
    expect(await rowsOf(target, COUNT)).toEqual([[1]]);
  });

  it('comes to a GET, too', async () => {
    const target = await tenant();
    const headers = bearer(target, LOG_ANALYTICS);
    const path = `${QUERY_PATH}?query=${encodeURIComponent('print x = 1')}`;
    expect(answerIn(await ask(target, path, { headers })).tables[0]?.rows).toEqual([[1]]);
    expect(target.requestsTo('log-analytics')[0]?.queryText).toBe('print x = 1');
  });
});

describe('the caller', () => {
  const clouds: [string, string, string][] = [
    ['api.loganalytics.azure.com', LOG_ANALYTICS, 'login.microsoftonline.com'],
    ['api.loganalytics.io', LOG_ANALYTICS, 'login.microsoftonline.com'],
    ['api.loganalytics.us', 'https://api.loganalytics.us', 'login.microsoftonline.us'],
    ['api.loganalytics.us', 'https://api.loganalytics.us', 'login.microsoftonline.com'],
    ['api.loganalytics.azure.cn', 'https://api.loganalytics.azure.cn', 'login.partner.microsoftonline.cn'],
  ];
  it.each(clouds)('is served by %s with a token for %s from %s', async (host, resource, authority) => {
    const target = await tenant();
    const form = { client_secret: target.configure.clientSecret, scope: `${resource}/.default` };
    const { text } = await signIn(target, form, { host: authority });
    const { access_token } = JSON.parse(text) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}` };
    expect((await query(target, COUNT, { host, headers })).status).toBe(200);
  });

  it('gets no token of another cloud', async () => {
    const target = await tenant();
    const form = { client_secret: target.configure.clientSecret, scope: `${LOG_ANALYTICS}/.default` };
    expect((await signIn(target, form, { host: 'login.partner.microsoftonline.cn' })).status).toBe(400);
  });

  const refused: [string, Partial<LogAnalyticsSettings>, Sent, number, string[]][] = [
    ['a garbled token', {}, { headers: { authorization: 'Bearer no' } }, 403, ['InvalidAuthenticationToken']],
    ['no role', { readAccess: 'no-role' }, {}, 403, ['InsufficientAccessError']],
    [
      'an app without rights',
      { readAccess: 'unauthorized-client' },
      {},
      403,
      ['InsufficientAccessError', 'UnauthorizedClient'],
    ],
    [
      'a network that is kept out',
      { readAccess: 'network-denied' },
      {},
      403,
      ['InsufficientAccessError', 'NspValidationFailedError'],
    ],
    [
      'another workspace',
      { workspaceId: '00000000-0000-4000-8000-0000000000d9' },
      {},
      404,
      ['ResourceNotFoundError'],
    ],
    ['a wrong verb', {}, { method: 'PUT' }, 404, ['PathNotFoundError']],
  ];
  it.each(refused)('is refused: %s', async (_, settings, sent, status, codes) => {
    const reply = await query(await tenant(settings), COUNT, sent);
    expect([reply.status, codesOf(reply)]).toEqual([status, codes]);
  });

  it('needs a token, of the right audience, that has not expired', async () => {
    let now = NOW;
    const target = await tenant({}, () => now);
    const body = JSON.stringify({ query: COUNT });
    const none = await ask(target, QUERY_PATH, { method: 'POST', body });
    expect([none.status, codesOf(none)]).toEqual([401, ['AuthenticationFailed']]);
    const foreign = await query(target, COUNT, { headers: bearer(target, MONITOR) });
    expect([foreign.status, codesOf(foreign)]).toEqual([403, ['InvalidAuthenticationTokenAudience']]);
    const headers = bearer(target, LOG_ANALYTICS);
    now += 3_600_000;
    expect((await query(target, COUNT, { headers })).status).toBe(403);
  });
});

describe('the request', () => {
  it.each<[string, Sent]>([
    ['a body', { body: '' }],
    ['a content type', { headers: { 'content-type': 'text/plain' } }],
  ])('is answered by nothing at all without %s', async (_, sent) => {
    expect(await query(await tenant(), COUNT, sent)).toMatchObject({ status: 200, text: '' });
  });

  const bad: [string, string, string[], string][] = [
    [
      'Nope | summarize count()',
      "'summarize' operator: ",
      ['SemanticError', 'SEM0100'],
      'table or column expression named',
    ],
    [
      `${TABLE} | where Nope == 1`,
      "'where' operator: ",
      ['SemanticError', 'SEM0100'],
      'scalar expression named',
    ],
    [`${TABLE} | where`, '', ['SyntaxError', 'SYN0002'], 'could not be parsed'],
  ];
  it.each(bad)('is refused: %s', async (text, operator, codes, words) => {
    const reply = await query(await tenant(), text);
    expect([reply.status, codesOf(reply)]).toEqual([400, ['BadArgumentError', ...codes]]);
    expect(reply.text).toContain(words);
    expect(reply.text).toContain(operator);
    expect(JSON.parse(reply.text)).toMatchObject({
      error: { message: 'The request had some invalid properties', correlationId: expect.any(String) },
    });
  });

  it.each(['{', '{"query":5}', '{"query":""}', '[]'])('is refused: %s', async (body) => {
    const reply = await query(await tenant(), '', { body });
    expect([reply.status, codesOf(reply)[0]]).toEqual([400, 'BadArgumentError']);
  });

  it('may narrow the time, in the body and in the address', async () => {
    const target = await tenant();
    target.addRows([row('a', 8), row('b', 9), row('c', 10)]);
    const count = async (timespan: string, path = QUERY_PATH) =>
      ask(target, path, {
        method: 'POST',
        body: JSON.stringify({ query: COUNT, timespan }),
        headers: { 'content-type': 'application/json', ...bearer(target, LOG_ANALYTICS) },
      });
    const rows = async (...given: Parameters<typeof count>) =>
      answerIn(await count(...given)).tables[0]?.rows;
    expect(await rows('2026-11-20T09:00:00Z/2026-11-20T10:00:00Z')).toEqual([[1]]);
    expect(await rows('2026-11-20T09:00:00Z/PT2H')).toEqual([[2]]);
    expect(await rows('PT2H/2026-11-20T10:00:00Z')).toEqual([[2]]);
    expect(await rows('PT3H')).toEqual([[1]]);
    expect(await rows('P1D')).toEqual([[3]]);
    const path = `${QUERY_PATH}?timespan=2026-11-20T08:00:00Z/2026-11-20T09:30:00Z`;
    expect(await rows('PT4H', path)).toEqual([[1]]);
    expect((await count('yesterday')).status).toBe(400);
  });

  it('may name further workspaces only where they exist', async () => {
    const target = await tenant();
    const body = (workspaces: string[]) => JSON.stringify({ query: COUNT, workspaces });
    expect(
      (await query(target, COUNT, { body: body([target.configure.logAnalytics.workspaceId]) })).status,
    ).toBe(200);
    expect((await query(target, COUNT, { body: body(['elsewhere']) })).status).toBe(404);
  });
});

describe('limits', () => {
  it('throttle by 30 seconds', async () => {
    let now = NOW;
    const target = await tenant({ queriesIn30Seconds: 2 }, () => now);
    await query(target, COUNT);
    now += 10_000;
    expect((await query(target, COUNT)).status).toBe(200);
    const reply = await query(target, COUNT);
    expect([reply.status, reply.headers['retry-after'], codesOf(reply)]).toEqual([
      429,
      '20',
      ['ThrottledError'],
    ]);
    now += 20_000;
    expect((await query(target, COUNT)).status).toBe(200);
  });

  it.each([
    ['rows', { maxRows: 2 }, 'set limit of 2 rows'],
    ['bytes', { maxBytes: 12 }, 'set limit of 12 bytes'],
  ])('of %s give some of the rows and an error', async (_, settings, words) => {
    const target = await tenant(settings);
    target.addRows([row('a'), row('b'), row('c')]);
    const answer = answerIn(await query(target, `${TABLE} | project ActivityId`));
    expect(answer.tables[0]?.rows).toEqual([['a'], ['b']]);
    expect(answer.error).toMatchObject({
      code: 'PartialError',
      details: [{ code: 'EngineError', innererror: { severity: 2, severityName: 'Error' } }],
    });
    expect(JSON.stringify(answer.error)).toContain(words);
  });

  it('of time end in 504, later where the request waits longer', async () => {
    const target = await tenant({ queryTimeMs: 200_000 });
    const reply = await query(target, COUNT);
    expect([reply.status, codesOf(reply)]).toEqual([504, ['GatewayTimeout', 'GatewayTimeout']]);
    expect((await query(target, COUNT, { headers: { prefer: 'wait=300' } })).status).toBe(200);
    target.configure.logAnalytics.queryTimeMs = 601_000;
    expect((await query(target, COUNT, { headers: { prefer: 'wait=9999' } })).status).toBe(504);
  });
});

describe('the cache', () => {
  it('gives old answers for two minutes to those who do not ask for new ones', async () => {
    let now = NOW;
    const target = await tenant({}, () => now);
    const cached = (cacheControl: string) =>
      query(target, COUNT, { headers: { 'cache-control': cacheControl } });
    expect(answerIn(await cached('')).tables[0]?.rows).toEqual([[0]]);
    target.addRows([row('a')]);
    now += 13_000;
    const old = await cached('');
    expect([old.headers.age, answerIn(old).tables[0]?.rows]).toEqual(['13', [[0]]]);
    expect(answerIn(await cached('no-store')).tables[0]?.rows).toEqual([[1]]);
    expect((await cached('max-age=30')).headers.age).toBe('13');
    expect((await cached('max-age=10')).headers.age).toBeUndefined();
    now += 121_000;
    expect((await cached('')).headers.age).toBeUndefined();
  });

  it('can be made to answer against the will of the request', async () => {
    const target = await tenant();
    expect(await rowsOf(target, COUNT)).toEqual([[0]]);
    target.addRows([row('a')]);
    target.fault({ service: 'log-analytics', age: 60 });
    const old = await query(target, COUNT);
    expect([old.headers.age, answerIn(old).tables[0]?.rows]).toEqual(['60', [[0]]]);
    expect(await rowsOf(target, COUNT)).toEqual([[1]]);
  });
});

describe('faults', () => {
  it('make answers partial, or warn', async () => {
    const target = await tenant();
    target.addRows([row('a'), row('b'), row('c')]);
    target.fault({ service: 'log-analytics', partial: { rows: 1 } });
    target.fault({ service: 'log-analytics', partial: { rows: 3, severity: 3 } });
    const some = answerIn(await query(target, TABLE));
    expect([some.tables[0]?.rows.length, some.error?.code]).toEqual([1, 'PartialError']);
    const warned = answerIn(await query(target, TABLE));
    expect(warned.tables[0]?.rows).toHaveLength(3);
    expect(warned.error).toMatchObject({
      details: [{ innererror: { severity: 3, severityName: 'Warning' } }],
    });
    expect(answerIn(await query(target, TABLE)).error).toBeUndefined();
  });

  it('strike by what is asked, and leave a trace of it', async () => {
    const target = await tenant();
    target.fault({
      ...{ service: 'log-analytics', ...always, status: 502, body: '<html>Bad Gateway</html>' },
      match: ({ body }) => body.includes('// proof:hours'),
    });
    target.fault({ service: 'log-analytics', reset: true });
    await expect(query(target, COUNT)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await query(target, `// proof:hours 1\n${COUNT}`)).status).toBe(502);
    expect((await query(target, COUNT)).status).toBe(200);
    const asked = target.requestsTo('log-analytics').map(({ queryText }) => queryText);
    expect(asked).toEqual([COUNT, `// proof:hours 1\n${COUNT}`, COUNT]);
  });

  it('hide rows as if none were there: for one answer, from a role, or altogether', async () => {
    const target = await tenant();
    target.addRows([row('a'), row('b')]);
    target.fault({ service: 'log-analytics', readAccess: 'protected' });
    target.fault({ service: 'log-analytics', readAccess: 'no-role' });
    expect(await rowsOf(target, COUNT)).toEqual([[0]]);
    expect((await query(target, COUNT)).status).toBe(403);
    expect(await rowsOf(target, COUNT)).toEqual([[2]]);
    const { logAnalytics } = target.configure;
    logAnalytics.mayRead = ({ ActivityId }) => ActivityId !== 'a';
    expect(await rowsOf(target, `${TABLE} | project ActivityId`)).toEqual([['b']]);
    logAnalytics.readAccess = 'protected';
    expect(await rowsOf(target, TABLE)).toEqual([]);
    logAnalytics.readAccess = 'table-denied';
    expect(codesOf(await query(target, COUNT)).at(-1)).toBe('SEM0100');
  });
});

it('a run is led here by its inputs', async () => {
  const target = await tenant();
  const { workspaceId } = target.configure.logAnalytics;
  expect(target.proofInputs).toEqual({ 'workspace-id': workspaceId, 'log-analytics-url': target.url });
  expect(target.proxyProofInputs).toEqual({ 'workspace-id': workspaceId });
  expect((await ask(target, QUERY_PATH, { host: 'api.loganalytics.azure.com' })).status).toBe(401);
  expect(target.requestsTo('log-analytics')).toHaveLength(1);
});
