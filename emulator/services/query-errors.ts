import { randomUUID } from 'node:crypto';
import { type Answer, json } from '../wire/exchange.ts';

/** An error within an error. */
export interface InnerError {
  code: string;
  message: string;
  [more: string]: unknown;
}

/** An error of the query API; https://learn.microsoft.com/azure/azure-monitor/logs/api/errors */
export function queryError(
  status: number,
  code: string,
  message: string,
  innererror?: InnerError,
  headers: Record<string, string> = {},
): Answer {
  const inner = innererror === undefined ? {} : { innererror };
  return json(status, { error: { message, code, correlationId: randomUUID(), ...inner } }, headers);
}

export function unauthenticated(): Answer {
  const message = "Authentication failed. The 'Authorization' header is missing.";
  return queryError(401, 'AuthenticationFailed', message, undefined, { 'www-authenticate': 'Bearer' });
}

export function badArgument(innererror: InnerError): Answer {
  return queryError(400, 'BadArgumentError', 'The request had some invalid properties', innererror);
}

export function insufficientAccess(innererror?: InnerError): Answer {
  const message = 'The provided credentials have insufficient access to perform the requested operation';
  return queryError(403, 'InsufficientAccessError', message, innererror);
}

/** The code stands in one test of a third party; what the service itself writes is not documented. */
export function throttledQuery(seconds: number): Answer {
  const message = 'Too many requests. Try again later.';
  return queryError(429, 'ThrottledError', message, undefined, { 'retry-after': String(seconds) });
}

/**
 * As recorded in
 * https://github.com/Azure/azure-sdk-for-js/tree/main/sdk/monitor/monitor-query-logs/recordings
 */
export function gatewayTimeout(): Answer {
  return queryError(504, 'GatewayTimeout', 'Gateway timeout', {
    code: 'GatewayTimeout',
    message: 'Kusto query timed out',
  });
}

/** Status and code for a wrong id are documented for parts of a batch only; a client has to go by the status. */
export function unknownWorkspace(): Answer {
  return queryError(404, 'ResourceNotFoundError', 'The requested resource was not found');
}

/** The error of an answer that holds some of the rows only; severity 3 is a warning. */
export function partialError(innererror: InnerError): object {
  const code = 'EngineError';
  const message = 'Something went wrong processing your query on the server.';
  return {
    message: 'There were some errors when processing your query.',
    code: 'PartialError',
    details: [{ code, message, innererror }],
  };
}

/** The engine's word for a result over a limit. */
export function resultTooLarge(limit: string, severity = 2): InnerError {
  const tail = `so not all records were returned (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003, See https://aka.ms/kustoquerylimits)`;
  return {
    code: '-2133196797',
    message: `The results of this query exceed the set limit of ${limit}, ${tail}`,
    severity,
    severityName: severity === 3 ? 'Warning' : 'Error',
  };
}
