import { randomBytes } from 'node:crypto';

/** An access token: opaque to everybody but its issuer. */
export interface AccessToken {
  audience: string;
  clientId: string;
  expiresAt: number;
}

/** How a bearer is judged; `foreign` is a token of ours for another resource. */
export type TokenState = 'missing' | 'unknown' | 'foreign' | 'expired' | 'valid';

/** The access tokens issued, bound to a resource and to the emulator clock. */
export class Tokens {
  #issued = new Map<string, AccessToken>();
  readonly #now: () => number;
  /** How many were issued, by resource. */
  readonly issued: Record<string, number> = {};

  constructor(now: () => number) {
    this.#now = now;
  }

  issue(audience: string, clientId: string, lifetimeSeconds: number): string {
    const token = `synthetic.${randomBytes(24).toString('base64url')}`;
    this.#issued.set(token, { audience, clientId, expiresAt: this.#now() + lifetimeSeconds * 1000 });
    this.issued[audience] = (this.issued[audience] ?? 0) + 1;
    return token;
  }

  /** Ends the life of every token issued so far. */
  expireAll(): void {
    for (const token of this.#issued.values()) token.expiresAt = Math.min(token.expiresAt, this.#now());
  }

  /** Judges an Authorization header for a host that accepts these resources. */
  judge(authorization: string | undefined, audiences: readonly string[]): TokenState {
    if (authorization === undefined) return 'missing';
    const token = this.#issued.get(/^Bearer (\S+)$/i.exec(authorization)?.[1] ?? '');
    if (token === undefined) return 'unknown';
    if (!audiences.includes(token.audience)) return 'foreign';
    return token.expiresAt <= this.#now() ? 'expired' : 'valid';
  }
}

/** The resource without the slash that some libraries put between it and `/.default`. */
export function plainResource(resource: string): string {
  return resource.endsWith('/') ? resource.slice(0, -1) : resource;
}
