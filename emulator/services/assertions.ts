import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import type { Settings } from '../tenant/settings.ts';
import { isSignedBy, type Jwt, readJwt } from '../wire/jwt.ts';
import { invalidClient, type SignInError } from './entra-errors.ts';

const DOCS = 'https://learn.microsoft.com/entra/workload-id/workload-identity-federation';
const CHECK =
  'Check your federated identity credential Subject, Audience and Issuer against the presented assertion.';

/** Judges client assertions: those signed with a certificate of the app, and ID tokens of another issuer. */
export class Assertions {
  readonly #settings: Settings;
  readonly #issuerKey: KeyObject;
  readonly #now: () => number;
  readonly #spent = new Set<string>();
  /**
   * ID tokens presented again after they were exchanged. Entra takes them until they expire, but a client
   * that keeps them fails as soon as five minutes pass: https://github.com/Azure/login/issues/180
   */
  reused = 0;

  constructor(settings: Settings, issuerKey: KeyObject, now: () => number) {
    this.#settings = settings;
    this.#issuerKey = issuerKey;
    this.#now = now;
  }

  /** What is wrong with an assertion, if anything. */
  check(text: string, clientId: string, tokenEndpoint: string): SignInError | undefined {
    const jwt = readJwt(text);
    if (jwt === undefined) return invalidClient(50027, 'JWT token is invalid or malformed.');
    if (jwt.claims.iss === clientId) return this.#checkCertificate(jwt, clientId, tokenEndpoint);
    return this.#checkFederated(jwt) ?? this.#spend(text);
  }

  /**
   * Judged by the clock of the machine: the client's library signs with that one, whatever the emulator's
   * clock. https://learn.microsoft.com/entra/identity-platform/certificate-credentials
   */
  #checkCertificate(jwt: Jwt, clientId: string, tokenEndpoint: string): SignInError | undefined {
    const certificate = this.#settings.certificates
      .map((pem) => new X509Certificate(pem))
      .find((one) => hasThumbprint(jwt, one));
    const text = 'Client assertion contains an invalid signature.';
    if (certificate === undefined) return invalidClient(700027, `${text} [The key was not found.]`);
    if (!isSignedBy(jwt, certificate.publicKey)) return invalidClient(700027, text);
    const { sub, aud } = jwt.claims;
    if (sub !== clientId)
      return invalidClient(700021, 'Client assertion application identifier does not match.');
    if (typeof aud !== 'string' || aud.toLowerCase() !== tokenEndpoint.toLowerCase()) {
      return invalidClient(700023, 'Client assertion audience claim does not match Realm issuer.');
    }
    return outsideValidity(jwt, Date.now());
  }

  #checkFederated(jwt: Jwt): SignInError | undefined {
    const { iss, sub, aud } = jwt.claims;
    const known = this.#settings.federatedCredentials;
    if (known.length === 0) {
      return invalidClient(
        70021,
        `No matching federated identity record found for presented assertion. ${DOCS}`,
      );
    }
    const sameIssuer = known.filter((one) => one.issuer === iss);
    const sameSubject = sameIssuer.filter((one) => one.subject === sub);
    if (!sameSubject.some((one) => one.audience === aud)) {
      if (known.some((one) => same(one.issuer, iss) && same(one.subject, sub) && one.audience === aud)) {
        const text =
          'The presented assertion matches a federated identity record only without regard to case';
        return invalidClient(7002138, `${text}: subject '${sub}'. ${CHECK} ${DOCS}`);
      }
      if (sameIssuer.length === 0) return unmatched(700211, 'issuer', iss);
      if (sameSubject.length === 0) return unmatched(700213, 'subject', sub);
      return unmatched(700212, 'audience', aud);
    }
    if (!isSignedBy(jwt, this.#issuerKey)) return invalidClient(50027, 'JWT token is invalid or malformed.');
    return outsideValidity(jwt, this.#now());
  }

  #spend(text: string): SignInError | undefined {
    if (this.#spent.has(text)) {
      this.reused += 1;
      return invalidClient(
        700024,
        'Client assertion was exchanged before; the emulator takes each ID token once.',
      );
    }
    this.#spent.add(text);
    return undefined;
  }
}

function hasThumbprint(jwt: Jwt, certificate: X509Certificate): boolean {
  const { x5t } = jwt.header;
  const thumbprint = (hash: string) => createHash(hash).update(certificate.raw).digest('base64url');
  if (typeof x5t === 'string') return x5t === thumbprint('sha1');
  return jwt.header['x5t#S256'] === thumbprint('sha256');
}

function outsideValidity(jwt: Jwt, nowMs: number): SignInError | undefined {
  const { nbf, exp } = jwt.claims;
  const now = nowMs / 1000;
  if (typeof exp === 'number' && exp > now && (typeof nbf !== 'number' || nbf <= now + 300)) return undefined;
  const valid = `assertion valid from ${iso(nbf)}, expiry time of assertion ${iso(exp)}`;
  const range = `Current time: ${iso(now)}, ${valid}.`;
  return invalidClient(700024, `Client assertion is not within its valid time range. ${range}`);
}

function unmatched(code: number, what: string, value: unknown): SignInError {
  const text = `No matching federated identity record found for presented assertion ${what} '${value}'.`;
  return invalidClient(code, `${text} ${CHECK} ${DOCS}`);
}

function same(one: string, other: unknown): boolean {
  return typeof other === 'string' && one.toLowerCase() === other.toLowerCase();
}

function iso(seconds: unknown): string {
  return typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : 'unknown';
}
