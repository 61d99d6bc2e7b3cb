import type { Settings } from '../tenant/settings.ts';
import { plainResource, type Tokens } from '../tenant/tokens.ts';
import { type Answer, type Call, json } from '../wire/exchange.ts';
import { resourcesOfAuthority } from '../wire/hosts.ts';
import { headerOf } from '../wire/request.ts';

/** What the identity endpoints work with. */
export interface IdentityParts {
  settings: Settings;
  tokens: Tokens;
  lifetimeSeconds: number;
  /** The secret that App Service hands to the processes of the app. */
  identityHeader: string;
  now: () => number;
}

/**
 * Managed identity over plain http: the metadata service of a virtual machine, and the endpoint of App
 * Service. Times are texts there.
 * https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 */
export function managedIdentity(parts: IdentityParts): (call: Call) => Answer {
  return (call) => {
    if (call.method !== 'GET') return invalid('Method not allowed', 405);
    // Libraries put a slash behind the path.
    if (/^\/metadata\/identity\/oauth2\/token\/?$/.test(call.path)) {
      if (headerOf(call, 'metadata')?.toLowerCase() !== 'true')
        return invalid('Required metadata header not specified');
      return respond(parts, call, '2018-02-01');
    }
    if (call.path === '/msi/token') {
      if (headerOf(call, 'x-identity-header') !== parts.identityHeader)
        return invalid('Wrong identity header', 401);
      return respond(parts, call, '2019-08-01');
    }
    return invalid('Not found', 404);
  };
}

function respond(parts: IdentityParts, call: Call, version: string): Answer {
  const { settings, lifetimeSeconds } = parts;
  if (call.query['api-version'] !== version) return invalid('Required query variable api-version is missing');
  const resource = plainResource(call.query.resource ?? '');
  if (resource === '') return invalid('Required query variable resource is missing');
  if (!resourcesOfAuthority('localhost').includes(resource)) {
    return json(400, {
      error: 'invalid_resource',
      error_description: `AADSTS500011: ${resource} was not found.`,
    });
  }
  const asked = call.query.client_id;
  const known =
    asked === undefined ? settings.systemAssignedIdentity : settings.userAssignedIdentities.includes(asked);
  if (!known) return invalid('Identity not found');
  const client_id = asked ?? '00000000-0000-4000-8000-0000000000a2';
  return json(200, {
    access_token: parts.tokens.issue(resource, client_id, lifetimeSeconds),
    client_id,
    expires_in: String(lifetimeSeconds),
    expires_on: String(Math.floor(parts.now() / 1000) + lifetimeSeconds),
    not_before: String(Math.floor(parts.now() / 1000)),
    resource,
    token_type: 'Bearer',
  });
}

function invalid(text: string, status = 400): Answer {
  return json(status, { error: 'invalid_request', error_description: text });
}
