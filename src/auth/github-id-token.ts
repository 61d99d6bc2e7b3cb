import type { Pipeline } from '@azure/core-rest-pipeline';
import { ActionError } from '../errors.ts';
import { jsonOf, statusWithCode } from '../http/answer.ts';
import { RequestFailedError, retrying } from '../http/retry.ts';
import { send } from '../http/transport.ts';
import type { Deadline } from '../time/deadline.ts';

/** The two variables that GitHub sets in a job with `permissions: id-token: write`. */
export interface GitHubIdTokenRequest {
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
export async function githubIdToken(
  request: GitHubIdTokenRequest,
  audience: string,
  pipeline: Pipeline,
  deadline: Deadline,
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
        if (typeof value === 'string' && value !== '') return { kind: 'done', value };
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
