import type { IncomingHttpHeaders } from 'node:http';
import type { Fault } from './faults.ts';

/** The services that the action calls; `foreign` is any host to which it should not have spoken. */
export type Service = 'entra' | 'oidc' | 'power-bi' | 'fabric' | 'ingestion' | 'vault' | 'imds' | 'foreign';

/** A request as a service sees it: query values percent-decoded once, the body as it came over the wire. */
export interface Call {
  service: Service;
  method: string;
  /** Host name without port, lower case. */
  host: string;
  /** Scheme, host and port that the client addressed. */
  origin: string;
  path: string;
  query: Readonly<Record<string, string>>;
  /** True when a query parameter was given twice or is not valid percent-encoding. */
  malformedQuery: boolean;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Emulator clock. */
  at: number;
  /** The fault that changes how the service itself answers. */
  fault?: Fault;
}

/** What a service answers. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Parts are written one after the other, so that large pages need not be copied. */
  body?: string | Buffer | readonly Buffer[];
  /** Events given or rows received. */
  rows?: number;
  /** Bytes of the request body once inflated. */
  bodyBytes?: number;
}

/** A service: one request in, one answer out. */
export type Handler = (call: Call) => Answer | Promise<Answer>;

/** One line of the request log. */
export interface LoggedRequest {
  service: Service;
  method: string;
  host: string;
  path: string;
  query: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
  /** 0 while unanswered, and for ever where a fault left the request without one. */
  status: number;
  /** Emulator clock, at arrival and at the end of the answer. */
  at: number;
  finishedAt: number | undefined;
  /** When its service had done with it, rows stored or not: later than `finishedAt` where the sender had gone. */
  settledAt: number | undefined;
  /** Bytes of the request body on the wire, and once inflated. */
  wireBytes: number;
  bodyBytes: number;
  answerBytes: number;
  rows: number;
}

/** An answer with a JSON body. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

/** An answer without a body. */
export function empty(status: number, headers: Record<string, string> = {}): Answer {
  return { status, headers };
}

/** A header as one text, whatever node made of it. */
export function headerOf(call: Call, name: string): string | undefined {
  const value = call.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
