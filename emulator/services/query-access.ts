import type { Budget } from '../tenant/budget.ts';
import type { ReadAccess } from '../tenant/log-analytics-settings.ts';
import type { Settings } from '../tenant/settings.ts';
import type { Tokens } from '../tenant/tokens.ts';
import type { Answer, Call } from '../wire/exchange.ts';
import { audiencesOf } from '../wire/hosts.ts';
import { headerOf } from '../wire/request.ts';
import {
  insufficientAccess,
  queryError,
  throttledQuery,
  unauthenticated,
  unknownWorkspace,
} from './query-errors.ts';

/** What decides who may ask. */
export interface Doorkeeper {
  settings: Settings;
  tokens: Tokens;
  budget: Budget;
}

/** What the reader sees at this request: as set up, unless a fault says otherwise. */
export function accessOf({ settings }: Pick<Doorkeeper, 'settings'>, { fault }: Call): ReadAccess {
  return fault?.readAccess ?? settings.logAnalytics.readAccess;
}

/** The refusals that come before the query is looked at. */
export function refusalOf(
  { settings, tokens, budget }: Doorkeeper,
  call: Call,
  id: string,
): Answer | undefined {
  const { workspaceId } = settings.logAnalytics;
  const audiences = audiencesOf('log-analytics', call.host);
  const state = tokens.judge(headerOf(call, 'authorization'), audiences);
  if (state === 'missing') return unauthenticated();
  if (state === 'foreign') {
    const message = `The access token has been obtained from wrong audience. Allowed audiences: '${audiences.join("','")}'.`;
    return queryError(403, 'InvalidAuthenticationTokenAudience', message);
  }
  // How an expired token is refused is not documented apart from a malformed one.
  if (state !== 'valid') return queryError(403, 'InvalidAuthenticationToken', 'The access token is invalid.');
  const seconds = budget.take();
  if (seconds !== undefined) return throttledQuery(seconds);
  if (id.toLowerCase() !== workspaceId) return unknownWorkspace();
  switch (accessOf({ settings }, call)) {
    case 'no-role':
      return insufficientAccess();
    case 'unauthorized-client': {
      const message = 'The service principal does not have sufficient permissions to access this resource';
      return insufficientAccess({ code: 'UnauthorizedClient', message: `${message}: ${workspaceId}` });
    }
    case 'network-denied': {
      const message = `Access to workspace 'synthetic-workspace' from '203.0.113.7' is denied.`;
      const way = 'To allow access from public networks, change the workspace Networking settings';
      return insufficientAccess({
        code: 'NspValidationFailedError',
        message: `${message} ${way} or add it to a Network Security Perimeter.`,
      });
    }
    default:
      return undefined;
  }
}
