import { AsyncLocalStorage } from 'node:async_hooks';
import type { AccessToken } from '@azure/core-auth';
import { type Pipeline, proxyPolicyName } from '@azure/core-rest-pipeline';
import { type INetworkModule, ManagedIdentityApplication } from '@azure/msal-node';
import { ActionError } from '../errors.ts';
import { statusWithCode } from '../http/answer.ts';
import { type Outcome, RequestFailedError, retrying } from '../http/retry.ts';
import { createPipeline } from '../http/transport.ts';
import type { Deadline } from '../time/deadline.ts';
import { Network } from './network.ts';

/** The metadata service is on the machine itself: what it has to say comes at once or not at all. */
const SILENCE = 10_000;

/** A pipeline without proxy: the metadata service is link-local, and a proxy could not reach it. */
export function metadataPipeline(userAgent: string): Pipeline {
  const pipeline = createPipeline(userAgent);
  pipeline.removePolicy({ name: proxyPolicyName });
  return pipeline;
}

/**
 * A token of the managed identity of this machine.
 * (https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token)
 * @param clientId selects a user-assigned identity; undefined is the system-assigned one
 * @throws ActionError 'managed-identity'
 */
export async function managedIdentityToken(
  clientId: string | undefined,
  scope: string,
  pipeline: Pipeline,
  deadline: Deadline,
): Promise<AccessToken> {
  const resource = scope.replace(/\/\.default$/, '');
  try {
    return await retrying(
      () => attempt(clientId, resource, pipeline, deadline),
      deadline,
      'The managed identity endpoint',
    );
  } catch (error) {
    if (!(error instanceof RequestFailedError)) throw error;
    throw new ActionError('managed-identity', `${error.message}, asking for ${resource}`, { cause: error });
  }
}

/**
 * MSAL keeps the network of the first client for all managed identities of the process: what it is given leads each
 * attempt to its own.
 */
const ownNetwork = new AsyncLocalStorage<Network>();
const sharedNetwork: INetworkModule = {
  sendGetRequestAsync: (url, options) => own().sendGetRequestAsync(url, options),
  sendPostRequestAsync: (url, options) => own().sendPostRequestAsync(url, options),
};

function own(): Network {
  const network = ownNetwork.getStore();
  if (network === undefined) throw new Error('a managed identity request outside of an attempt');
  return network;
}

async function attempt(
  clientId: string | undefined,
  resource: string,
  pipeline: Pipeline,
  deadline: Deadline,
): Promise<Outcome<AccessToken>> {
  const network = new Network(pipeline, deadline, { silenceMs: SILENCE, allowHttp: true });
  const client = new ManagedIdentityApplication({
    ...(clientId === undefined ? {} : { managedIdentityIdParams: { userAssignedClientId: clientId } }),
    system: { networkClient: sharedNetwork, disableInternalRetries: true },
  });
  try {
    // MSAL keeps these tokens for the whole process; the credential decides when a new one is needed.
    const result = await ownNetwork.run(network, () => client.acquireToken({ resource, forceRefresh: true }));
    if (!result.accessToken)
      return { kind: 'transient', why: 'an answer without a token', retryAfterMs: undefined };
    const expires = result.expiresOn?.getTime();
    return {
      kind: 'done',
      value: { token: result.accessToken, expiresOnTimestamp: expires ?? deadline.clock.now() },
    };
  } catch (error) {
    deadline.signal.throwIfAborted();
    const outcome = network.last;
    if (outcome === undefined) throw error;
    if (outcome.kind !== 'done') return outcome;
    const why = statusWithCode(outcome.value);
    if (outcome.value.status < 400)
      return { kind: 'transient', why: 'an answer without a token', retryAfterMs: undefined };
    // 404 and 410 are how the service says that it is being updated.
    const passing = outcome.value.status === 404 || outcome.value.status === 410;
    return passing ? { kind: 'transient', why, retryAfterMs: undefined } : { kind: 'failed', why };
  }
}
