import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { type Answer, type Call, type Handler, json, type LoggedRequest } from './exchange.ts';
import type { Fault } from './fault.ts';
import type { Faults } from './faults.ts';
import { parseQuery } from './query.ts';
import { queryTextOf } from './query-text.ts';
import { headerOf, type Service } from './request.ts';
import type { RequestLog } from './request-log.ts';
import { type Row, rowsIn } from './rows.ts';
import { prepare, send, sendCut } from './sending.ts';
import type { Sockets } from './sockets.ts';

/** What stands before all services. */
export interface Front {
  scheme: 'http' | 'https';
  serviceOf: (host: string, path: string) => Service;
  handlers: Readonly<Record<Service, Handler>>;
  faults: Faults;
  /** Ends the life of every access token issued so far. */
  expireTokens: () => void;
  sockets: Sockets;
  log: RequestLog;
  /** Milliseconds before a service answers. */
  delayOf: (call: Call) => number;
  gzip: boolean;
  now: () => number;
  /** Aborted at close: waiting requests end then. */
  stopped: AbortSignal;
}

/** Reads each request, lets the faults have it, asks its service, and sends the answer. */
export function listener(front: Front): RequestListener {
  return (request, response) => {
    serve(front, request, response).catch(() => response.destroy());
  };
}

async function serve(front: Front, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = callOf(front, request);
  const entry = front.log.open(call);
  response.on('close', () => front.log.close(entry));
  try {
    await answer(front, { call, entry, request, response });
  } finally {
    front.log.settle(entry);
  }
}

interface Exchange {
  call: Call;
  entry: LoggedRequest;
  request: IncomingMessage;
  response: ServerResponse;
}

async function answer(front: Front, { call, entry, request, response }: Exchange): Promise<void> {
  response.setHeader('date', new Date(front.now()).toUTCString());
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  call.body = Buffer.concat(chunks);
  entry.wireBytes = call.body.length;
  entry.bodyBytes = call.body.length;
  if (call.service === 'log-analytics') entry.queryText = queryTextOf(call);

  const fault = front.faults.take(call, () => rowsOf(call));
  if (fault !== undefined) call.fault = fault;
  const delay = (fault?.delayMs ?? 0) + front.delayOf(call);
  if (delay > 0) await sleep(delay, undefined, { signal: front.stopped });
  if (fault?.reset === true) return front.sockets.reset(request);
  if (fault?.silent === true) return;
  if (fault?.expireTokens === true) front.expireTokens();

  const answered = staged(fault) ?? (await front.handlers[call.service](call));
  entry.rows = answered.rows ?? 0;
  entry.bodyBytes = answered.bodyBytes ?? entry.bodyBytes;
  const lost = answered.status === 204 ? fault?.storeThen : undefined;
  if (lost === 'reset') return front.sockets.reset(request);
  if (lost === 'silent') return;
  const given =
    lost === 503 ? json(503, { error: { code: 'ServiceUnavailable', message: 'Try again.' } }) : answered;
  const accepts = /\bgzip\b/.test(headerOf(call, 'accept-encoding') ?? '');
  const prepared = await prepare(given, front.gzip && accepts);
  entry.status = prepared.status;
  entry.answerBytes = prepared.length;
  if (fault?.cut === undefined) send(response, prepared);
  else sendCut(response, prepared, fault.cut, () => front.sockets.reset(request));
}

function callOf(front: Front, request: IncomingMessage): Call {
  const authority = (request.headers.host ?? 'localhost').toLowerCase();
  const host = authority.replace(/:\d+$/, '');
  const [path = '/', ...rest] = (request.url ?? '/').split('?');
  const { values: query, malformed } = parseQuery(rest.join('?'));
  return {
    service: front.serviceOf(host, path),
    method: request.method ?? 'GET',
    host,
    origin: `${front.scheme}://${authority}`,
    path,
    query,
    malformedQuery: malformed,
    headers: request.headers,
    body: Buffer.alloc(0),
    at: front.now(),
  };
}

/** The answer that a fault gives in place of the service. */
function staged(fault: Fault | undefined): Answer | undefined {
  if (fault?.html === true) {
    const body = '<!DOCTYPE html><html><body><h1>Please sign in</h1></body></html>';
    return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
  }
  if (fault?.status === undefined) return undefined;
  const { status, headers = {}, body } = fault;
  if (body === undefined) return { status, headers };
  return typeof body === 'string' || Buffer.isBuffer(body)
    ? { status, headers, body }
    : json(status, body, headers);
}

function rowsOf(call: Call): Row[] {
  try {
    return rowsIn(headerOf(call, 'content-encoding') === 'gzip' ? gunzipSync(call.body) : call.body);
  } catch {
    return [];
  }
}
