import type { Settings } from '../tenant/settings.ts';
import type { Tokens } from '../tenant/tokens.ts';
import { type Answer, type Call, json } from '../wire/exchange.ts';
import { audiencesOf } from '../wire/hosts.ts';
import { headerOf } from '../wire/request.ts';

/**
 * Key Vault, as far as reading a secret goes. Error texts are not documented, their codes and statuses are.
 */
export function vault(settings: Settings, tokens: Tokens): (call: Call) => Answer {
  return (call) => {
    const audiences = audiencesOf('vault', call.host);
    const resource = audiences[0] ?? '';
    const state = tokens.judge(headerOf(call, 'authorization'), audiences);
    if (state !== 'valid') {
      const authority = resource.endsWith('.cn')
        ? 'https://login.partner.microsoftonline.cn'
        : resource.includes('usgov')
          ? 'https://login.microsoftonline.us'
          : 'https://login.microsoftonline.com';
      const challenge = `Bearer authorization="${authority}/${settings.tenants[0]}", resource="${resource}"`;
      return failure(401, 'Unauthorized', 'The request has no valid bearer token.', {
        'www-authenticate': challenge,
      });
    }
    const match = /^\/secrets\/([\dA-Za-z-]+)(?:\/([\da-f]{32})?)?$/.exec(call.path);
    if (match === null || call.method !== 'GET') return failure(404, 'NotFound', 'There is nothing here.');
    if (!/^(7\.\d|20\d\d-\d\d-\d\d)$/.test(call.query['api-version'] ?? '')) {
      return failure(400, 'BadParameter', 'The api-version is missing or unknown.');
    }
    if (!settings.vaultAllowed)
      return failure(403, 'Forbidden', 'The caller may not get secrets of this vault.');
    const name = match[1] ?? '';
    const value = settings.vaultSecrets[name];
    if (value === undefined)
      return failure(404, 'SecretNotFound', `A secret with name ${name} was not found.`);
    const version = match[2] ?? '0'.repeat(32);
    const attributes = {
      enabled: true,
      created: 1760000000,
      updated: 1760000000,
      recoveryLevel: 'Recoverable',
    };
    return json(200, { value, id: `${call.origin}/secrets/${name}/${version}`, attributes });
  };
}

function failure(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  return json(status, { error: { code, message } }, headers);
}
