/** Sign-ins by raw requests. */
import type { Emulator } from '../../emulator/server.ts';
import { ASSERTION_TYPE, ask, CLIENT, POWER_BI, type Reply, type Sent, TOKEN_PATH } from './raw-requests.ts';

export function signIn(
  target: Emulator,
  form: Record<string, string>,
  sent: Sent & { path?: string } = {},
): Promise<Reply> {
  const base = { grant_type: 'client_credentials', client_id: CLIENT, scope: `${POWER_BI}/.default` };
  const body = new URLSearchParams({ ...base, ...form }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const content = sent.method === 'GET' ? {} : { body };
  return ask(target, sent.path ?? TOKEN_PATH, { method: 'POST', headers, ...content, ...sent });
}

export function withIdToken(target: Emulator, token = target.idToken()): Promise<Reply> {
  return signIn(target, { client_assertion_type: ASSERTION_TYPE, client_assertion: token });
}

/** The number of an AADSTS error. */
export function codeOf({ text }: Reply): unknown {
  return (JSON.parse(text) as { error_codes?: unknown[] }).error_codes?.[0];
}
