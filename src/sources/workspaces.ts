import { ActionError } from '../errors.ts';
import { type Answer, jsonOf } from '../http/answer.ts';
import { merge } from '../merge.ts';
import type { ActivityEvent } from './event.ts';
import { encodeToken, get, RefusedError, reasonOf, type SourceLink } from './page.ts';

/** A workspace that could be read, as a record; or the id of one that could not, and why. */
export type WorkspaceResult =
  | { readonly record: ActivityEvent }
  | { readonly unreadable: string; readonly why: string };

/**
 * One record for each workspace that the app can read: all of them, or the ids given. It says that the workspace was
 * readable at this time, not that somebody used it.
 * (https://learn.microsoft.com/en-us/rest/api/fabric/core/workspaces/list-workspaces)
 * @throws ActionError 'workspaces-refused' or 'source-unreachable' where they cannot be listed
 */
export async function* workspaceRecords(
  url: string,
  ids: ReadonlySet<string>,
  link: SourceLink,
  concurrency: number,
): AsyncGenerator<WorkspaceResult, void> {
  const wanted = ids.size > 0 ? [...ids] : await allWorkspaceIds(url, link).catch(listFault);
  const readers = (function* () {
    for (const id of wanted) yield read(url, id, link);
  })();
  yield* merge(readers, concurrency);
}

function listFault(error: unknown): never {
  const why = reasonOf(error);
  if (why === undefined) throw error;
  const code = error instanceof RefusedError ? 'workspaces-refused' : 'source-unreachable';
  throw new ActionError(code, `the list of workspaces: ${why}`, { cause: error });
}

async function allWorkspaceIds(url: string, link: SourceLink): Promise<string[]> {
  const ids = new Set<string>();
  const tokens = new Set<string>();
  let next: string | undefined = `${url}/v1/workspaces`;
  while (next !== undefined) {
    const page: string = next;
    const body = await get(
      link,
      () => page,
      (answer) => having(answer, 'value', Array.isArray),
    );
    const value = body.value;
    for (const workspace of Array.isArray(value) ? value : []) {
      const id: unknown = workspace?.id;
      if (typeof id === 'string') ids.add(id);
    }
    const token = body.continuationToken;
    const more = typeof token === 'string' && token !== '';
    if (more && tokens.has(token)) {
      throw new ActionError(
        'source-unreachable',
        'the list of workspaces: the same continuation token came twice',
      );
    }
    if (more) tokens.add(token);
    next = more ? `${url}/v1/workspaces?continuationToken=${encodeToken(token)}` : undefined;
  }
  return [...ids];
}

async function* read(url: string, id: string, link: SourceLink): AsyncGenerator<WorkspaceResult, void> {
  try {
    const workspace = await get(
      link,
      () => `${url}/v1/workspaces/${encodeURIComponent(id)}`,
      (answer) => having(answer, 'id', (value) => typeof value === 'string'),
    );
    yield { record: recordOf(workspace, id, link.pace.clock.now()) };
  } catch (error) {
    const why = reasonOf(error);
    if (why === undefined) throw error;
    yield { unreadable: id, why };
  }
}

/** The body, where it is an object whose property is as expected. */
function having(
  answer: Answer,
  property: string,
  fits: (value: unknown) => boolean,
): Record<string, unknown> | undefined {
  const body = jsonOf(answer);
  return body !== undefined && fits(body[property]) ? body : undefined;
}

function recordOf(workspace: Record<string, unknown>, id: string, now: number): ActivityEvent {
  return {
    Id: `workspace-access-${id}-${Math.floor(now / 1000)}`,
    RecordType: 'WorkspaceAccess',
    CreationTime: new Date(now).toISOString(),
    Operation: 'WorkspaceViewed',
    ActivityType: 'WorkspaceViewed',
    Activity: 'WorkspaceAccess',
    WorkspaceId: id,
    WorkspaceName: workspace.displayName,
    CapacityId: workspace.capacityId,
    UserId: 'ServicePrincipal',
    UserType: 'ServicePrincipal',
    Workload: 'PowerBI',
  };
}
