import type { Pipeline } from '@azure/core-rest-pipeline';
import type { Deadline } from '../time/deadline.ts';
import { type AzureDevOpsIdTokenRequest, azureDevOpsIdToken } from './azure-devops-id-token.ts';
import { type GitHubIdTokenRequest, githubIdToken } from './github-id-token.ts';

/** Where the host gives ID tokens to a job. */
export type IdTokenRequest = GitHubIdTokenRequest | AzureDevOpsIdTokenRequest;

/**
 * Asks the host for a new ID token. It lives for minutes, so each exchange gets its own.
 * @param audience what GitHub is to sign it for; a service connection has its own
 * @throws ActionError 'oidc-…' of GitHub, 'id-token-…' or 'connection-refused' of Azure DevOps
 */
export async function requestIdToken(
  request: IdTokenRequest,
  audience: string,
  pipeline: Pipeline,
  deadline: Deadline,
  mask: (secret: string) => void,
): Promise<string> {
  const token =
    'serviceConnectionId' in request
      ? await azureDevOpsIdToken(request, pipeline, deadline)
      : await githubIdToken(request, audience, pipeline, deadline);
  mask(token);
  return token;
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
