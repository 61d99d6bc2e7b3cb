import type { Pipeline } from '@azure/core-rest-pipeline';
import { createPipeline } from '../http/transport.ts';
import { CLOUDS } from '../inputs/clouds.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { DirectSignIn } from '../inputs/sign-in.ts';
import type { Deadline } from '../time/deadline.ts';
import { authorizationPolicy } from './authorize.ts';
import { EntraCredential } from './credential.ts';
import { exchange, type Proof } from './entra.ts';
import { managedIdentityToken, metadataPipeline } from './managed-identity.ts';
import { type IdTokenRequest, requestIdToken } from './oidc.ts';
import { readSecret } from './vault.ts';

export interface SignInContext {
  readonly userAgent: string;
  readonly idTokenRequest: IdTokenRequest;
  readonly deadline: Deadline;
  /** Told every secret and token before it is used. */
  readonly mask: (secret: string) => void;
  /** Told the Date header of each answer of Entra and of the service of ID tokens. */
  readonly onDate?: (date: string | undefined) => void;
}

/**
 * The credential that serves Power BI, Fabric, Azure Monitor and Key Vault. Nothing is called before the first token
 * is asked for, except that a vault is read at once.
 */
export async function signIn(inputs: Inputs, context: SignInContext): Promise<EntraCredential> {
  const pipeline = createPipeline(context.userAgent, undefined, context.onDate);
  const way = inputs.signIn;
  if (way.by === 'secret') return appCredential(inputs, { secret: way.secret }, pipeline, context);
  if (way.by !== 'vault') return directCredential(inputs, way, pipeline, context);
  const vaultCredential = directCredential(inputs, way.openedBy, pipeline, context);
  const vault = createPipeline(context.userAgent, authorizationPolicy(vaultCredential, way.scope));
  const secret = await readSecret(way, vaultCredential, vault, context.deadline);
  context.mask(secret);
  return appCredential(inputs, { secret }, pipeline, context);
}

function directCredential(
  inputs: Inputs,
  way: DirectSignIn,
  pipeline: Pipeline,
  context: SignInContext,
): EntraCredential {
  switch (way.by) {
    case 'oidc': {
      const audience = CLOUDS[inputs.cloud].assertionAudience;
      const assertion = () =>
        requestIdToken(context.idTokenRequest, audience, pipeline, context.deadline, context.mask);
      return appCredential(inputs, { assertion }, pipeline, context);
    }
    case 'certificate':
      return appCredential(inputs, { certificate: way.certificate }, pipeline, context);
    case 'managed-identity': {
      const metadata = metadataPipeline(context.userAgent);
      return maskedCredential(context, (scope) =>
        managedIdentityToken(way.clientId, scope, metadata, context.deadline),
      );
    }
  }
}

function appCredential(
  inputs: Inputs,
  proof: Proof,
  pipeline: Pipeline,
  context: SignInContext,
): EntraCredential {
  const { authorityHost, tenantId, clientId = '' } = inputs;
  const app = { authorityHost, tenantId, clientId, proof };
  return maskedCredential(context, (scope) => exchange(app, scope, pipeline, context.deadline));
}

function maskedCredential(
  context: SignInContext,
  newToken: (scope: string) => ReturnType<typeof exchange>,
): EntraCredential {
  const masked = async (scope: string) => {
    const token = await newToken(scope);
    context.mask(token.token);
    return token;
  };
  return new EntraCredential(masked, context.deadline.clock);
}
