import { randomUUID } from 'node:crypto';
import type { Budget } from '../tenant/budget.ts';
import { readContinuation } from '../tenant/continuation.ts';
import type { FabricWorkspace, Settings } from '../tenant/settings.ts';
import type { Tokens } from '../tenant/tokens.ts';
import { type Answer, type Call, json } from '../wire/exchange.ts';
import { audiencesOf } from '../wire/hosts.ts';
import { headerOf } from '../wire/request.ts';
import { firstPosition, type Paging, pageAnswer } from './activity-pages.ts';

/** What the Fabric service works with. */
export interface FabricParts {
  settings: Settings;
  tokens: Tokens;
  paging: Paging;
  budget: Budget;
  workspaces: FabricWorkspace[];
  workspacePageSize: number;
  now: () => number;
}

/**
 * Fabric REST: workspaces, and the activities path that no published specification has.
 * https://github.com/microsoft/fabric-rest-api-specs
 */
export function fabric(parts: FabricParts): (call: Call) => Answer {
  return (call) => {
    const state = parts.tokens.judge(headerOf(call, 'authorization'), audiencesOf('fabric', call.host));
    if (state === 'expired') return failure(401, 'TokenExpired', 'Access token has expired');
    if (state !== 'valid') return failure(401, 'InvalidToken', 'Access token is invalid');
    const activities = call.path === '/v1/admin/activities';
    // The path is unknown to the real service, which says so before it looks at permissions.
    if (activities && parts.settings.fabricActivities === 'missing') return notFound();
    if (!parts.settings.fabricAllowed) return failure(401, 'Unauthorized', 'The caller is not authenticated');
    const seconds = parts.budget.take();
    if (seconds !== undefined) {
      const answer = failure(429, 'RequestBlocked', 'Request is blocked by the upstream service');
      return { ...answer, headers: { ...answer.headers, 'retry-after': String(seconds) } };
    }
    if (call.method !== 'GET' || call.malformedQuery)
      return failure(400, 'InvalidInput', 'The request is invalid');
    if (activities) return activityPage(parts, call);
    if (call.path === '/v1/workspaces') return workspacePage(parts, call);
    const id = /^\/v1\/workspaces\/([^/]+)$/.exec(call.path)?.[1];
    return id === undefined ? notFound() : workspace(parts, id);
  };
}

/** The same log without quotes, and a whole window at once, as notebooks that call this path expect it. */
function activityPage(parts: FabricParts, call: Call): Answer {
  if (parts.settings.fabricActivities === 'forbidden') {
    return failure(403, 'InsufficientPrivileges', 'The caller does not have sufficient permissions');
  }
  const { startDateTime = '', endDateTime = '', continuationToken } = call.query;
  if (continuationToken !== undefined) {
    const position = readContinuation(continuationToken);
    if (position === undefined) return failure(400, 'InvalidParameter', 'The continuation token is invalid');
    return pageAnswer(parts.paging, position, call.fault, continuationToken);
  }
  const [from, to] = [startDateTime, endDateTime].map((text) =>
    Date.parse(text.endsWith('Z') ? text : `${text}Z`),
  );
  if (!(from !== undefined && to !== undefined && from <= to)) {
    return failure(400, 'InvalidParameter', 'The window is invalid');
  }
  return pageAnswer(parts.paging, firstPosition(from, to, parts.now(), {}), call.fault, undefined);
}

/** At the end both continuation properties are absent; tokens are encoded in the JSON and never quoted. */
function workspacePage(parts: FabricParts, call: Call): Answer {
  const { workspaces, workspacePageSize } = parts;
  const token = call.query.continuationToken;
  const isBase64 = token !== undefined && /^[\w+/]+=*$/.test(token);
  const match = /^,(\d+),\d+,0$/.exec(isBase64 ? Buffer.from(token, 'base64').toString('utf8') : '');
  if (token !== undefined && match === null) {
    return failure(400, 'InvalidParameter', 'The continuation token is invalid');
  }
  const offset = Number(match?.[1] ?? 0);
  const next = offset + workspacePageSize;
  const value = workspaces.slice(offset, next).map(describe);
  if (next >= workspaces.length) return json(200, { value });
  const text = Buffer.from(`,${next},100000,0`, 'utf8').toString('base64');
  const continuationToken = encodeURIComponent(text);
  const base = 'https://api.fabric.microsoft.com/v1/workspaces';
  const continuationUri = `${base}?continuationToken=${continuationToken}`;
  return json(200, { value, continuationToken, continuationUri });
}

function workspace(parts: FabricParts, id: string): Answer {
  if (!/^[\da-z]{8}(-[\da-z]{4}){3}-[\da-z]{12}$/i.test(id)) {
    return failure(400, 'InvalidParameter', 'The workspace id is invalid');
  }
  const found = parts.workspaces.find((one) => one.id.toLowerCase() === id.toLowerCase());
  if (found === undefined) return notFound();
  if (found.readable === false) {
    return failure(403, 'InsufficientPrivileges', 'The caller does not have sufficient permissions');
  }
  return json(200, { ...describe(found), capacityAssignmentProgress: 'Completed' });
}

function describe({ readable: _, ...workspace }: FabricWorkspace): object {
  return { description: '', type: 'Workspace', ...workspace };
}

function notFound(): Answer {
  return failure(404, 'EntityNotFound', 'The requested resource could not be found');
}

/** Codes for a wrong bearer, a refused caller and a throttle are not documented; statuses and shape are. */
function failure(status: number, errorCode: string, message: string): Answer {
  return json(status, {
    errorCode,
    message,
    requestId: randomUUID(),
    moreDetails: [],
    isRetriable: status === 429,
  });
}
