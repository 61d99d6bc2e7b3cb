import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import type { ServiceConnection, Settings } from '../tenant/settings.ts';
import { type Answer, type Call, json } from '../wire/exchange.ts';
import { signJwt } from '../wire/jwt.ts';
import { headerOf } from '../wire/request.ts';

/**
 * GitHub's issuer of ID tokens for a job. Tokens live five minutes: exp - iat is 300 s and nbf lies 600 s
 * before iat in the sample of https://docs.github.com/en/actions/reference/security/oidc
 */
export class IdTokenIssuer {
  /** The request token that the runner puts into the environment of the job. */
  readonly requestToken = `synthetic-request-${randomUUID()}`;
  readonly publicKey: KeyObject;
  readonly #privateKey: KeyObject;
  readonly #settings: Settings;
  readonly #now: () => number;

  constructor(settings: Settings, now: () => number) {
    this.#settings = settings;
    this.#now = now;
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.publicKey = pair.publicKey;
    this.#privateKey = pair.privateKey;
  }

  /** As Azure DevOps signs it for a service connection; one key signs for both here. */
  connectionToken({ issuer, subject, audience }: ServiceConnection): string {
    const claims = { jti: randomUUID(), sub: subject, aud: audience, iss: issuer };
    return signJwt({ kid: 'synthetic' }, { ...claims, ...this.#times(600) }, this.#privateKey);
  }

  #times(lifetimeSeconds: number): { nbf: number; iat: number; exp: number } {
    const iat = Math.floor(this.#now() / 1000);
    return { nbf: iat - 600, iat, exp: iat + lifetimeSeconds };
  }

  /** An ID token as a job gets it. */
  idToken(audience: string): string {
    const { oidcIssuer, oidcSubject, oidcLifetimeSeconds } = this.#settings;
    const times = this.#times(oidcLifetimeSeconds);
    const job = { repository: 'example/activity', ref: 'refs/heads/main', runner_environment: 'self-hosted' };
    const claims = { jti: randomUUID(), sub: oidcSubject, aud: audience, iss: oidcIssuer, ...job, ...times };
    return signJwt({ kid: 'synthetic' }, claims, this.#privateKey);
  }

  handle(call: Call): Answer {
    if (call.method !== 'GET') return json(405, { message: 'Method not allowed' });
    const bearer = /^bearer (\S+)$/i.exec(headerOf(call, 'authorization') ?? '')?.[1];
    if (bearer !== this.requestToken) return json(401, { message: 'The request token is missing or wrong.' });
    const audience = call.query.audience;
    if (audience === undefined || audience === '') return json(400, { message: 'No audience is given.' });
    return json(200, { value: this.idToken(audience) });
  }
}
