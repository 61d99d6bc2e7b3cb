import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import type { AccessToken } from '@azure/core-auth';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import { EntraCredential } from '../../../src/auth/credential.ts';
import { isTransient, refusalError, refusalOf, secondTries } from '../../../src/auth/entra-refusal.ts';
import { presentedClaims } from '../../../src/auth/oidc.ts';
import { FAULTS } from '../../../src/errors.ts';
import type { Answer } from '../../../src/http/answer.ts';
import { parseCertificate } from '../../../src/inputs/certificate.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time/clock.ts';
import { pause, VirtualClock } from '../../support/virtual-clock.ts';

const SCOPE = 'https://analysis.windows.net/powerbi/api/.default';

describe('parseCertificate', () => {
  const now = Date.now();
  let key = '';
  let certificate = '';
  let other = { private: '', cert: '' };
  let expired = { private: '', cert: '' };

  const issue = (daysFrom: number, daysTo: number) =>
    generate([{ name: 'commonName', value: 'app.example.test' }], {
      keySize: 2048,
      algorithm: 'sha256',
      notBeforeDate: new Date(now + daysFrom * DAY),
      notAfterDate: new Date(now + daysTo * DAY),
    });

  beforeAll(async () => {
    const own = await issue(-1, 30);
    key = own.private;
    certificate = own.cert;
    other = await issue(-1, 30);
    expired = await issue(-30, -1);
  });

  const thumbprint = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(':', '');

  it.each([
    ['key first', () => `${key}\n${certificate}`],
    ['certificate first', () => `${certificate}\n${key}`],
    ['a chain behind it', () => `${key}\n${certificate}\n${other.cert}`],
    ['a chain before it', () => `${other.cert}\n${certificate}\n${key}`],
    [
      'attributes between, as openssl writes them',
      () => `Bag Attributes\n  name: x\n${key}Bag Attributes\n${certificate}`,
    ],
    ['line breaks of Windows', () => `${key}\n${certificate}`.replaceAll(/\r?\n/g, '\r\n')],
    ['everything on one line with \\n', () => `${key}\n${certificate}`.replaceAll(/\r?\n/g, '\\n')],
  ])('reads a PEM with %s', (_name, pem) => {
    const parsed = parseCertificate(pem(), now);
    if (typeof parsed === 'string') throw new Error(parsed);
    expect(parsed.thumbprintSha256).toBe(thumbprint(certificate));
    expect(parsed.thumbprintSha256).toMatch(/^[0-9A-F]{64}$/);
    expect(thumbprint(parsed.certificatePem)).toBe(thumbprint(certificate));
    expect(parsed.privateKeyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });

  const protectedKey = () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'synthetic' })
      .toString();
  };

  it.each([
    ['a value without PEM blocks', () => 'c3ludGhldGljIHZhbHVl'],
    ['a certificate without its private key', () => certificate],
    ['a private key without its certificate', () => key],
    ['a private key protected by a passphrase', () => `${protectedKey()}${certificate}`],
    ['a private key and a certificate that do not belong together', () => `${key}\n${other.cert}`],
    ['PEM blocks that cannot be read', () => `${key}\n${certificate.replace(/[A-Za-z0-9+/]{64}\n/, '')}`],
    [
      'PEM blocks that cannot be read',
      () => `-----BEGIN PRIVATE KEY-----\nc3ludGhldGlj\n-----END PRIVATE KEY-----\n${certificate}`,
    ],
  ])('says that it got %s', (phrase, pem) => {
    expect(parseCertificate(pem(), now)).toBe(phrase);
  });

  it('says when a certificate expired', () => {
    const phrase = parseCertificate(`${expired.private}\n${expired.cert}`, now);
    const end = new Date(new X509Certificate(expired.cert).validTo).toISOString();
    expect(phrase).toBe(`a certificate that expired at ${end}`);
  });

  it('goes by the time it is given', () => {
    expect(typeof parseCertificate(`${key}\n${certificate}`, now + 31 * DAY)).toBe('string');
    expect(typeof parseCertificate(`${expired.private}\n${expired.cert}`, now - 10 * DAY)).toBe('object');
  });

  it('never repeats any of what it was given', () => {
    const bad = [
      certificate,
      key,
      `${key}\n${other.cert}`,
      `${expired.private}\n${expired.cert}`,
      'c3ludGhldGlj',
    ];
    for (const pem of bad) {
      const phrase = String(parseCertificate(pem, now));
      for (const line of pem.split('\n').filter((text) => text.length > 8 && !text.startsWith('-'))) {
        expect(phrase).not.toContain(line);
      }
    }
  });
});

describe('EntraCredential', () => {
  function setUp(life = HOUR) {
    const clock = new VirtualClock();
    const asked: string[] = [];
    let fault: Error | undefined;
    const credential = new EntraCredential(async (scope): Promise<AccessToken> => {
      asked.push(scope);
      const number = asked.length;
      await pause();
      if (fault !== undefined) throw fault;
      return { token: `token-${number}`, expiresOnTimestamp: clock.now() + life };
    }, clock);
    return {
      clock,
      asked,
      credential,
      failWith: (error: Error | undefined) => {
        fault = error;
      },
      token: async (scope = SCOPE) => (await credential.getToken(scope)).token,
    };
  }

  it('keeps a token until shortly before its end, then gets a new one', async () => {
    const { clock, asked, token } = setUp(HOUR);
    expect(await token()).toBe('token-1');
    clock.advance(HOUR - 6 * MINUTE);
    expect(await token()).toBe('token-1');
    clock.advance(2 * MINUTE);
    expect(await token()).toBe('token-2');
    expect(asked.length).toBe(2);
  });

  it.each([
    ['an hour', HOUR],
    ['five minutes', 5 * MINUTE],
    ['half a minute', 30 * SECOND],
  ])(
    'never gives out a token of %s after its end, and does not get one for each request',
    async (_name, life) => {
      const { clock, asked, credential } = setUp(life);
      for (let request = 0; request < 100; request += 1) {
        const { expiresOnTimestamp } = await credential.getToken(SCOPE);
        expect(expiresOnTimestamp).toBeGreaterThan(clock.now());
        clock.advance(life / 20);
      }
      expect(asked.length).toBeGreaterThanOrEqual(5);
      expect(asked.length).toBeLessThanOrEqual(6);
    },
  );

  it('shares one exchange among requests that ask at the same time', async () => {
    const { asked, token } = setUp();
    expect(await Promise.all([token(), token(), token()])).toEqual(['token-1', 'token-1', 'token-1']);
    expect(asked).toEqual([SCOPE]);
  });

  it('keeps a token for each scope', async () => {
    const { asked, token } = setUp();
    const other = 'https://monitor.azure.com/.default';
    expect(await Promise.all([token(), token(other)])).toEqual(['token-1', 'token-2']);
    expect([await token(), await token(other)]).toEqual(['token-1', 'token-2']);
    expect(asked).toEqual([SCOPE, other]);
  });

  it('takes the first of several scopes', async () => {
    const { credential, asked } = setUp();
    await credential.getToken([SCOPE, 'https://example.test/.default']);
    expect(asked).toEqual([SCOPE]);
  });

  it('keeps the token it has when renewal fails before the end, and tries again the next time', async () => {
    const { clock, asked, token, failWith } = setUp(HOUR);
    await token();
    clock.advance(HOUR - 4 * MINUTE);
    failWith(new Error('HTTP 503'));
    expect(await token()).toBe('token-1');
    expect(asked.length).toBe(2);
    failWith(undefined);
    expect(await token()).toBe('token-3');
  });

  it('fails where renewal fails after the end', async () => {
    const { clock, token, failWith } = setUp(HOUR);
    await token();
    clock.advance(HOUR);
    failWith(new Error('refused'));
    await expect(token()).rejects.toThrow('refused');
  });

  it('does not remember a failed exchange', async () => {
    const { token, failWith } = setUp();
    failWith(new Error('refused'));
    await expect(token()).rejects.toThrow('refused');
    failWith(undefined);
    expect(await token()).toBe('token-2');
  });

  it('renews a token that a service refused, once for all requests that met the refusal', async () => {
    const { asked, credential, token } = setUp();
    const refused = await token();
    const renewed = await Promise.all([credential.renew(SCOPE, refused), credential.renew(SCOPE, refused)]);
    expect(renewed.map((found) => found.token)).toEqual(['token-2', 'token-2']);
    expect((await credential.renew(SCOPE, refused)).token).toBe('token-2');
    expect(await token()).toBe('token-2');
    expect(asked.length).toBe(2);
  });

  it('gets a token where one is to be renewed that it never had', async () => {
    const { credential } = setUp();
    expect((await credential.renew(SCOPE, 'unknown')).token).toBe('token-1');
  });
});

const jwt = (claims: unknown) =>
  ['{"alg":"RS256"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

const CLAIMS = {
  iss: 'https://token.actions.githubusercontent.com',
  sub: 'repo:example-org/compliance:ref:refs/heads/main',
  aud: 'api://AzureADTokenExchange',
  actor: 'ana-example',
};

describe('presentedClaims', () => {
  it('are issuer, subject and audience as they stand in the token, and nothing else', () => {
    expect(presentedClaims(jwt(CLAIMS))).toEqual({
      issuer: CLAIMS.iss,
      subject: CLAIMS.sub,
      audience: CLAIMS.aud,
    });
  });

  it('keep characters beyond ASCII', () => {
    const sub = 'repo:example-org/compliance:environment:prüfung';
    expect(presentedClaims(jwt({ ...CLAIMS, sub })).subject).toBe(sub);
  });

  it.each([
    ['nothing', ''],
    ['no token', 'abc'],
    ['a body that is no JSON', `a.${Buffer.from('{').toString('base64url')}.c`],
    ['a body that is null', jwt(null)],
    ['a body that is a list', jwt([])],
    ['claims that are no text', jwt({ iss: 1, sub: null, aud: {} })],
  ])('say so where they cannot be read: %s', (_name, token) => {
    const unreadable = '(unreadable)';
    expect(presentedClaims(token)).toEqual({ issuer: unreadable, subject: unreadable, audience: unreadable });
  });
});

const answer = (status: number, body: unknown): Answer => ({
  status,
  header: () => undefined,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});

describe('refusalOf', () => {
  it('reads codes and error of Entra, and not its description', () => {
    const body = {
      error: 'invalid_client',
      error_codes: [7000215],
      error_description: 'AADSTS700016: ana@example.test',
    };
    expect(refusalOf(answer(401, body))).toEqual({ codes: [7000215], error: 'invalid_client' });
  });

  it.each([
    ['HTML', '<html>'],
    ['nothing', ''],
    ['an error that is no word', { error: 'ana@example.test said no' }],
    ['codes that are no numbers', { error_codes: ['x', null], error: '' }],
  ])('goes by the status where the answer is %s', (_name, body) => {
    expect(refusalOf(answer(400, body))).toEqual({ codes: [], error: 'HTTP 400' });
  });
});

describe('refusalError', () => {
  const error = (codes: readonly number[], assertion?: string) =>
    refusalError(
      { codes, error: 'invalid_client' },
      { resource: 'https://api.fabric.microsoft.com', assertion },
    );

  it.each([
    [7000215, 'entra-secret-wrong'],
    [7000222, 'entra-secret-expired'],
    [700016, 'entra-app-unknown'],
    [90002, 'entra-tenant-unknown'],
    [900023, 'entra-tenant-unknown'],
    [70021, 'entra-federation'],
    [700211, 'entra-federation'],
    [700212, 'entra-federation'],
    [700213, 'entra-federation'],
    [7002138, 'entra-federation'],
    [700024, 'entra-assertion'],
    [700027, 'entra-certificate'],
    [500011, 'entra-resource'],
    [50000, 'entra-refused'],
  ] as const)('tells cause and remedy of AADSTS%i: %s', (code, fault) => {
    const told = error([code]);
    expect(told.code).toBe(fault);
    expect(told.message).toContain(`AADSTS${code}`);
    expect(told.message.startsWith(`${FAULTS[fault].title}: `)).toBe(true);
    expect(told.message.endsWith(FAULTS[fault].remedy)).toBe(true);
    expect(told.message).not.toContain('\n');
  });

  it('finds the code that names the cause among several', () => {
    expect(error([50000, 7000222]).code).toBe('entra-secret-expired');
  });

  it.each([70021, 700211, 700213, 7002138])(
    'gives what was presented, ready to paste, for AADSTS%i',
    (code) => {
      const { message } = error([code], jwt(CLAIMS));
      expect(message).toContain(`issuer "${CLAIMS.iss}"`);
      expect(message).toContain(`subject "${CLAIMS.sub}"`);
      expect(message).toContain(`audience "${CLAIMS.aud}"`);
      expect(message).not.toContain(CLAIMS.actor);
      expect(message).not.toContain(jwt(CLAIMS));
    },
  );

  it('names the resource where that is what is unknown', () => {
    expect(error([500011]).message).toContain('https://api.fabric.microsoft.com');
  });

  it('names the error where there is no code', () => {
    expect(error([]).message).toContain('invalid_client');
    expect(error([]).code).toBe('entra-refused');
  });
});

describe('second tries', () => {
  it.each([70021, 700211, 700213, 7002138])('are two within ten seconds for AADSTS%i', (code) => {
    const waits = secondTries({ codes: [code], error: 'invalid_request' });
    expect(waits.length).toBe(2);
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(10 * SECOND);
  });

  it.each([7000215, 7000222, 700016, 90002, 700027, 500011])(
    'are none for AADSTS%i, which fails at once',
    (code) => {
      expect(secondTries({ codes: [code], error: 'invalid_client' })).toEqual([]);
      expect(isTransient({ codes: [code], error: 'invalid_client' })).toBe(false);
    },
  );

  it.each([90024, 90033, 90055])('are those of any passing fault for AADSTS%i', (code) => {
    expect(isTransient({ codes: [code], error: 'invalid_request' })).toBe(true);
  });

  it('go by the word too where Entra says temporarily_unavailable', () => {
    expect(isTransient({ codes: [], error: 'temporarily_unavailable' })).toBe(true);
  });
});
