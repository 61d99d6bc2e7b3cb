import { isRestError } from '@azure/core-rest-pipeline';
import { SecretClient } from '@azure/keyvault-secrets';
import { ActionError, OutOfTimeError } from '../errors.ts';
import { authorizationPolicy } from '../http/authorize.ts';
import type { Pace } from '../http/pace.ts';
import { type Outcome, RequestFailedError, retrying } from '../http/retry.ts';
import type { EntraCredential } from './credential.ts';

const SILENCE = 30_000;

/**
 * Reads the client secret from a vault.
 * @param vault url, token scope and the secret's name
 * @param credential opens the vault
 * @throws ActionError 'vault-…', or what the credential throws
 */
export async function readSecret(
  vault: { readonly url: string; readonly scope: string; readonly secretName: string },
  credential: EntraCredential,
  pace: Pace,
): Promise<string> {
  const client = new SecretClient(vault.url, credential, {
    serviceVersion: '7.4',
    retryOptions: { maxRetries: 0 },
    // The token goes along at once: its scope follows the vault's host, and no challenge has to be trusted.
    additionalPolicies: [{ policy: authorizationPolicy(credential, vault.scope), position: 'perRetry' }],
  });
  // Not at the first look, which would fail inside the client and be taken for a fault of the vault.
  await credential.getToken(vault.scope);
  const what = `secret "${vault.secretName}" in ${vault.url}`;
  try {
    return await retrying(() => attempt(client, vault.secretName, pace), pace);
  } catch (error) {
    if (!(error instanceof RequestFailedError)) throw error;
    const status = /HTTP (\d+)/.exec(error.why)?.[1];
    if (status === '404')
      throw new ActionError('vault-secret-missing', `${error.message}: ${what}`, { cause: error });
    if (status === '401' || status === '403') {
      throw new ActionError('vault-forbidden', `${error.message}: ${what}`, { cause: error });
    }
    throw new ActionError('vault-unreachable', `${error.message}: ${what}`, { cause: error });
  }
}

async function attempt(client: SecretClient, name: string, pace: Pace): Promise<Outcome<string>> {
  try {
    const abortSignal = AbortSignal.any([pace.signal, AbortSignal.timeout(SILENCE)]);
    const { value } = await client.getSecret(name, { abortSignal });
    if (value !== undefined && value !== '') return { kind: 'done', value };
    return { kind: 'failed', why: 'HTTP 404 with an empty secret' };
  } catch (error) {
    pace.signal.throwIfAborted();
    if (error instanceof ActionError || error instanceof OutOfTimeError) throw error;
    const status = isRestError(error) ? error.statusCode : undefined;
    if (status === undefined) {
      const why = isRestError(error) ? (error.code ?? 'connection failed') : 'no answer';
      return { kind: 'transient', why, retryAfterMs: undefined };
    }
    const why = `HTTP ${status}`;
    if (status === 429) return { kind: 'throttled', why, retryAfterMs: undefined };
    return status >= 500 || status === 408
      ? { kind: 'transient', why, retryAfterMs: undefined }
      : { kind: 'failed', why };
  }
}
