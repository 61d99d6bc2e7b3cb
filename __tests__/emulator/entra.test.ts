import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import { signJwt } from '../../emulator/wire/jwt.ts';
import { log, window } from '../support/activity-log.ts';
import {
  ASSERTION_TYPE,
  ask,
  CLIENT,
  closeEmulatorsAtEnd,
  emulator,
  MONITOR,
  NOW,
  POWER_BI,
  type Sent,
  TENANT,
  TOKEN_PATH,
} from '../support/raw-requests.ts';
import { codeOf, signIn, withIdToken } from '../support/raw-sign-in.ts';

closeEmulatorsAtEnd();

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
