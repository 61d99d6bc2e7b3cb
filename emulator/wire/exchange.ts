import type { Fault } from './fault.ts';
import type { Service, ServiceRequest } from './request.ts';

/** A request with the fault that changes how the service itself answers it. */
export interface Call extends ServiceRequest {
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
  /** Log Analytics: the query, whatever became of it. */
  queryText: string | undefined;
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
