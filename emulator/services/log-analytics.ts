import { type Answer, type Call, empty } from '../wire/exchange.ts';
import { queryBodyOf } from '../wire/query-text.ts';
import { headerOf } from '../wire/request.ts';
import { type Doorkeeper, refusalOf } from './query-access.ts';
import { aged, type QueryCache } from './query-cache.ts';
import { badArgument, gatewayTimeout, queryError, unknownWorkspace } from './query-errors.ts';
import { preferencesOf } from './query-preferences.ts';
import { type Runner, run } from './query-run.ts';
import { parseTimespan, type Timespan } from './timespan.ts';

/** What the query API works with. */
export interface LogAnalyticsParts extends Doorkeeper, Runner {
  cache: QueryCache;
}

/** The query API; https://learn.microsoft.com/azure/azure-monitor/logs/api/request-format */
export function logAnalytics(parts: LogAnalyticsParts): (call: Call) => Answer {
  return (call) => {
    const exposed = {
      'access-control-expose-headers': 'Retry-After,Age,WWW-Authenticate,Preference-Applied',
    };
    const answer = respond(parts, call);
    return { ...answer, headers: { ...exposed, ...answer.headers } };
  };
}

function respond(parts: LogAnalyticsParts, call: Call): Answer {
  const { logAnalytics: settings } = parts.settings;
  const id = /^\/v1\/workspaces\/([^/]+)\/query$/.exec(call.path)?.[1];
  if (id === undefined || (call.method !== 'POST' && call.method !== 'GET'))
    return queryError(404, 'PathNotFoundError', 'The requested path does not exist');
  const refusal = refusalOf(parts, call, decodeURIComponent(id));
  if (refusal !== undefined) return refusal;
  const isPost = call.method === 'POST';
  if (
    isPost &&
    (call.body.length === 0 || !/^application\/json\s*(;|$)/i.test(headerOf(call, 'content-type') ?? ''))
  )
    return empty(200);
  const body = isPost ? queryBodyOf(call.body) : call.query;
  if (body === undefined || typeof body.query !== 'string' || body.query.trim() === '') {
    const message = 'Query text should be a string that is not empty.';
    return badArgument({ code: 'QueryValidationError', message });
  }
  const others = body.workspaces;
  if (others !== undefined && !(Array.isArray(others) && others.every((one) => one === settings.workspaceId)))
    return unknownWorkspace();
  const now = parts.now();
  const spans = [body.timespan, isPost ? call.query.timespan : undefined]
    .filter((text) => text !== undefined && text !== null && text !== '')
    .map((text) => parseTimespan(String(text), now));
  if (spans.includes(undefined)) {
    return badArgument({ code: 'InvalidTimespan', message: 'The timespan is not an ISO 8601 interval.' });
  }
  if (parts.workspace.isEmpty) return empty(204);
  return answered(parts, call, body.query, spans as Timespan[]);
}

function answered(parts: LogAnalyticsParts, call: Call, query: string, spans: readonly Timespan[]): Answer {
  const { cache } = parts;
  const { fault } = call;
  const preferences = preferencesOf(headerOf(call, 'prefer') ?? '');
  const key = JSON.stringify([query, spans, preferences]);
  const cacheControl = headerOf(call, 'cache-control') ?? '';
  const kept = cache.find(key, cacheControl);
  const isFaulty =
    fault?.age !== undefined || fault?.partial !== undefined || fault?.readAccess !== undefined;
  if (kept !== undefined && !isFaulty) return kept;
  if (parts.settings.logAnalytics.queryTimeMs > preferences.waitSeconds * 1000) return gatewayTimeout();
  const fresh = () => {
    const answer = run(parts, call, query, spans, preferences);
    if (answer.status === 200 && !/\bno-store\b/.test(cacheControl)) cache.keep(key, answer);
    return answer;
  };
  return fault?.age === undefined ? fresh() : aged(cache.last(key) ?? fresh(), fault.age);
}
