import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Tokens } from '../tenant/tokens.ts';
import { type Answer, type Call, empty, json } from '../wire/exchange.ts';
import { audiencesOf } from '../wire/hosts.ts';
import { headerOf } from '../wire/request.ts';
import { countOnly, noteError, type RowStore, store } from './row-store.ts';

const LIMIT = 1_048_576;
const BOMB_LIMIT = 64 * LIMIT;
const inflate = promisify(gunzip);

/** What the ingestion service works with. */
export interface IngestionParts {
  store: RowStore;
  tokens: Tokens;
  keepRows: boolean;
}

/**
 * The logs ingestion service;
 * https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
 */
export function ingestion(parts: IngestionParts): (call: Call) => Promise<Answer> {
  return async (call) => {
    const answer = await respond(parts, call);
    const id = headerOf(call, 'x-ms-client-request-id');
    const refusal = REFUSALS_LOGGED[answer.status];
    if (refusal !== undefined) noteError(parts.store, id, 'Ingestion', refusal);
    const wanted = headerOf(call, 'x-ms-return-client-request-id') === 'true';
    return wanted && id !== undefined
      ? { ...answer, headers: { ...answer.headers, 'x-ms-client-request-id': id } }
      : answer;
  };
}

/** Which refusals the errors of the rule tell; a 404 is not among them. */
const REFUSALS_LOGGED: Readonly<Record<number, string>> = {
  400: 'The request is malformed.',
  413: 'The request exceeds the maximum allowed content length.',
};

async function respond(parts: IngestionParts, call: Call): Promise<Answer> {
  const { settings } = parts.store;
  const match = /^\/dataCollectionRules\/([^/]+)\/streams\/([^/]+)$/.exec(call.path);
  if (match === null || call.method !== 'POST') return empty(404);
  // The body of this refusal is not documented.
  const state = parts.tokens.judge(headerOf(call, 'authorization'), audiencesOf('ingestion', call.host));
  if (state !== 'valid') return empty(401);
  if (call.query['api-version'] !== '2023-01-01')
    return failure(400, 'InvalidApiVersion', 'Unknown API version.');
  const rule = decodeURIComponent(match[1] ?? '');
  if (rule !== settings.dcrImmutableId) {
    return failure(404, 'NotFound', `Data collection rule with immutable Id '${rule}' not found.`);
  }
  if (!settings.roleGranted) {
    const text = 'The authentication token provided does not have access to ingest data';
    return failure(
      403,
      'OperationFailed',
      `${text} for the data collection rule with immutable Id '${rule}'.`,
    );
  }
  // How the service refuses a stream that the rule does not declare is not documented.
  const stream = decodeURIComponent(match[2] ?? '');
  if (stream !== settings.streamName)
    return failure(404, 'InvalidStream', `Stream '${stream}' was not found.`);
  if (!/^application\/json\s*(;|$)/i.test(headerOf(call, 'content-type') ?? '')) {
    return failure(415, 'UnsupportedMediaType', 'The content type has to be application/json.');
  }
  // Seen in a live test of the .NET SDK: no code, no body.
  if (call.body.length === 0) return empty(500);
  if (call.body.length > LIMIT) return tooLong(call.body.length);
  const body = await inflatedBody(call);
  if (body === undefined) return failure(400, 'InvalidContentEncoding', 'The body cannot be decompressed.');
  if (body.length > LIMIT) return { ...tooLong(body.length), bodyBytes: body.length };
  if (call.fault?.rejectRows !== undefined) {
    return { ...failure(400, 'InvalidPayload', 'A record is malformed.'), bodyBytes: body.length };
  }
  return {
    ...empty(204),
    rows: parts.keepRows ? store(parts.store, call, body) : countOnly(parts.store, body),
    bodyBytes: body.length,
  };
}

/** The inflated body, or undefined where it is not what its Content-Encoding says. */
async function inflatedBody(call: Call): Promise<Buffer | undefined> {
  const encoding = headerOf(call, 'content-encoding')?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return call.body;
  if (encoding !== 'gzip') return undefined;
  try {
    return await inflate(call.body, { maxOutputLength: BOMB_LIMIT });
  } catch {
    return undefined;
  }
}

function tooLong(length: number): Answer {
  const limit = `Maximum allowed content length: ${LIMIT} bytes (1 MB).`;
  return failure(413, 'ContentLengthLimitExceeded', `${limit} Provided content length: ${length} bytes`);
}

function failure(status: number, code: string, message: string): Answer {
  return json(status, { error: { code, message } }, { 'x-ms-error-code': code });
}
