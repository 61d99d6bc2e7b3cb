/** The emulator is the judge of the action, so its own strictness is proved here, by raw requests. */
import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import {
  type ActivityEvent,
  type Emulator,
  type EmulatorOptions,
  type StreamDeclaration,
  startEmulator,
} from '../../emulator/server.ts';
import { eventsOfHour } from '../../emulator/tenant/events.ts';
import { signJwt } from '../../emulator/wire/jwt.ts';
import { countRows } from '../../emulator/wire/row-count.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-20T12:34:56Z');
const POWER_BI = 'https://analysis.windows.net/powerbi/api';
const MONITOR = 'https://monitor.azure.com';
const FABRIC = 'https://api.fabric.microsoft.com';
const VAULT = 'https://vault.azure.net';
const TENANT = '00000000-0000-4000-8000-0000000000aa';
const CLIENT = '00000000-0000-4000-8000-0000000000a1';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const TOKEN_PATH = `/${TENANT}/oauth2/v2.0/token`;
const LOG_PATH = '/v1.0/myorg/admin/activityevents';
const RULE = 'dcr-00000000000000000000000000000000';
const STREAM = 'Custom-FabricUserActivity_CL';
const UPLOAD_PATH = `/dataCollectionRules/${RULE}/streams/${STREAM}?api-version=2023-01-01`;

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** The real host name to speak to. */
  host?: string;
}

interface Page {
  activityEventEntities: ActivityEvent[];
  continuationUri: string | null;
  continuationToken: string | null;
  lastResultSet: boolean;
}

const started: Emulator[] = [];

async function emulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const one = await startEmulator({ now: () => NOW, ...options });
  started.push(one);
  return one;
}

afterAll(async () => {
  await Promise.all(started.map((one) => one.close()));
  expect(started.filter((one) => existsSync(one.caFile))).toEqual([]);
});

function ask(
  target: Emulator,
  path: string,
  { method = 'GET', headers = {}, body, host }: Sent = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const named = host === undefined ? {} : { host: '127.0.0.1', servername: host };
    const hostHeader: Record<string, string> = host === undefined ? {} : { host };
    const options = { ca: target.ca, port: target.port, path, method, agent: false, ...named };
    const sent = httpsRequest({ ...options, headers: { ...hostHeader, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function bearer(target: Emulator, resource: string): Record<string, string> {
  return { authorization: `Bearer ${target.accessToken(resource)}` };
}

function signIn(
  target: Emulator,
  form: Record<string, string>,
  sent: Sent & { path?: string } = {},
): Promise<Reply> {
  const base = { grant_type: 'client_credentials', client_id: CLIENT, scope: `${POWER_BI}/.default` };
  const body = new URLSearchParams({ ...base, ...form }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const content = sent.method === 'GET' ? {} : { body };
  return ask(target, sent.path ?? TOKEN_PATH, { method: 'POST', headers, ...content, ...sent });
}

function withIdToken(target: Emulator, token = target.idToken()): Promise<Reply> {
  return signIn(target, { client_assertion_type: ASSERTION_TYPE, client_assertion: token });
}

function codeOf({ text }: Reply): unknown {
  return (JSON.parse(text) as { error_codes?: unknown[] }).error_codes?.[0];
}

function log(
  target: Emulator,
  query: string,
  headers = bearer(target, POWER_BI),
  host?: string,
): Promise<Reply> {
  return ask(target, `${LOG_PATH}?${query}`, host === undefined ? { headers } : { headers, host });
}

function window(start: string, end: string): string {
  return `startDateTime='${start}'&endDateTime='${end}'`;
}

async function pagesOf(target: Emulator, query: string): Promise<Page[]> {
  const pages: Page[] = [];
  for (let next = query; pages.length < 500; ) {
    const reply = await log(target, next);
    expect(reply.status).toBe(200);
    const page = JSON.parse(reply.text) as Page;
    pages.push(page);
    if (page.continuationToken === null) return pages;
    next = `continuationToken='${page.continuationToken}'`;
  }
  throw new Error('The pages do not end.');
}

function upload(
  target: Emulator,
  body: string | Buffer,
  sent: Sent & { path?: string } = {},
): Promise<Reply> {
  const headers = { 'content-type': 'application/json', ...bearer(target, MONITOR), ...sent.headers };
  return ask(target, sent.path ?? UPLOAD_PATH, { method: 'POST', body, ...sent, headers });
}

describe('synthetic events', () => {
  const events = eventsOfHour(NOW - (NOW % HOUR), 20_000, 7);

  it('are the same for the same arguments and others for another seed', () => {
    expect(JSON.stringify(eventsOfHour(NOW - (NOW % HOUR), 20_000, 7))).toBe(JSON.stringify(events));
    expect(eventsOfHour(NOW - (NOW % HOUR), 5, 8)[0]?.Id).not.toBe(events[0]?.Id);
  });

  it('look like those of a tenant', () => {
    const text = JSON.stringify(events);
    const bytes = Buffer.byteLength(text) / events.length;
    expect(bytes).toBeGreaterThan(900);
    expect(bytes).toBeLessThan(1300);
    expect(gzipSync(text).length / Buffer.byteLength(text)).toBeGreaterThan(0.1);
    expect(new Set(events.map(({ Id }) => Id)).size).toBe(events.length);
    expect(new Set(events.map(({ Operation }) => Operation)).size).toBeGreaterThanOrEqual(40);
    expect(
      events.every(({ Id }) =>
        /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(Id ?? ''),
      ),
    ).toBe(true);
    expect(text).not.toContain('null');
    expect(text).toContain('BrandNewProperty');
    expect(/[ぁ-ヿ一-鿿]/.test(text)).toBe(true);
    const times = events.map(({ CreationTime }) => CreationTime ?? '');
    expect(times.every((time) => /^2026-11-20T12:\d\d:\d\dZ?$/.test(time))).toBe(true);
    expect(new Set(times.map((time) => time.endsWith('Z'))).size).toBe(2);
    expect([...times].sort()).not.toEqual(times);
  });
});

describe('Entra', () => {
  it('takes a secret, and answers as documented', async () => {
    const target = await emulator();
    const reply = await signIn(target, { client_secret: target.configure.clientSecret });
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.text)).toMatchObject({ token_type: 'Bearer', expires_in: 3599 });
    const { access_token } = JSON.parse(reply.text) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}` };
    expect((await log(target, window('2026-11-20T00:00:00Z', '2026-11-20T00:30:00Z'), headers)).status).toBe(
      200,
    );
  });

  const secret = 'synthetic-client-secret';
  const refused: [string, Record<string, string>, Sent & { path?: string }, number, string, number][] = [
    ['a wrong secret', { client_secret: 'no' }, {}, 401, 'invalid_client', 7000215],
    ['no credential', {}, {}, 401, 'invalid_client', 7000218],
    [
      'an unknown tenant',
      {},
      { path: '/nobody.example.test/oauth2/v2.0/token' },
      400,
      'invalid_request',
      90002,
    ],
    ['an unknown app', { client_id: TENANT }, {}, 400, 'unauthorized_client', 700016],
    ['two scopes', { scope: `${POWER_BI}/.default openid` }, {}, 400, 'invalid_scope', 70011],
    ['a scope without .default', { scope: POWER_BI }, {}, 400, 'invalid_scope', 70011],
    ['an unknown resource', { scope: 'https://example.test/.default' }, {}, 400, 'invalid_resource', 500011],
    ['no scope', { scope: '' }, {}, 400, 'invalid_request', 900144],
    ['another grant', { grant_type: 'password' }, {}, 400, 'unsupported_grant_type', 70003],
    ['a GET', {}, { method: 'GET' }, 400, 'invalid_request', 900561],
    ['JSON', {}, { headers: { 'content-type': 'application/json' } }, 400, 'invalid_request', 900144],
    [
      'no JWT',
      { client_assertion: 'x', client_assertion_type: ASSERTION_TYPE },
      {},
      401,
      'invalid_client',
      50027,
    ],
    ['no assertion type', { client_assertion: 'x' }, {}, 400, 'invalid_request', 900144],
    [
      'a resource of another cloud',
      { client_secret: secret },
      { host: 'login.microsoftonline.us' },
      400,
      'invalid_resource',
      500011,
    ],
  ];
  it.each(refused)('refuses %s', async (_, form, sent, status, error, code) => {
    const target = await emulator();
    const reply = await signIn(target, form, sent);
    expect(reply.status).toBe(status);
    const body = JSON.parse(reply.text) as Record<string, unknown>;
    expect(body).toMatchObject({ error, error_codes: [code] });
    expect(body.error_description).toMatch(
      new RegExp(`^AADSTS${code}: [^]*\r\nTrace ID: [^]*\r\nTimestamp: `),
    );
    expect(Object.keys(body)).toEqual(
      expect.arrayContaining(['timestamp', 'trace_id', 'correlation_id', 'error_uri']),
    );
  });

  it('refuses an expired secret', async () => {
    const target = await emulator();
    target.configure.secretExpired = true;
    expect(codeOf(await signIn(target, { client_secret: secret }))).toBe(7000222);
  });

  it.each([MONITOR, `${MONITOR}/`])('takes the scope %s/.default', async (resource) => {
    const target = await emulator();
    const reply = await signIn(target, { client_secret: secret, scope: `${resource}/.default` });
    expect(reply.status).toBe(200);
    expect(target.tokensIssued).toEqual({ [MONITOR]: 1 });
  });

  it('gives libraries the discovery documents they ask for', async () => {
    const target = await emulator();
    const path = `/${TENANT}/v2.0/.well-known/openid-configuration`;
    const { text } = await ask(target, path, { host: 'login.microsoftonline.com' });
    expect(JSON.parse(text)).toMatchObject({
      token_endpoint: `https://login.microsoftonline.com${TOKEN_PATH}`,
    });
    expect((await ask(target, '/common/discovery/instance?api-version=1.1')).status).toBe(200);
  });

  it('exchanges an ID token once', async () => {
    const target = await emulator();
    const token = target.idToken();
    expect((await withIdToken(target, token)).status).toBe(200);
    expect(target.reusedAssertions).toBe(0);
    expect(codeOf(await withIdToken(target, token))).toBe(700024);
    expect(target.reusedAssertions).toBe(1);
  });

  const subject = 'repo:example@1001/activity@2002:ref:refs/heads/main';
  const issuer = 'https://token.actions.githubusercontent.com';
  const audience = 'api://AzureADTokenExchange';
  const mismatches: [string, { issuer: string; subject: string; audience: string }[], number][] = [
    ['none', [], 70021],
    ['another issuer', [{ issuer: `${issuer}/`, subject, audience }], 700211],
    ['another subject', [{ issuer, subject: 'repo:example/activity:pull_request', audience }], 700213],
    ['another case', [{ issuer, subject: subject.replace('example', 'Example'), audience }], 7002138],
    ['another audience', [{ issuer, subject, audience: 'api://other' }], 700212],
  ];
  it.each(mismatches)('compares federated credentials exactly: %s', async (_, credentials, code) => {
    const target = await emulator();
    target.configure.federatedCredentials = credentials;
    const reply = await withIdToken(target);
    expect([reply.status, codeOf(reply)]).toEqual([401, code]);
    if (code === 700213) expect(reply.text).toContain(`presented assertion subject '${subject}'`);
  });

  it('refuses an expired ID token and a forged one', async () => {
    let now = NOW;
    const target = await emulator({ now: () => now });
    const token = target.idToken();
    now += 301_000;
    expect(codeOf(await withIdToken(target, token))).toBe(700024);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const claims = { iss: issuer, sub: subject, aud: audience, exp: now / 1000 + 100 };
    expect(codeOf(await withIdToken(target, signJwt({}, claims, privateKey)))).toBe(50027);
  });

  it('checks a certificate assertion', async () => {
    const target = await emulator();
    const pair = await generate([{ name: 'commonName', value: 'app' }], { algorithm: 'sha256' });
    const key = createPrivateKey(pair.private);
    const thumbprint = createHash('sha256').update(new X509Certificate(pair.cert).raw).digest('base64url');
    const aud = `${target.url}${TOKEN_PATH}`;
    const seconds = Math.floor(Date.now() / 1000);
    const claims = { iss: CLIENT, sub: CLIENT, aud, nbf: seconds, exp: seconds + 300 };
    const present = (changed: object, header: object = { 'x5t#S256': thumbprint }) => {
      const client_assertion = signJwt(header, { ...claims, ...changed }, key);
      return signIn(target, { client_assertion_type: ASSERTION_TYPE, client_assertion });
    };
    expect(codeOf(await present({}))).toBe(700027);
    target.configure.certificates.push(pair.cert);
    expect((await present({})).status).toBe(200);
    expect((await present({})).status).toBe(200);
    expect(codeOf(await present({ aud: `${target.url}/other` }))).toBe(700023);
    expect(codeOf(await present({ sub: TENANT }))).toBe(700021);
    expect(codeOf(await present({ exp: seconds - 1 }))).toBe(700024);
    expect(codeOf(await present({}, { x5t: 'unknown' }))).toBe(700027);
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const forged = signJwt({ 'x5t#S256': thumbprint }, claims, other);
    expect(codeOf(await withIdToken(target, forged))).toBe(700027);
  });
});

describe('GitHub OIDC', () => {
  it('issues five-minute tokens to the bearer of the request token', async () => {
    const target = await emulator();
    const path = `${new URL(target.env.ACTIONS_ID_TOKEN_REQUEST_URL ?? '').pathname}?api-version=2.0`;
    const headers = { authorization: `bearer ${target.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` };
    const { text } = await ask(target, `${path}&audience=api://AzureADTokenExchange`, { headers });
    const { value } = JSON.parse(text) as { value: string };
    const claims = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      number
    >;
    expect(claims).toMatchObject({ iss: target.configure.oidcIssuer, aud: 'api://AzureADTokenExchange' });
    expect([(claims.exp ?? 0) - (claims.iat ?? 0), (claims.iat ?? 0) - (claims.nbf ?? 0)]).toEqual([
      300, 600,
    ]);
    expect((await withIdToken(target, value)).status).toBe(200);
    expect((await ask(target, path, { headers })).status).toBe(400);
    expect(
      (await ask(target, `${path}&audience=a`, { headers: { authorization: 'bearer no' } })).status,
    ).toBe(401);
  });
});

describe('managed identity', () => {
  function get(url: string, headers: Record<string, string>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(url, { headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  it('speaks as a virtual machine and as App Service', async () => {
    const target = await emulator();
    const query = `api-version=2018-02-01&resource=${MONITOR}`;
    const imds = `${target.imdsUrl}/metadata/identity/oauth2/token?${query}`;
    const reply = await get(imds, { metadata: 'true' });
    expect(JSON.parse(reply.text)).toMatchObject({
      expires_in: '3599',
      token_type: 'Bearer',
      resource: MONITOR,
    });
    expect((await get(imds, {})).status).toBe(400);
    expect((await get(`${imds}&client_id=${TENANT}`, { metadata: 'true' })).status).toBe(400);
    const { IDENTITY_ENDPOINT = '', IDENTITY_HEADER = '' } = target.appServiceEnv;
    const app = `${IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=${POWER_BI}`;
    expect((await get(app, { 'x-identity-header': IDENTITY_HEADER })).status).toBe(200);
    expect((await get(app, {})).status).toBe(401);
  });
});

describe('the activity log', () => {
  const hour = window('2026-11-20T07:00:00.000Z', '2026-11-20T07:59:59.999Z');
  const literal = (target: string, value: string) => ({
    error: {
      code: 'BadRequest',
      message: 'Bad Request',
      details: [{ message: `Expected literal type token but found token '${value}'.`, target }],
    },
  });

  const range: [string, string][] = [
    ['over midnight', window('2026-11-19T23:00:00Z', '2026-11-20T00:00:00Z')],
    ['ending before it starts', window('2026-11-20T02:00:00Z', '2026-11-20T01:00:00Z')],
    ['28 days and a second ago', window('2026-10-23T12:34:55Z', '2026-10-23T13:00:00Z')],
    ['in another zone', window('2026-11-20T02:00:00%2B00:00', '2026-11-20T03:00:00%2B00:00')],
    ['of dates only', window('2026-11-20', '2026-11-20')],
  ];
  it.each(range)('refuses a window %s with 400 and nothing else', async (_, query) => {
    const reply = await log(await emulator(), query);
    expect([reply.status, reply.text]).toEqual([400, '']);
    expect(reply.headers['content-type']).toBe('application/octet-stream');
  });

  it.each([
    ['with fraction and Z', window('2026-11-20T02:00:00.000Z', '2026-11-20T02:59:59.999Z')],
    ['without Z', window('2026-11-20T02:00:00', '2026-11-20T02:59:59')],
    ['with encoded quotes', window('2026-11-20T02:00:00Z', '2026-11-20T02:59:59Z').replaceAll("'", '%27')],
    ['28 days old to the second', window('2026-10-23T12:34:56Z', '2026-10-23T13:00:00Z')],
  ])('takes a window %s', async (_, query) => {
    expect((await log(await emulator(), query)).status).toBe(200);
  });

  it('demands quotes', async () => {
    const target = await emulator();
    const dates = await log(target, 'startDateTime=2026-11-20T02:00:00Z&endDateTime=2026-11-20T03:00:00Z');
    expect(dates.status).toBe(400);
    expect(JSON.parse(dates.text)).toEqual(literal('startDateTime', '2026-11-20T02:00:00Z'));
    const token = await log(target, 'continuationToken=abc');
    expect(JSON.parse(token.text)).toEqual(literal('continuationToken', 'abc'));
  });

  it('wants either a token or both dates', async () => {
    const target = await emulator({ eventsPerHour: 3, pageSize: 2, emptyPages: false });
    const { continuationToken } = JSON.parse((await log(target, hour)).text) as Page;
    const token = `continuationToken='${continuationToken}'`;
    expect((await log(target, token)).status).toBe(200);
    expect((await log(target, `${token}&${hour}`)).status).toBe(400);
    expect((await log(target, "startDateTime='2026-11-20T02:00:00Z'")).status).toBe(400);
    expect((await log(target, '')).status).toBe(400);
  });

  it('takes a token encoded exactly once', async () => {
    const target = await emulator({ eventsPerHour: 2, pageSize: 1, emptyPages: false });
    // Hours divisible by three have tokens of the older form, which begin with a plus sign.
    for (const start of ['06', '07']) {
      const query = window(`2026-11-20T${start}:00:00Z`, `2026-11-20T${start}:59:59Z`);
      const token = (JSON.parse((await log(target, query)).text) as Page).continuationToken ?? '';
      expect(decodeURIComponent(token)).not.toBe(token);
      expect((await log(target, `continuationToken='${token}'`)).status).toBe(200);
      const again = encodeURIComponent(decodeURIComponent(token));
      expect((await log(target, `continuationToken=%27${again}%27`)).status).toBe(200);
      expect((await log(target, `continuationToken='${encodeURIComponent(token)}'`)).status).toBe(400);
      expect((await log(target, `continuationToken='${token.slice(0, -9)}A${token.slice(-8)}'`)).status).toBe(
        400,
      );
    }
  });

  it('pages a day by the hour, with empty pages, and ends without lastResultSet', async () => {
    const target = await emulator({ eventsPerHour: 25, pageSize: 10 });
    const pages = await pagesOf(target, window('2026-11-19T00:00:00Z', '2026-11-19T23:59:59.999Z'));
    const events = pages.flatMap((page) => page.activityEventEntities);
    const start = Date.parse('2026-11-19T00:00:00Z');
    expect(events).toEqual(target.eventsIn(start, start + 24 * HOUR));
    expect(events.length).toBe(600);
    for (const page of pages) {
      expect(page.activityEventEntities.length).toBeLessThanOrEqual(10);
      expect(
        new Set(page.activityEventEntities.map((event) => event.CreationTime?.slice(0, 13))).size,
      ).toBeLessThan(2);
      expect(page.lastResultSet).toBe(false);
    }
    const hidden = pages.slice(0, -1).filter((page) => page.activityEventEntities.length === 0);
    expect(hidden.length).toBeGreaterThan(0);
    expect(pages.at(-1)).toMatchObject({ continuationUri: null, continuationToken: null });
    expect(pages[0]?.continuationUri).toMatch(/^https:\/\/wabi-test-redirect\.analysis\.windows\.net\//);
  });

  it('costs a request an hour even when nothing happened', async () => {
    const target = await emulator({ emptyPages: false });
    expect(await pagesOf(target, window('2026-11-19T00:00:00Z', '2026-11-19T23:59:59Z'))).toHaveLength(24);
    expect(await pagesOf(target, window('2026-11-19T03:00:00Z', '2026-11-19T04:05:00Z'))).toHaveLength(2);
  });

  it('filters by activity and user, also on later pages', async () => {
    const target = await emulator({ eventsPerHour: 2000, pageSize: 50 });
    const start = Date.parse('2026-11-20T07:00:00Z');
    const viewed = target.eventsIn(start, start + HOUR).filter(({ Activity }) => Activity === 'ViewReport');
    const filter = (condition: string) => `${hour}&$filter=${encodeURIComponent(condition)}`;
    const pages = await pagesOf(target, filter("Activity eq 'viewreport'"));
    expect(pages.flatMap((page) => page.activityEventEntities)).toEqual(viewed);
    expect(pages[0]?.continuationUri).toMatch(/'&\$filter=Activity eq 'viewreport'$/);
    const user = String(viewed[0]?.UserId);
    const both = await pagesOf(target, filter(`Activity eq 'ViewReport' and UserId eq '${user}'`));
    const found = both.flatMap((page) => page.activityEventEntities);
    expect(found).toEqual(viewed.filter(({ UserId }) => UserId === user));
    expect((await log(target, filter("UserId eq 'o''hara@example.test'"))).status).toBe(200);
  });

  it.each([
    "Activity eq 'a' or Activity eq 'b'",
    "Activity ne 'a'",
    'Activity eq a',
    "Workload eq 'PowerBI'",
    "Activity eq 'a' and Activity eq 'b'",
    "UserId eq 'o'hara'",
    "Activity eq 'a'and UserId eq 'b'",
    "Activity eq 'a' and",
    '',
  ])('refuses the filter %s', async (condition) => {
    const reply = await log(await emulator(), `${hour}&$filter=${encodeURIComponent(condition)}`);
    expect(reply.status).toBe(400);
  });

  it('wants a token of its own resource', async () => {
    const target = await emulator();
    expect((await log(target, hour, {})).status).toBe(401);
    expect((await log(target, hour, { authorization: 'Bearer no' })).status).toBe(403);
    expect((await log(target, hour, bearer(target, MONITOR))).status).toBe(403);
    const gcc = bearer(target, 'https://analysis.usgovcloudapi.net/powerbi/api');
    expect((await log(target, hour, gcc)).status).toBe(200);
    expect((await log(target, hour, gcc, 'api.powerbigov.us')).status).toBe(200);
    expect((await log(target, hour, gcc, 'api.powerbi.com')).status).toBe(403);
  });

  it('refuses a service principal that is not allowed', async () => {
    const target = await emulator();
    target.configure.powerBiAllowed = false;
    const reply = await log(target, hour);
    expect(reply.status).toBe(401);
    const code = 'PowerBINotAuthorizedException';
    const inner = { code, parameters: {}, details: [], exceptionCulprit: 1 };
    expect(JSON.parse(reply.text)).toEqual({ error: { code, 'pbi.error': inner } });
  });

  it('tells an expired token from a wrong one', async () => {
    let now = NOW;
    const target = await emulator({ now: () => now, tokenLifetimeSeconds: 60 });
    const headers = bearer(target, POWER_BI);
    now += 60_000;
    const reply = await log(target, hour, headers);
    expect(reply.status).toBe(403);
    expect(JSON.parse(reply.text)).toMatchObject({ error: { code: 'TokenExpired' } });
  });

  it('throttles by a rolling hour', async () => {
    let now = NOW;
    const target = await emulator({ now: () => now, budget: 2 });
    expect((await log(target, hour)).status).toBe(200);
    now += 600_000;
    expect((await log(target, hour)).status).toBe(200);
    const reply = await log(target, hour);
    expect([reply.status, reply.headers['retry-after']]).toEqual([429, '3000']);
    const { message, ...rest } = JSON.parse(reply.text) as { message: string };
    expect(message).toMatch(/^You have exceeded the amount of requests .* Retry in 3000 seconds\.$/);
    expect(rest).toEqual({});
    now += 3_000_000;
    expect((await log(target, hour)).status).toBe(200);
    expect((await log(target, hour)).status).toBe(429);
  });

  it('shows late events from their time on, and keeps pages true meanwhile', async () => {
    let now = NOW;
    const target = await emulator({ now: () => now, eventsPerHour: 4, pageSize: 2, emptyPages: false });
    const first = JSON.parse((await log(target, hour)).text) as Page;
    target.addEvents([{ Id: 'late', CreationTime: '2026-11-20T07:10:00' }], NOW + 1000);
    target.addEvents([{ Note: 'no id, no time' }], undefined, Date.parse('2026-11-20T07:20:00Z'));
    const start = Date.parse('2026-11-20T07:00:00Z');
    expect(target.eventsIn(start, start + HOUR)).toHaveLength(5);
    now += 1000;
    expect(target.eventsIn(start, start + HOUR)).toHaveLength(6);
    const rest = await pagesOf(target, `continuationToken='${first.continuationToken}'`);
    expect(rest.flatMap((page) => page.activityEventEntities).some(({ Id }) => Id === 'late')).toBe(false);
    expect((await pagesOf(target, hour)).flatMap((page) => page.activityEventEntities)).toHaveLength(6);
  });

  it('shows nothing of the future', async () => {
    const target = await emulator({ eventsPerHour: 500 });
    const pages = await pagesOf(target, window('2026-11-20T12:00:00Z', '2026-11-20T23:59:59Z'));
    const events = pages.flatMap((page) => page.activityEventEntities);
    expect(events.length).toBeGreaterThan(200);
    expect(events.every(({ CreationTime = '' }) => CreationTime.slice(0, 19) <= '2026-11-20T12:34:56')).toBe(
      true,
    );
  });
});

describe('Fabric', () => {
  it('has no activities, unless told so', async () => {
    const target = await emulator({ eventsPerHour: 4, pageSize: 3, emptyPages: false });
    const path = '/v1/admin/activities?startDateTime=2026-11-19T22:00:00Z&endDateTime=2026-11-20T00:59:59Z';
    const headers = bearer(target, FABRIC);
    const reply = await ask(target, path, { headers });
    expect(reply.status).toBe(404);
    expect(JSON.parse(reply.text)).toMatchObject({ errorCode: 'EntityNotFound', isRetriable: false });
    target.configure.fabricActivities = 'served';
    const first = JSON.parse((await ask(target, path, { headers })).text) as Page;
    expect(first.activityEventEntities).toHaveLength(3);
    const next = await ask(target, `${path}&continuationToken=${first.continuationToken}`, { headers });
    expect((JSON.parse(next.text) as Page).activityEventEntities).toHaveLength(1);
    target.configure.fabricActivities = 'forbidden';
    expect((await ask(target, path, { headers })).status).toBe(403);
  });

  it('pages workspaces, some of which cannot be read', async () => {
    const target = await emulator();
    const headers = bearer(target, FABRIC);
    const ids: string[] = [];
    let last: Record<string, unknown> = {};
    for (let path = '/v1/workspaces'; path !== ''; ) {
      last = JSON.parse((await ask(target, path, { headers })).text) as Record<string, unknown>;
      ids.push(...(last.value as { id: string }[]).map(({ id }) => id));
      path =
        typeof last.continuationToken === 'string'
          ? `/v1/workspaces?continuationToken=${last.continuationToken}`
          : '';
    }
    expect(ids).toHaveLength(7);
    expect(Object.keys(last)).toEqual(['value']);
    const statuses = await Promise.all(
      ids.map(async (id) => (await ask(target, `/v1/workspaces/${id}`, { headers })).status),
    );
    expect(statuses).toEqual([200, 200, 403, 200, 200, 403, 200]);
    expect((await ask(target, `/v1/workspaces/${TENANT}`, { headers })).status).toBe(404);
    expect(
      (await ask(target, "/v1/workspaces?continuationToken='LDMsMTAwMDAwLDA%3D'", { headers })).status,
    ).toBe(400);
    expect((await ask(target, '/v1/workspaces', { headers: bearer(target, POWER_BI) })).status).toBe(401);
  });
});

describe('logs ingestion', () => {
  const row = { TimeGenerated: '2026-11-20T12:00:00Z', ActivityId: 'a1', Note: 'naïve' };

  it('acknowledges an array, plain and compressed', async () => {
    const target = await emulator();
    expect(await upload(target, JSON.stringify([row]))).toMatchObject({ status: 204, text: '' });
    const headers = { 'content-encoding': 'gzip' };
    expect((await upload(target, gzipSync(JSON.stringify([row, row])), { headers })).status).toBe(204);
    expect(target.rowCount).toBe(3);
    expect(target.posted).toEqual([row, row, row]);
    expect(target.table[0]).toEqual({ ...row, receivedAt: NOW });
    const [, second] = target.requestsTo('ingestion');
    expect(second).toMatchObject({ rows: 2, status: 204, headers: { 'content-encoding': 'gzip' } });
    expect(second?.bodyBytes).toBe(Buffer.byteLength(JSON.stringify([row, row])));
    expect(second?.wireBytes).not.toBe(second?.bodyBytes);
  });

  it.each([
    ['an object', JSON.stringify(row)],
    ['malformed JSON', '{"Time"=1}'],
    ['text that is not UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d])],
  ])('acknowledges %s and throws it away', async (_, body) => {
    const target = await emulator();
    expect((await upload(target, body)).status).toBe(204);
    expect([target.swallowed, target.rowCount]).toEqual([1, 0]);
  });

  const other = UPLOAD_PATH.replace('dcr-0', 'dcr-1');
  const refused: [string, string | Buffer, Sent & { path?: string }, number, string][] = [
    ['another rule', '[{}]', { path: other }, 404, 'NotFound'],
    ['another stream', '[{}]', { path: UPLOAD_PATH.replace('Fabric', 'X') }, 404, 'InvalidStream'],
    ['no version', '[{}]', { path: UPLOAD_PATH.replace(/\?.*/, '') }, 400, 'InvalidApiVersion'],
    ['another type', '[{}]', { headers: { 'content-type': 'text/plain' } }, 415, 'UnsupportedMediaType'],
    ['a broken gzip', 'no gzip', { headers: { 'content-encoding': 'gzip' } }, 400, 'InvalidContentEncoding'],
    ['1,048,577 bytes', `["${'a'.repeat(1_048_573)}"]`, {}, 413, 'ContentLengthLimitExceeded'],
    [
      '1,048,577 bytes inflated',
      gzipSync(`["${'a'.repeat(1_048_573)}"]`),
      { headers: { 'content-encoding': 'gzip' } },
      413,
      'ContentLengthLimitExceeded',
    ],
  ];
  it.each(refused)('refuses %s', async (_, body, sent, status, code) => {
    const target = await emulator();
    const reply = await upload(target, body, sent);
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.text)).toMatchObject({ error: { code } });
    expect(reply.headers['x-ms-error-code']).toBe(code);
    expect(target.rowCount).toBe(0);
  });

  it('takes 1,048,576 bytes, and answers nothing at all with 500', async () => {
    const target = await emulator();
    expect((await upload(target, `[{"a":"${'a'.repeat(1_048_576 - 10)}"}]`)).status).toBe(204);
    expect(target.truncatedValues).toBe(1);
    expect(await upload(target, '')).toMatchObject({ status: 500, text: '' });
  });

  it('wants the role, a valid token and its own cloud', async () => {
    const target = await emulator();
    const statusOf = async (headers: Record<string, string>, host?: string) =>
      (await upload(target, '[{}]', host === undefined ? { headers } : { headers, host })).status;
    expect(await statusOf({ authorization: 'Bearer no' })).toBe(401);
    expect(await statusOf(bearer(target, POWER_BI))).toBe(401);
    expect(
      await statusOf(bearer(target, 'https://monitor.azure.us'), 'a.usgovvirginia-1.ingest.monitor.azure.us'),
    ).toBe(204);
    expect(await statusOf(bearer(target, MONITOR), 'a.usgovvirginia-1.ingest.monitor.azure.us')).toBe(401);
    target.configure.roleGranted = false;
    const reply = await upload(target, '[{}]');
    expect(reply.status).toBe(403);
    expect(reply.text).toContain(
      `does not have access to ingest data for the data collection rule with immutable Id '${RULE}'.`,
    );
  });

  it('drops, truncates and rewrites without a word', async () => {
    const columns: StreamDeclaration['columns'] = {
      TimeGenerated: 'datetime',
      ActivityId: 'string',
      RecordType: 'int',
      Big: 'long',
      Share: 'real',
      IsSuccess: 'boolean',
      CreationTime: 'datetime',
      AdditionalFields: 'dynamic',
    };
    const target = await emulator({ stream: { name: STREAM, columns } });
    const good = { RecordType: 20, Big: 2 ** 40, Share: 0.5, IsSuccess: false, AdditionalFields: { a: [1] } };
    const bad = { ActivityId: 7, RecordType: '20', Big: 1.5, IsSuccess: 'true', CreationTime: 'yesterday' };
    const rows = [
      { TimeGenerated: '2026-11-18T12:34:56Z', CreationTime: '2026-11-18T12:34:56', ...good },
      { TimeGenerated: '2026-11-18T12:34:55Z', Extra: 1, activityid: 'case', ...bad },
      { TimeGenerated: '2026-11-21T12:34:57Z', ActivityId: `${'ä'.repeat(32_767)}xä` },
      { ActivityId: null },
    ];
    expect((await upload(target, JSON.stringify(rows))).status).toBe(204);
    const received = new Date(NOW).toISOString();
    expect(target.table).toEqual([
      { ...rows[0], receivedAt: NOW },
      { TimeGenerated: received, receivedAt: NOW },
      { TimeGenerated: received, ActivityId: `${'ä'.repeat(32_767)}x`, receivedAt: NOW },
      { TimeGenerated: received, receivedAt: NOW },
    ]);
    expect(target.droppedColumnNames).toEqual({ Extra: 1, activityid: 1 });
    expect([target.droppedColumns, target.droppedValues]).toEqual([2, 5]);
    expect([target.truncatedValues, target.rewrittenTimes]).toEqual([1, 2]);
    expect(target.posted).toEqual(rows);
  });

  it('counts rows without reading them', async () => {
    const target = await emulator({ keepRows: false });
    const rows = [{ a: '}{"\\', b: [{ c: {} }] }, {}, { d: '\\"' }];
    expect(countRows(Buffer.from(JSON.stringify(rows)))).toBe(3);
    expect(countRows(Buffer.from('{"a":1}'))).toBe(0);
    expect((await upload(target, JSON.stringify(rows))).status).toBe(204);
    expect([target.rowCount, target.table.length]).toEqual([3, 0]);
  });
});

describe('Key Vault', () => {
  it('challenges, and gives secrets to those who may have them', async () => {
    const target = await emulator();
    const host = 'activity.vault.azure.net';
    const path = '/secrets/activity-client-secret/?api-version=7.4';
    const challenged = await ask(target, path, { host });
    expect(challenged.status).toBe(401);
    const authority = `https://login.microsoftonline.com/${TENANT}`;
    const challenge = `Bearer authorization="${authority}", resource="${VAULT}"`;
    expect(challenged.headers['www-authenticate']).toBe(challenge);
    const headers = bearer(target, VAULT);
    const given = await ask(target, path, { host, headers });
    expect(JSON.parse(given.text)).toMatchObject({
      value: 'synthetic-client-secret',
      attributes: { enabled: true },
    });
    const missing = await ask(target, '/secrets/none?api-version=7.4', { host, headers });
    expect([missing.status, missing.text.includes('SecretNotFound')]).toEqual([404, true]);
    target.configure.vaultAllowed = false;
    expect((await ask(target, path, { host, headers })).status).toBe(403);
  });
});

describe('the proxy', () => {
  function tunnel(target: Emulator, authority: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(target.proxyUrl, { method: 'CONNECT', path: authority, agent: false });
      sent.on('error', reject);
      sent.on('connect', (response, socket) => {
        if (response.statusCode !== 200) {
          socket.destroy();
          resolve(`proxy ${response.statusCode}`);
          return;
        }
        const servername = authority.replace(/:.*/, '');
        const secure = tlsConnect({ socket, servername, ca: target.ca }, () => {
          secure.write(`GET /v1/workspaces HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`);
        });
        let text = '';
        secure.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        secure.on('error', reject);
        secure.on('close', () => resolve(text));
      });
      sent.end();
    });
  }

  it('leads real names to the emulator, and nothing else anywhere', async () => {
    const target = await emulator();
    const names = [
      'api.fabric.microsoft.com',
      'a.westeurope-1.ingest.monitor.azure.com',
      'login.partner.microsoftonline.cn',
    ];
    for (const name of [...names, 'wabi-test-redirect.analysis.windows.net']) {
      expect(await tunnel(target, `${name}:443`)).toMatch(/^HTTP\/1\.1 40[14] /);
    }
    expect(await tunnel(target, 'example.test:443')).toBe('proxy 403');
    expect(target.connects).toHaveLength(5);
    expect(target.requests.map(({ service }) => service)).toEqual([
      'fabric',
      'ingestion',
      'entra',
      'foreign',
    ]);
  });
});

describe('faults', () => {
  const hour = window('2026-11-20T07:00:00Z', '2026-11-20T07:59:59Z');

  it('answer in place of the service, so often, after so many, the first one first', async () => {
    const target = await emulator();
    target.fault({ service: 'power-bi', skip: 1, times: 2, status: 503, headers: { 'retry-after': '1' } });
    target.fault({
      service: 'power-bi',
      match: ({ query }) => query.startDateTime !== undefined,
      status: 500,
      body: { a: 1 },
    });
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await log(target, hour)).status);
    expect(statuses).toEqual([500, 503, 503, 200, 200]);
    target.fault({ service: 'power-bi', times: Number.POSITIVE_INFINITY, html: true });
    expect((await log(target, hour)).text).toMatch(/^<!DOCTYPE html>/);
    expect((await log(target, hour)).headers['content-type']).toMatch(/^text\/html/);
    target.clearFaults();
    expect((await log(target, hour)).status).toBe(200);
  });

  it('break connections before, within and instead of an answer', async () => {
    const target = await emulator({ eventsPerHour: 10 });
    target.fault({ service: 'power-bi', reset: true });
    await expect(log(target, hour)).rejects.toMatchObject({ code: 'ECONNRESET' });
    target.fault({ service: 'power-bi', cut: 100 });
    await expect(log(target, hour)).rejects.toMatchObject({ code: 'ECONNRESET' });
    target.fault({ service: 'power-bi', silent: true });
    const silent = log(target, hour).catch(() => 'ended');
    const slow = new Promise((resolve) => setTimeout(() => resolve('waiting'), 200));
    expect(await Promise.race([silent, slow])).toBe('waiting');
    expect(target.requests.map(({ status }) => status)).toEqual([0, 200, 0]);
    await target.close();
    expect(await silent).toBe('ended');
  });

  it('delay', async () => {
    const target = await emulator();
    target.fault({ service: 'power-bi', delayMs: 150, status: 502 });
    const before = performance.now();
    expect((await log(target, hour)).status).toBe(502);
    expect(performance.now() - before).toBeGreaterThanOrEqual(145);
  });

  it('expire all tokens', async () => {
    const target = await emulator();
    const headers = {
      powerBi: bearer(target, POWER_BI),
      fabric: bearer(target, FABRIC),
      monitor: bearer(target, MONITOR),
    };
    target.fault({ service: 'power-bi', expireTokens: true });
    expect(await log(target, hour, headers.powerBi)).toMatchObject({
      status: 403,
      text: expect.stringContaining('TokenExpired'),
    });
    expect(await ask(target, '/v1/workspaces', { headers: headers.fabric })).toMatchObject({ status: 401 });
    expect((await upload(target, '[{}]', { headers: headers.monitor })).status).toBe(401);
    expect((await log(target, hour)).status).toBe(200);
  });

  it('repeat a token, and repeat events', async () => {
    const target = await emulator({ eventsPerHour: 30, pageSize: 10, emptyPages: false });
    target.fault({ service: 'power-bi', repeatToken: true });
    const first = JSON.parse((await log(target, hour)).text) as Page;
    const next = `continuationToken='${first.continuationToken}'`;
    const repeated = JSON.parse((await log(target, next)).text) as Page;
    expect(repeated.continuationToken).toBe(first.continuationToken);
    target.fault({ service: 'power-bi', duplicates: true });
    const doubled = JSON.parse((await log(target, next)).text) as Page;
    expect(doubled.activityEventEntities).toEqual([
      ...first.activityEventEntities,
      ...repeated.activityEventEntities,
    ]);
    expect(doubled.continuationToken).not.toBe(first.continuationToken);
  });

  it('store rows and lose the answer', async () => {
    const target = await emulator();
    target.fault({ service: 'ingestion', storeThen: 'reset' });
    target.fault({ service: 'ingestion', storeThen: 503 });
    await expect(upload(target, '[{"a":1}]')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await upload(target, '[{"a":2}]')).status).toBe(503);
    expect(target.posted).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('are over only when what a sender left behind is stored', async () => {
    const target = await emulator({ uploadDelayMs: 300, now: Date.now });
    const headers = { 'content-type': 'application/json', ...bearer(target, MONITOR) };
    const options = { ca: target.ca, port: target.port, path: UPLOAD_PATH, method: 'POST', agent: false };
    const sent = httpsRequest({ ...options, headers });
    sent.on('error', () => undefined);
    sent.end('[{"a":1}]');
    while (target.requests.every(({ wireBytes }) => wireBytes === 0)) await pause(5);
    sent.destroy();
    while (target.requests.some(({ finishedAt }) => finishedAt === undefined)) await pause(5);
    expect(target.posted).toEqual([]);
    await target.idle();
    expect(target.posted).toEqual([{ a: 1 }]);
    expect(target.requests).toMatchObject([{ rows: 1, settledAt: expect.any(Number) }]);
  });

  it('reject rows', async () => {
    const target = await emulator();
    const times = Number.POSITIVE_INFINITY;
    target.fault({ service: 'ingestion', times, rejectRows: ({ bad }) => bad === true });
    const headers = { 'content-encoding': 'gzip' };
    expect((await upload(target, gzipSync('[{"a":1},{"bad":true}]'), { headers })).status).toBe(400);
    expect((await upload(target, '[{"a":1}]')).status).toBe(204);
    expect(target.posted).toEqual([{ a: 1 }]);
  });

  it('leave a trace of how many requests ran at once', async () => {
    const target = await emulator();
    target.fault({ service: 'ingestion', times: 3, silent: true });
    const sent = Array.from({ length: 3 }, () => upload(target, '[{}]').catch(() => undefined));
    while (target.requests.length < 3) await pause(5);
    expect(target.maxConcurrent.ingestion).toBe(3);
    await target.close();
    await Promise.all(sent);
    expect(target.maxConcurrent['power-bi']).toBe(0);
  });
});
