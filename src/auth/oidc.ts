import type { Pipeline } from '@azure/core-rest-pipeline';
import { ActionError } from '../errors.ts';
import { jsonOf, statusWithCode } from '../http/answer.ts';
import { RequestFailedError, retrying } from '../http/retry.ts';
import { send } from '../http/transport.ts';
import type { Deadline } from '../time/deadline.ts';

/** The two variables that GitHub sets in a job with `permissions: id-token: write`. */
export interface IdTokenRequest {
  readonly url: string | undefined;
  readonly token: string | undefined;
}

const SILENCE = 30_000;

/**
 * Asks GitHub for a new ID token. It lives five minutes, so each exchange gets its own.
 * (https://docs.github.com/en/actions/reference/security/oidc)
 * core.getIDToken is not used: it fails on a network fault with a TypeError, and does not retry one.
 * @throws ActionError 'oidc-permission' or 'oidc-request'
 */
export async function requestIdToken(
  request: IdTokenRequest,
  audience: string,
  pipeline: Pipeline,
  deadline: Deadline,
  mask: (secret: string) => void,
): Promise<string> {
  if (!request.url || !request.token) {
    throw new ActionError(
      'oidc-permission',
      'expected ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN in the environment, got none',
    );
  }
  const url = URL.parse(request.url);
  if (url === null) throw new ActionError('oidc-request', 'ACTIONS_ID_TOKEN_REQUEST_URL is no URL');
  if (url.protocol !== 'https:') {
    throw new ActionError(
      'oidc-request',
      `ACTIONS_ID_TOKEN_REQUEST_URL: expected https://, got ${url.protocol}//; a token is not asked for in clear`,
    );
  }
  url.searchParams.set('audience', audience);
  const headers = { Authorization: `bearer ${request.token}`, Accept: 'application/json' };
  try {
    return await retrying(
      async () => {
        const outcome = await send(pipeline, {
          method: 'GET',
          url: url.href,
          headers,
          silenceMs: SILENCE,
          answer: 'token',
          signal: deadline.signal,
        });
        if (outcome.kind !== 'done') return outcome;
        const why = statusWithCode(outcome.value);
        const { status, body } = outcome.value;
        const value = status === 200 ? jsonOf(outcome.value)?.value : undefined;
        if (typeof value === 'string' && value !== '') {
          mask(value);
          return { kind: 'done', value };
        }
        // A job that was only just started is at times still "Pending" for the token service.
        const passing = status === 200 || (status === 403 && /state/i.test(body.toString('utf8')));
        if (!passing) return { kind: 'failed', why };
        return {
          kind: 'transient',
          why: status === 200 ? 'HTTP 200 without a token' : why,
          retryAfterMs: undefined,
        };
      },
      deadline,
      'GitHub OIDC',
    );
  } catch (error) {
    if (error instanceof RequestFailedError)
      throw new ActionError('oidc-request', error.message, { cause: error });
    throw error;
  }
}

/** Issuer, subject and audience of a JWT: what has to stand in the federated credential, and nothing else of it. */
export function presentedClaims(jwt: string): { issuer: string; subject: string; audience: string } {
  let claims: Record<string, unknown> = {};
  try {
    claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')) ?? {};
  } catch {
    // A token that cannot be read is reported as such below.
  }
  const claim = (name: string) => (typeof claims[name] === 'string' ? shown(claims[name]) : '(unreadable)');
  return { issuer: claim('iss'), subject: claim('sub'), audience: claim('aud') };
}

/** A claim as it may be shown: what issuers, subjects and audiences are made of, and no more than that. */
function shown(claim: string): string {
  return claim.slice(0, 300).replaceAll(/[^\p{L}\p{N}_:/.@*+=,~ -]/gu, '?');
}
