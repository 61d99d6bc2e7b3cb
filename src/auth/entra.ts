import type { AccessToken } from '@azure/core-auth';
import type { Pipeline } from '@azure/core-rest-pipeline';
import { ConfidentialClientApplication, type NodeAuthOptions } from '@azure/msal-node';
import { ActionError } from '../errors.ts';
import { type Outcome, RequestFailedError, retrying } from '../http/retry.ts';
import type { Certificate } from '../inputs/certificate.ts';
import { CLOUDS } from '../inputs/clouds.ts';
import { type Deadline, wait } from '../time/deadline.ts';
import { isTransient, type Refusal, refusalError, refusalOf, secondTries } from './entra-refusal.ts';
import { Network } from './network.ts';

/** What proves that we are the app. An assertion is asked for anew for each exchange. */
export type Proof =
  | { readonly secret: string }
  | { readonly certificate: Certificate }
  | { readonly assertion: () => Promise<string> };

export interface EntraApp {
  readonly authorityHost: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly proof: Proof;
}

type Exchanged =
  | { readonly token: AccessToken }
  | { readonly refusal: Refusal; readonly assertion: string | undefined };

/** The service's name for the reader. */
const ENTRA = 'Microsoft Entra';
const SILENCE = 30_000;

/**
 * Exchanges the proof for an access token, once a call: no cache, that is the credential's part.
 * @throws ActionError 'entra-…' with cause and remedy
 */
export async function exchange(
  app: EntraApp,
  scope: string,
  pipeline: Pipeline,
  deadline: Deadline,
): Promise<AccessToken> {
  const resource = scope.replace(/\/?\/\.default$/, '');
  try {
    for (let tries = 0; ; tries += 1) {
      const result = await retrying(() => attempt(app, scope, pipeline, deadline), deadline, ENTRA);
      if ('token' in result) return result.token;
      const next = secondTries(result.refusal)[tries];
      if (next === undefined) throw refusalError(result.refusal, { resource, assertion: result.assertion });
      await wait(next, deadline, { service: ENTRA, why: `AADSTS${result.refusal.codes[0] ?? ''}` });
    }
  } catch (error) {
    if (!(error instanceof RequestFailedError)) throw error;
    throw new ActionError('entra-unreachable', `${error.message} at ${app.authorityHost}`, { cause: error });
  }
}

async function attempt(
  app: EntraApp,
  scope: string,
  pipeline: Pipeline,
  deadline: Deadline,
): Promise<Outcome<Exchanged>> {
  const assertion = 'assertion' in app.proof ? await app.proof.assertion() : undefined;
  const network = new Network(pipeline, deadline, { silenceMs: SILENCE });
  const client = new ConfidentialClientApplication({
    auth: { clientId: app.clientId, ...authorityOf(app), ...proofOf(app.proof, assertion) },
    system: { networkClient: network },
  });
  try {
    const result = await client.acquireTokenByClientCredential({
      scopes: [scope],
      // Else MSAL_FORCE_REGION in the environment would send the secret to a regional host.
      azureRegion: 'DisableMsalForceRegion',
    });
    if (result?.accessToken && result.expiresOn) {
      const token = { token: result.accessToken, expiresOnTimestamp: result.expiresOn.getTime() };
      return { kind: 'done', value: { token } };
    }
    return { kind: 'transient', why: 'an answer without a token', retryAfterMs: undefined };
  } catch (error) {
    deadline.signal.throwIfAborted();
    const outcome = network.last;
    if (outcome === undefined) throw error;
    if (outcome.kind !== 'done') return outcome;
    if (outcome.value.status < 400)
      return { kind: 'transient', why: 'an answer without a token', retryAfterMs: undefined };
    const refusal = refusalOf(outcome.value);
    if (isTransient(refusal))
      return { kind: 'transient', why: `AADSTS${refusal.codes[0]}`, retryAfterMs: undefined };
    return { kind: 'done', value: { refusal, assertion } };
  }
}

function proofOf(proof: Proof, assertion: string | undefined): Partial<NodeAuthOptions> {
  if ('secret' in proof) return { clientSecret: proof.secret };
  if ('certificate' in proof) {
    const { thumbprintSha256, privateKeyPem, certificatePem } = proof.certificate;
    return { clientCertificate: { thumbprintSha256, privateKey: privateKeyPem, x5c: certificatePem } };
  }
  return { clientAssertion: assertion ?? '' };
}

const KNOWN_HOSTS: ReadonlySet<string> = new Set(Object.values(CLOUDS).map((cloud) => cloud.authorityHost));

/** MSAL asks unknown hosts for their endpoints, and Microsoft's for whether to trust them, unless it is told. */
function authorityOf(app: EntraApp): Partial<NodeAuthOptions> {
  const authority = `${app.authorityHost}/${app.tenantId}`;
  if (KNOWN_HOSTS.has(app.authorityHost)) return { authority };
  return {
    authority,
    knownAuthorities: [new URL(authority).host],
    authorityMetadata: JSON.stringify({
      issuer: `${authority}/v2.0`,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      jwks_uri: `${authority}/discovery/v2.0/keys`,
    }),
  };
}
