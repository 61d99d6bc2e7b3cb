import { randomUUID } from 'node:crypto';
import type { Budget } from '../tenant/budget.ts';
import { readContinuation } from '../tenant/continuation.ts';
import { type ActivityFilter, parseFilter } from '../tenant/filter.ts';
import type { Settings } from '../tenant/settings.ts';
import type { Tokens } from '../tenant/tokens.ts';
import { type Answer, type Call, empty, json } from '../wire/exchange.ts';
import { audiencesOf } from '../wire/hosts.ts';
import { headerOf } from '../wire/request.ts';
import { firstPosition, type Paging, pageAnswer } from './activity-pages.ts';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 28;

/** What the activity log works with. */
export interface PowerBiParts {
  settings: Settings;
  tokens: Tokens;
  paging: Paging;
  budget: Budget;
  now: () => number;
}

/** The activity log; https://learn.microsoft.com/en-us/rest/api/power-bi/admin/get-activity-events */
export function powerBi(parts: PowerBiParts): (call: Call) => Answer {
  return (call) => {
    const answer = respond(parts, call);
    const headers = { requestid: randomUUID(), 'cache-control': 'no-store, must-revalidate, no-cache' };
    return { ...answer, headers: { ...headers, ...answer.headers } };
  };
}

function respond(parts: PowerBiParts, call: Call): Answer {
  if (call.path !== '/v1.0/myorg/admin/activityevents') return empty(404);
  if (call.method !== 'GET') return empty(405);
  const refusal = refusalOf(parts, call);
  if (refusal !== undefined) return refusal;
  const seconds = parts.budget.take();
  if (seconds !== undefined) return throttled(seconds);
  if (call.malformedQuery) return badRequest('The query is malformed.', 'query');

  const { startDateTime, endDateTime, continuationToken, $filter } = call.query;
  for (const target of ['startDateTime', 'endDateTime', 'continuationToken']) {
    const value = call.query[target];
    if (value !== undefined && literal(value) === undefined) {
      return badRequest(`Expected literal type token but found token '${value}'.`, target);
    }
  }
  const filter: ActivityFilter | undefined = $filter === undefined ? {} : parseFilter($filter);
  if (filter === undefined) return badRequest('The filter is not supported.', '$filter');
  if (continuationToken !== undefined) {
    if (startDateTime !== undefined || endDateTime !== undefined) {
      return badRequest('Give either a continuation token or both dates.', 'continuationToken');
    }
    const token = literal(continuationToken) ?? '';
    const position = readContinuation(token);
    if (position === undefined) return badRequest('The continuation token is invalid.', 'continuationToken');
    return pageAnswer(parts.paging, position, call.fault, token);
  }
  if (startDateTime === undefined || endDateTime === undefined) {
    return badRequest('Give either a continuation token or both dates.', 'startDateTime');
  }
  const from = instant(literal(startDateTime) ?? '');
  const to = instant(literal(endDateTime) ?? '');
  const now = parts.now();
  const sameDay = Math.floor(from / DAY_MS) === Math.floor(to / DAY_MS);
  // Out of range is answered without a word: https://github.com/microsoft/semantic-link-labs/issues/211
  if (!sameDay || to < from || from < now - KEPT_DAYS * DAY_MS) return emptyBadRequest();
  return pageAnswer(parts.paging, firstPosition(from, to, now, filter), call.fault, undefined);
}

/**
 * The refusals of the service, before it looks at the request. Bodies where no bearer is accepted are not
 * documented.
 */
function refusalOf({ settings, tokens }: PowerBiParts, call: Call): Answer | undefined {
  const state = tokens.judge(headerOf(call, 'authorization'), audiencesOf('power-bi', call.host));
  if (state === 'missing') return empty(401);
  if (state === 'unknown' || state === 'foreign') return empty(403);
  if (state === 'expired') {
    const message = 'Access token has expired, resubmit with a new access token';
    return json(403, { error: { code: 'TokenExpired', message } });
  }
  if (settings.powerBiAllowed) return undefined;
  const code = 'PowerBINotAuthorizedException';
  const detail = { code, parameters: {}, details: [], exceptionCulprit: 1 };
  return json(401, { error: { code, 'pbi.error': detail } });
}

/** Note the missing `error` wrapper: https://github.com/RuiRomano/pbimonitor/issues/58 */
function throttled(seconds: number): Answer {
  const text = 'You have exceeded the amount of requests allowed in the current time frame';
  const message = `${text} and further requests will fail. Retry in ${seconds} seconds.`;
  return json(429, { message }, { 'retry-after': String(seconds) });
}

function badRequest(message: string, target: string): Answer {
  return json(400, { error: { code: 'BadRequest', message: 'Bad Request', details: [{ message, target }] } });
}

function emptyBadRequest(): Answer {
  return empty(400, { 'content-type': 'application/octet-stream' });
}

/** The text of an OData string literal, or undefined without its quotes. */
function literal(value: string): string | undefined {
  return /^'([^']*)'$/s.exec(value)?.[1];
}

/** Only the forms seen to work: with or without fraction and Z, never with another offset. */
function instant(text: string): number {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z?$/.test(text)) return Number.NaN;
  return Date.parse(text.endsWith('Z') ? text : `${text}Z`);
}
