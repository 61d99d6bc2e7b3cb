import type { AccessToken, TokenCredential } from '@azure/core-auth';
import type { Clock } from '../time/clock.ts';
import { MINUTE } from '../time/clock.ts';

/**
 * The one credential of a run: keeps an access token for each scope, renews it before it ends, and lets parallel
 * requests share one exchange. Tokens are held in memory only.
 */
export class EntraCredential implements TokenCredential {
  readonly #exchange: (scope: string) => Promise<AccessToken>;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, { token: AccessToken; renewAt: number }>();
  readonly #underWay = new Map<string, Promise<AccessToken>>();

  /** @param exchange gets a new token for a scope, each time it is called */
  constructor(exchange: (scope: string) => Promise<AccessToken>, clock: Clock) {
    this.#exchange = exchange;
    this.#clock = clock;
  }

  async getToken(scopes: string | string[]): Promise<AccessToken> {
    const scope = typeof scopes === 'string' ? scopes : (scopes[0] ?? '');
    const kept = this.#tokens.get(scope);
    if (kept === undefined) return this.#renewOnce(scope);
    if (this.#clock.now() < kept.renewAt) return kept.token;
    try {
      return await this.#renewOnce(scope);
    } catch (error) {
      // Renewal starts minutes before the end: until then a fault of Entra is no reason to stop.
      if (this.#clock.now() < kept.token.expiresOnTimestamp) return kept.token;
      throw error;
    }
  }

  /** A new token in place of one that a service refused; one that another request already renewed is taken as it is. */
  async renew(scope: string, refused: string): Promise<AccessToken> {
    const kept = this.#tokens.get(scope);
    return kept !== undefined && kept.token.token !== refused ? kept.token : this.#renewOnce(scope);
  }

  #renewOnce(scope: string): Promise<AccessToken> {
    const underWay = this.#underWay.get(scope);
    if (underWay !== undefined) return underWay;
    const exchange = this.#exchange(scope)
      .then((token) => {
        // A life of nothing (no expiry was given, or the clocks differ) is no life: a 401 renews the token in any case.
        const told = token.expiresOnTimestamp - this.#clock.now();
        const life = told > 0 ? told : 5 * MINUTE;
        const renewAt = this.#clock.now() + life - Math.min(5 * MINUTE, life / 10);
        this.#tokens.set(scope, { token, renewAt });
        return token;
      })
      .finally(() => this.#underWay.delete(scope));
    this.#underWay.set(scope, exchange);
    return exchange;
  }
}
