import type { Pipeline } from '@azure/core-rest-pipeline';
import { ActionError } from '../errors.ts';
import { type Answer, jsonOf, statusWithCode } from '../http/answer.ts';
import { RequestFailedError, retrying } from '../http/retry.ts';
import { send } from '../http/transport.ts';
import type { Deadline } from '../time/deadline.ts';

/** What an agent of Azure Pipelines gives a task whose input names a service connection. */
export interface AzureDevOpsIdTokenRequest {
  readonly url: string | undefined;
  /** The job's access token. */
  readonly token: string | undefined;
  readonly serviceConnectionId: string;
}

const SILENCE = 30_000;
const API_VERSION = '7.1';
/** Characters of an answer that are quoted. */
const QUOTED = 300;

/**
 * An ID token for a service connection with workload identity federation. It lives ten minutes; its audience is the
 * connection's. (https://learn.microsoft.com/en-us/rest/api/azure/devops/distributedtask/oidctoken/create)
 * @throws ActionError 'id-token-refused', 'connection-refused' or 'id-token-request'
 */
export async function azureDevOpsIdToken(
  { url, token, serviceConnectionId }: AzureDevOpsIdTokenRequest,
  pipeline: Pipeline,
  deadline: Deadline,
): Promise<string> {
  if (!url || !token) {
    const expected = "expected SYSTEM_OIDCREQUESTURI and the job's access token in the environment, got none";
    throw new ActionError('id-token-refused', expected);
  }
  const address = URL.parse(url);
  if (address?.protocol !== 'https:') {
    const got = address === null ? 'no URL' : `${address.protocol}//; a token is not asked for in clear`;
    throw new ActionError('id-token-request', `SYSTEM_OIDCREQUESTURI: expected https://, got ${got}`);
  }
  address.searchParams.set('api-version', API_VERSION);
  address.searchParams.set('serviceConnectionId', serviceConnectionId);
  const headers = {
    Authorization: `Bearer ${token}`,
    Accept: 'application/json',
    'Content-Type': 'application/json',
    // Else a token that is not accepted leads to a sign-in page instead of a 401.
    'X-TFS-FedAuthRedirect': 'Suppress',
  };
  try {
    return await retrying(
      async () => {
        const outcome = await send(pipeline, {
          method: 'POST',
          url: address.href,
          headers,
          silenceMs: SILENCE,
          answer: 'token',
          signal: deadline.signal,
        });
        if (outcome.kind !== 'done') return outcome;
        const { status } = outcome.value;
        const value = status === 200 ? jsonOf(outcome.value)?.oidcToken : undefined;
        if (typeof value === 'string' && value !== '') return { kind: 'done', value };
        throw refusal(outcome.value);
      },
      deadline,
      'Azure DevOps',
    );
  } catch (error) {
    if (!(error instanceof RequestFailedError)) throw error;
    throw new ActionError('id-token-request', error.message, { cause: error });
  }
}

/** What the answers without a token mean, as far as threads about them tell. */
function refusal(answer: Answer): ActionError {
  const { status } = answer;
  const said = messageOf(answer);
  if (status === 404 || /no explicit reference/i.test(said)) {
    const quote = said === '' ? '' : `, "${said}"`;
    return new ActionError('connection-refused', `HTTP ${status}${quote}`);
  }
  if (status === 200) return new ActionError('id-token-refused', 'HTTP 200 without a token');
  if (status < 400 || status === 401 || status === 403)
    return new ActionError('id-token-refused', statusWithCode(answer));
  return new ActionError('id-token-request', statusWithCode(answer));
}

/**
 * What the service says in the two shapes of its errors. The one text of a service that is repeated: it tells which
 * connection and which stage are meant, and nothing else does.
 */
function messageOf(answer: Answer): string {
  const body = jsonOf(answer);
  const value = body?.value;
  const inner =
    typeof value === 'object' && value !== null ? (value as { Message?: unknown }).Message : value;
  const text = [body?.message, inner].find((said) => typeof said === 'string') ?? '';
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, QUOTED);
}
