import type { Pipeline } from '@azure/core-rest-pipeline';
import { ActionError, type FaultCode } from '../errors.ts';
import { jsonOf } from '../http/answer.ts';
import { type Outcome, RequestFailedError, retrying } from '../http/retry.ts';
import { send } from '../http/transport.ts';
import type { Deadline } from '../time/deadline.ts';
import type { EntraCredential } from './credential.ts';

const SILENCE = 30_000;
const API_VERSION = '7.4';

export interface Vault {
  /** https://NAME.vault.azure.net */
  readonly url: string;
  /** Of the token that opens it. */
  readonly scope: string;
  readonly secretName: string;
}

/**
 * Reads the client secret from a vault, in its latest version
 * (https://learn.microsoft.com/en-us/rest/api/keyvault/secrets/get-secret/get-secret). The scope of the token follows the
 * vault's host, so that no challenge has to be trusted.
 * @param credential opens the vault
 * @param pipeline signs with the credential
 * @throws ActionError 'vault-…', or what the credential throws
 */
export async function readSecret(
  vault: Vault,
  credential: EntraCredential,
  pipeline: Pipeline,
  deadline: Deadline,
): Promise<string> {
  // Not within the request, where its fault would be retried as the vault's.
  await credential.getToken(vault.scope);
  try {
    return await retrying(() => attempt(vault, pipeline, deadline), deadline, 'Key Vault');
  } catch (error) {
    if (!(error instanceof RequestFailedError)) throw error;
    const detail = `${error.message}: secret "${vault.secretName}" in ${vault.url}`;
    throw new ActionError(faultCode(error.status), detail, { cause: error });
  }
}

async function attempt(vault: Vault, pipeline: Pipeline, deadline: Deadline): Promise<Outcome<string>> {
  const outcome = await send(pipeline, {
    method: 'GET',
    url: `${vault.url}/secrets/${vault.secretName}?api-version=${API_VERSION}`,
    headers: { Accept: 'application/json' },
    silenceMs: SILENCE,
    answer: 'token',
    signal: deadline.signal,
  });
  if (outcome.kind !== 'done') return outcome;
  const { status } = outcome.value;
  if (status >= 400) return { kind: 'failed', why: `HTTP ${status}`, status };
  const value = jsonOf(outcome.value)?.value;
  if (value === '') return { kind: 'failed', why: 'HTTP 404 with an empty secret', status: 404 };
  if (typeof value === 'string') return { kind: 'done', value };
  return { kind: 'transient', why: `HTTP ${status} without a secret`, status, retryAfterMs: undefined };
}

function faultCode(status: number | undefined): FaultCode {
  if (status === 404) return 'vault-secret-missing';
  return status === 401 || status === 403 ? 'vault-forbidden' : 'vault-unreachable';
}
