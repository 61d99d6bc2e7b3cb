import { limitedAnswer } from '../kusto/answer.ts';
import { NotEvaluatedError, QueryError } from '../kusto/errors.ts';
import { evaluate } from '../kusto/evaluate.ts';
import type { Table } from '../kusto/values.ts';
import type { Budget } from '../tenant/budget.ts';
import type { Settings } from '../tenant/settings.ts';
import type { Tokens } from '../tenant/tokens.ts';
import { type Answer, type Call, empty, json } from '../wire/exchange.ts';
import { audiencesOf } from '../wire/hosts.ts';
import { queryBodyOf } from '../wire/query-text.ts';
import { headerOf } from '../wire/request.ts';
import type { LogWorkspace } from './log-workspace.ts';
import { aged, type QueryCache } from './query-cache.ts';
import {
  badArgument,
  gatewayTimeout,
  insufficientAccess,
  partialError,
  queryError,
  resultTooLarge,
  throttledQuery,
  unauthenticated,
} from './query-errors.ts';
import { type Preferences, preferencesOf } from './query-preferences.ts';
import { parseTimespan, type Timespan } from './timespan.ts';

/** What the query API works with. */
export interface LogAnalyticsParts {
  settings: Settings;
  tokens: Tokens;
  workspace: LogWorkspace;
  budget: Budget;
  cache: QueryCache;
  now: () => number;
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

/** The refusals that come before the query is looked at. */
function refusalOf(
  { settings, tokens, budget }: LogAnalyticsParts,
  call: Call,
  id: string,
): Answer | undefined {
  const { workspaceId, readAccess } = settings.logAnalytics;
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
  switch (readAccess) {
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

/** Status and code for a wrong id are documented for parts of a batch only; a client has to go by the status. */
function unknownWorkspace(): Answer {
  return queryError(404, 'ResourceNotFoundError', 'The requested resource was not found');
}

function answered(parts: LogAnalyticsParts, call: Call, query: string, spans: readonly Timespan[]): Answer {
  const { cache } = parts;
  const { fault } = call;
  const preferences = preferencesOf(headerOf(call, 'prefer') ?? '');
  const key = JSON.stringify([query, spans, preferences]);
  const cacheControl = headerOf(call, 'cache-control') ?? '';
  const kept = cache.find(key, cacheControl);
  const isFaulty = fault?.age !== undefined || fault?.partial !== undefined || fault?.blind === true;
  if (kept !== undefined && !isFaulty) return kept;
  if (parts.settings.logAnalytics.queryTimeMs > preferences.waitSeconds * 1000) return gatewayTimeout();
  const fresh = () => {
    const answer = run(parts, call, query, spans, preferences);
    if (answer.status === 200 && !/\bno-store\b/.test(cacheControl)) cache.keep(key, answer);
    return answer;
  };
  return fault?.age === undefined ? fresh() : aged(cache.last(key) ?? fresh(), fault.age);
}

function run(
  { settings, workspace, now }: LogAnalyticsParts,
  { fault }: Call,
  query: string,
  spans: readonly Timespan[],
  preferences: Preferences,
): Answer {
  workspace.queries += 1;
  const view = {
    now: now(),
    query: workspace.queries,
    from: Math.max(...spans.map(({ from }) => from)),
    to: Math.min(...spans.map(({ to }) => to)),
  };
  const started = performance.now();
  const tables = workspace.tables(view, fault?.blind === true);
  const { maxRows, maxBytes } = settings.logAnalytics;
  let result: Table;
  try {
    result = evaluate(query, { tables, functions: [] }, view.now);
  } catch (error) {
    if (error instanceof QueryError) return json(400, error.body());
    if (error instanceof NotEvaluatedError) return queryError(501, 'NotEvaluatedError', error.message);
    throw error;
  }
  const wanted = Math.min(maxRows, fault?.partial?.rows ?? maxRows);
  const { table, exceeded } = limitedAnswer(result, { rows: wanted, bytes: maxBytes });
  const limit = exceeded === 'bytes' ? `${maxBytes} bytes` : `${wanted} rows`;
  const isPartial = fault?.partial !== undefined || exceeded !== undefined;
  const error = isPartial ? { error: partialError(resultTooLarge(limit, fault?.partial?.severity)) } : {};
  const seconds = (performance.now() - started) / 1000;
  const more = preferences.extras(seconds, table.rows.length, [...tables.keys()]);
  return {
    ...json(200, { tables: [table], ...more, ...error }, preferences.applied),
    rows: table.rows.length,
  };
}
