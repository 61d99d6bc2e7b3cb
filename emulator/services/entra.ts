import type { Settings } from '../tenant/settings.ts';
import { plainResource, type Tokens } from '../tenant/tokens.ts';
import { type Answer, type Call, empty, json } from '../wire/exchange.ts';
import { resourcesOfAuthority } from '../wire/hosts.ts';
import { parseQuery } from '../wire/query.ts';
import { headerOf } from '../wire/request.ts';
import type { Assertions } from './assertions.ts';
import { invalidClient, invalidRequest, type SignInError, signInErrorAnswer } from './entra-errors.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What the sign-in service works with. */
export interface EntraParts {
  settings: Settings;
  tokens: Tokens;
  assertions: Assertions;
  lifetimeSeconds: number;
  now: () => number;
}

/**
 * The Entra authority: the token endpoint, and the two discovery documents that libraries ask for first.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export function entra(parts: EntraParts): (call: Call) => Answer {
  return (call) => {
    const refuse = (fault: SignInError) => signInErrorAnswer(fault, parts.now(), call.origin);
    if (call.path === '/common/discovery/instance') return instanceDiscovery(call);
    const match = /^\/([^/]+)\/(oauth2\/v2\.0\/token|v2\.0\/\.well-known\/openid-configuration)$/.exec(
      call.path,
    );
    if (match === null) return empty(404);
    const tenant = decodeURIComponent(match[1] ?? '');
    if (!parts.settings.tenants.some((one) => one.toLowerCase() === tenant.toLowerCase())) {
      return refuse(
        invalidRequest(
          90002,
          `Tenant '${tenant}' not found. Check to make sure you have the correct tenant.`,
        ),
      );
    }
    if (match[2] !== 'oauth2/v2.0/token') return openIdConfiguration(call, tenant);
    return exchange(parts, call, refuse);
  };
}

function exchange(parts: EntraParts, call: Call, refuse: (fault: SignInError) => Answer): Answer {
  if (call.method !== 'POST')
    return refuse(invalidRequest(900561, 'The endpoint only accepts POST requests.'));
  const type = headerOf(call, 'content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    return refuse(
      invalidRequest(900144, "The request body must contain the following parameter: 'grant_type'."),
    );
  }
  const { values: form, malformed } = parseQuery(call.body.toString('utf8'));
  if (malformed) return refuse(invalidRequest(90014, 'The request body is malformed.'));
  for (const name of ['grant_type', 'client_id', 'scope']) {
    if ((form[name] ?? '') === '') {
      return refuse(
        invalidRequest(900144, `The request body must contain the following parameter: '${name}'.`),
      );
    }
  }
  if (form.grant_type !== 'client_credentials') {
    const text = `The app requested an unsupported grant type '${form.grant_type}'.`;
    return refuse({ code: 70003, status: 400, error: 'unsupported_grant_type', text });
  }
  const clientId = form.client_id ?? '';
  if (!parts.settings.clientIds.some((one) => one.toLowerCase() === clientId.toLowerCase())) {
    const text = `Application with identifier '${clientId}' was not found in the directory.`;
    return refuse({ code: 700016, status: 400, error: 'unauthorized_client', text });
  }
  const resource = resourceOf(form.scope ?? '', call.host);
  if (typeof resource !== 'string') return refuse(resource);
  const wrong = credentialFault(parts, form, `${call.origin}${call.path}`);
  if (wrong !== undefined) return refuse(wrong);
  const access_token = parts.tokens.issue(resource, clientId, parts.lifetimeSeconds);
  const expires = { expires_in: parts.lifetimeSeconds, ext_expires_in: parts.lifetimeSeconds };
  return json(200, { token_type: 'Bearer', ...expires, access_token }, { 'cache-control': 'no-store' });
}

function resourceOf(scope: string, host: string): string | SignInError {
  const resource = /^(\S+)\/\.default$/.exec(scope)?.[1];
  if (resource === undefined) {
    const text = `The provided value for the input parameter 'scope' is not valid: ${scope}.`;
    return { code: 70011, status: 400, error: 'invalid_scope', text };
  }
  const plain = plainResource(resource);
  if (resourcesOfAuthority(host).includes(plain)) return plain;
  const text = `The resource principal named ${resource} was not found in the tenant.`;
  return { code: 500011, status: 400, error: 'invalid_resource', text };
}

function credentialFault(
  { settings, assertions }: EntraParts,
  form: Readonly<Record<string, string>>,
  tokenEndpoint: string,
): SignInError | undefined {
  const app = `app '${form.client_id}'`;
  if (form.client_secret !== undefined) {
    if (form.client_secret !== settings.clientSecret) {
      const hint =
        'Ensure the secret being sent in the request is the client secret value, not the client secret ID';
      return invalidClient(7000215, `Invalid client secret provided. ${hint}, for a secret added to ${app}.`);
    }
    if (!settings.secretExpired) return undefined;
    return invalidClient(7000222, `The provided client secret keys for ${app} are expired.`);
  }
  if (form.client_assertion === undefined) {
    const names = "'client_assertion' or 'client_secret'";
    return invalidClient(7000218, `The request body must contain the following parameter: ${names}.`);
  }
  if (form.client_assertion_type !== ASSERTION_TYPE) {
    return invalidRequest(
      900144,
      "The request body must contain the following parameter: 'client_assertion_type'.",
    );
  }
  return assertions.check(form.client_assertion, form.client_id ?? '', tokenEndpoint);
}

function openIdConfiguration(call: Call, tenant: string): Answer {
  const base = `${call.origin}/${tenant}`;
  return json(200, {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    issuer: `${base}/v2.0`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
  });
}

function instanceDiscovery(call: Call): Answer {
  const host = call.origin.replace('https://', '');
  return json(200, {
    tenant_discovery_endpoint: `${call.origin}/common/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  });
}
