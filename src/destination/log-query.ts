import type { Pipeline } from '@azure/core-rest-pipeline';
import { authorizationPolicy } from '../auth/authorize.ts';
import type { EntraCredential } from '../auth/credential.ts';
import { ActionError, type FaultCode } from '../errors.ts';
import { type Answer, jsonOf, statusWithCode } from '../http/answer.ts';
import { Gate } from '../http/gate.ts';
import { type Outcome, RequestFailedError, retrying } from '../http/retry.ts';
import { Slots } from '../http/slots.ts';
import { createPipeline, send } from '../http/transport.ts';
import { SECOND } from '../time/clock.ts';
import type { Deadline } from '../time/deadline.ts';
import type { AnswerRow } from './answer-row.ts';

/**
 * Asks the query API of one workspace, with all retries. An answer that is cached or partial is none.
 * @returns the rows; undefined where the workspace never had any data
 * @throws ActionError 'table-…', PartialAnswerError, DeadlineError, or the deadline's reason
 */
export type LogQuery = (text: string, deadline: Deadline) => Promise<AnswerRow[] | undefined>;

/** Thrown where only some of the rows came, again and again: asked for fewer, they may all come. */
export class PartialAnswerError extends Error {
  override readonly name = 'PartialAnswerError';
}

const PARTIAL = 'a partial answer';
/** Attempts at a query that is answered in part. */
const PARTIALS = 3;
const LOG_ANALYTICS = 'Log Analytics';
/** Waits where a 429 names no time. */
const WAITS = { first: 5 * SECOND, longest: 60 * SECOND };
/** How long the service may work on a query, in seconds, and how long nothing may be heard of it. */
const WAIT = 180;
const SILENCE = (WAIT + 20) * SECOND;
/** The service queues more than five of a user. */
const AT_ONCE = 2;

/** @param workspace the address of the API and the workspace's id, scope of the token */
export function openLogQuery(
  workspace: {
    readonly queryUrl: string;
    readonly queryScope: string;
    readonly workspaceId: string;
    readonly tableName: string;
  },
  credential: EntraCredential,
  userAgent: string,
): LogQuery {
  const { queryUrl, queryScope, workspaceId, tableName } = workspace;
  const pipeline = createPipeline(userAgent, authorizationPolicy(credential, queryScope));
  const gate = new Gate(WAITS, LOG_ANALYTICS);
  const slots = new Slots(AT_ONCE);
  const url = `${queryUrl}/v1/workspaces/${workspaceId}/query`;
  return async (query, deadline) => {
    await slots.take();
    try {
      const attempt = (number: number) => attemptQuery(pipeline, url, query, deadline, { tableName, number });
      return await retrying(attempt, deadline, LOG_ANALYTICS, gate);
    } catch (error) {
      if (!(error instanceof RequestFailedError)) throw error;
      if (error.why === PARTIAL) throw new PartialAnswerError();
      const detail = `${error.message} at ${new URL(queryUrl).host}`;
      throw new ActionError('table-unreachable', detail, { cause: error });
    } finally {
      slots.give();
    }
  };
}

async function attemptQuery(
  pipeline: Pipeline,
  url: string,
  query: string,
  deadline: Deadline,
  { tableName, number }: { readonly tableName: string; readonly number: number },
): Promise<Outcome<AnswerRow[] | undefined>> {
  const outcome = await send(pipeline, {
    method: 'POST',
    url,
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      'Cache-Control': 'no-cache',
      Prefer: `wait=${WAIT}`,
    },
    body: JSON.stringify({ query }),
    silenceMs: SILENCE,
    answer: 'query',
    signal: deadline.signal,
  });
  if (outcome.kind !== 'done') return outcome;
  const answer = outcome.value;
  const { status } = answer;
  if (status >= 400) throw refusal(answer, tableName);
  const again = (why: string): Outcome<never> => ({
    kind: 'transient',
    why,
    status,
    retryAfterMs: undefined,
  });
  // https://learn.microsoft.com/en-us/azure/azure-monitor/logs/api/cache
  if (Number(answer.header('age') ?? 0) > 0) return again('a cached answer');
  // A workspace without any data (https://learn.microsoft.com/en-us/azure/azure-monitor/logs/api/errors).
  if (status === 204) return { kind: 'done', value: undefined };
  if (status !== 200) return again(`HTTP ${status} instead of 200`);
  const body = jsonOf(answer);
  if (body === undefined) return again('HTTP 200 without JSON');
  if (isPartial(body.error)) {
    return number < PARTIALS ? again(PARTIAL) : { kind: 'failed', why: PARTIAL, status };
  }
  const rows = rowsOf(body.tables);
  return rows === undefined ? again('HTTP 200 without a table') : { kind: 'done', value: rows };
}

/**
 * Whether an answer lacks some of its rows. Only warnings say that it does not
 * (https://learn.microsoft.com/en-us/azure/azure-monitor/logs/api/response-format).
 */
function isPartial(error: unknown): boolean {
  if (error === undefined || error === null) return false;
  const { details } = error as { details?: unknown };
  if (!Array.isArray(details) || details.length === 0) return true;
  return !details.every((detail: unknown) => {
    const severity = innerOf(detail)?.severity ?? (detail as { severity?: unknown } | null)?.severity;
    return typeof severity === 'number' && severity >= 3;
  });
}

function innerOf(error: unknown): Record<string, unknown> | undefined {
  const { innererror, innerError } = (error ?? {}) as { innererror?: unknown; innerError?: unknown };
  const inner = innererror ?? innerError;
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : undefined;
}

function rowsOf(tables: unknown): AnswerRow[] | undefined {
  if (!Array.isArray(tables)) return undefined;
  const primary = (tables.find((table) => table?.name === 'PrimaryResult') ?? tables[0]) as
    | { columns?: { name?: unknown }[]; rows?: unknown[][] }
    | undefined;
  if (!Array.isArray(primary?.columns) || !Array.isArray(primary.rows)) return undefined;
  const names = primary.columns.map(({ name }) => String(name));
  return primary.rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]])));
}

/** Codes only: messages hold names of workspaces and addresses of runners. */
function refusal(answer: Answer, tableName: string): ActionError {
  const { codes, isTable } = codesOf(answer);
  const why = [statusWithCode(answer), ...codes.slice(1)].join(' ');
  const fault = (code: FaultCode) => new ActionError(code, why);
  if (codes.includes('SEM0100')) {
    return new ActionError(isTable ? 'table-unknown' : 'table-columns', `${why}: table ${tableName}`);
  }
  if (answer.status === 401 || answer.status === 403)
    return fault(codes.includes('NspValidationFailedError') ? 'table-network' : 'table-forbidden');
  // A query that is not understood says nothing of the workspace.
  const isOfQuery = codes.some((one) => /^(?:SyntaxError|SemanticError|SYN\d+|SEM\d+)$/.test(one));
  const isUnknown = (answer.status === 400 || answer.status === 404) && !isOfQuery;
  return fault(isUnknown ? 'table-workspace-unknown' : 'table-unreachable');
}

/** The codes of an error from the outermost in, and whether it is a table that could not be resolved. */
function codesOf(answer: Answer): { codes: string[]; isTable: boolean } {
  const codes: string[] = [];
  let isTable = false;
  let error = jsonOf(answer)?.error as Record<string, unknown> | undefined;
  while (typeof error === 'object' && error !== null && codes.length < 10) {
    const { code, message } = error;
    if (typeof code === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(code)) codes.push(code);
    isTable ||= typeof message === 'string' && /resolve table\b/.test(message);
    error = innerOf(error);
  }
  return { codes, isTable };
}
