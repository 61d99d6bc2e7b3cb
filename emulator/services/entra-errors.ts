import { randomUUID } from 'node:crypto';
import { type Answer, json } from '../wire/exchange.ts';

/**
 * A sign-in error: its AADSTS number, HTTP status, OAuth error and text. A client should treat numbers it does not
 * know by status and `error`: those that only malformed requests get here (50027, 70003, 700021, 700023, 7000218,
 * 90014, 900144, 900561), and 700212, are from common knowledge, not from a page that could be cited.
 */
export interface SignInError {
  code: number;
  status: 400 | 401;
  error: string;
  text: string;
}

/** A refusal of the client's credential. */
export function invalidClient(code: number, text: string): SignInError {
  return { code, status: 401, error: 'invalid_client', text };
}

/** A request that is not one. */
export function invalidRequest(code: number, text: string): SignInError {
  return { code, status: 400, error: 'invalid_request', text };
}

/** The error body of https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
export function signInErrorAnswer(fault: SignInError, now: number, authority: string): Answer {
  const timestamp = `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const trace = randomUUID();
  const correlation = randomUUID();
  return json(fault.status, {
    error: fault.error,
    error_description:
      `AADSTS${fault.code}: ${fault.text}\r\nTrace ID: ${trace}\r\n` +
      `Correlation ID: ${correlation}\r\nTimestamp: ${timestamp}`,
    error_codes: [fault.code],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `${authority}/error?code=${fault.code}`,
  });
}
