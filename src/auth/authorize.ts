import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';
import { bodyOf } from '../http/body.ts';
import type { EntraCredential } from './credential.ts';

/**
 * Signs each request with a token of `scope`. Where the service finds the token expired, it is renewed once
 * and the request repeated: a run may last hours, and the runner's clock may be off.
 */
export function authorizationPolicy(credential: EntraCredential, scope: string): PipelinePolicy {
  return {
    name: 'authorization',
    async sendRequest(request, next) {
      const { token } = await credential.getToken(scope);
      request.headers.set('Authorization', `Bearer ${token}`);
      const response = await next(request);
      if (!tokenRefused(response)) return response;
      const renewed = await credential.renew(scope, token);
      request.headers.set('Authorization', `Bearer ${renewed.token}`);
      return next(request);
    },
  };
}

/**
 * A 401 of PowerBINotAuthorizedException is a verdict on the app, and a new token would meet the same;
 * every other 401 may be an expired token, and so may a 403 with the code TokenExpired or an empty body
 * (https://learn.microsoft.com/en-us/power-bi/developer/embedded/embedded-troubleshoot).
 */
function tokenRefused(response: PipelineResponse): boolean {
  const text = bodyOf(response).toString('utf8');
  if (response.status === 401) return !text.includes('PowerBINotAuthorizedException');
  return response.status === 403 && (text.includes('TokenExpired') || text.trim() === '');
}
