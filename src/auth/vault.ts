import {
  createHttpHeaders,
  type HttpClient,
  type Pipeline,
  type PipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { SecretClient } from '@azure/keyvault-secrets';
import { ActionError, DeadlineError } from '../errors.ts';
import type { Answer } from '../http/answer.ts';
import { type Outcome, RequestFailedError, retrying } from '../http/retry.ts';
import { send } from '../http/transport.ts';
import type { Deadline } from '../time/deadline.ts';
import { authorizationPolicy } from './authorize.ts';
import type { EntraCredential } from './credential.ts';

const SILENCE = 30_000;

export interface Vault {
  /** https://NAME.vault.azure.net */
  readonly url: string;
  /** Of the token that opens it. */
  readonly scope: string;
  readonly secretName: string;
}

/**
 * Reads the client secret from a vault.
 * @param credential opens the vault
 * @throws ActionError 'vault-…', or what the credential throws
 */
export async function readSecret(
  vault: Vault,
  credential: EntraCredential,
  pipeline: Pipeline,
  deadline: Deadline,
): Promise<string> {
  // Not at the first look, which would fail inside the client and be taken for a fault of the vault.
  await credential.getToken(vault.scope);
  const what = `secret "${vault.secretName}" in ${vault.url}`;
  try {
    return await retrying(
      () => attempt(vault, credential, new VaultNetwork(pipeline, deadline)),
      deadline,
      'Key Vault',
    );
  } catch (error) {
    if (!(error instanceof RequestFailedError)) throw error;
    const status = /^HTTP (\d+)/.exec(error.why)?.[1];
    if (status === '404')
      throw new ActionError('vault-secret-missing', `${error.message}: ${what}`, { cause: error });
    if (status === '401' || status === '403') {
      throw new ActionError('vault-forbidden', `${error.message}: ${what}`, { cause: error });
    }
    throw new ActionError('vault-unreachable', `${error.message}: ${what}`, { cause: error });
  }
}

async function attempt(
  vault: Vault,
  credential: EntraCredential,
  network: VaultNetwork,
): Promise<Outcome<string>> {
  const client = new SecretClient(vault.url, credential, {
    serviceVersion: '7.4',
    retryOptions: { maxRetries: 0 },
    httpClient: network,
    // The token goes along at once: its scope follows the vault's host, and no challenge has to be trusted.
    additionalPolicies: [{ policy: authorizationPolicy(credential, vault.scope), position: 'perRetry' }],
  });
  try {
    const { value } = await client.getSecret(vault.secretName);
    if (value !== undefined && value !== '') return { kind: 'done', value };
    return { kind: 'failed', why: 'HTTP 404 with an empty secret' };
  } catch (error) {
    // What concerns the run, and what has not reached the network.
    if (error instanceof ActionError || error instanceof DeadlineError) throw error;
    if (network.last === undefined) throw error;
    if (network.last.kind !== 'done') return network.last;
    const { status } = network.last.value;
    if (status >= 400) return { kind: 'failed', why: `HTTP ${status}` };
    return { kind: 'transient', why: `HTTP ${status} without a secret`, retryAfterMs: undefined };
  }
}

/**
 * The client's network, through our own pipeline: its own takes NO_PROXY another way, and none of its errors tells how
 * long to wait. The last outcome is kept, as what the client throws is judged by it.
 */
class VaultNetwork implements HttpClient {
  last: Outcome<Answer> | undefined;
  readonly #pipeline: Pipeline;
  readonly #deadline: Deadline;

  constructor(pipeline: Pipeline, deadline: Deadline) {
    this.#pipeline = pipeline;
    this.#deadline = deadline;
  }

  async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
    const { method, url, headers } = request;
    const call = {
      method,
      url,
      headers: headers.toJSON(),
      silenceMs: SILENCE,
      answer: 'token' as const,
      signal: this.#deadline.signal,
    };
    const outcome = await send(this.#pipeline, call);
    this.last = outcome;
    if (outcome.kind !== 'done') throw new Error(outcome.why);
    const { status, header, body } = outcome.value;
    const type = header('content-type');
    return {
      request,
      status,
      headers: createHttpHeaders(type === undefined ? {} : { 'content-type': type }),
      bodyAsText: body.toString('utf8'),
    };
  }
}
