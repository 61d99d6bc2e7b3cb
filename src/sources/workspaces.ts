import { ActionError } from '../errors.ts';
import { type Answer, jsonOf } from '../http/answer.ts';
import type { ActivityEvent } from '../rows/event.ts';
import { merge } from './merge.ts';
import { encodeToken, get, RefusedError, reasonOf, type SourceLink } from './page.ts';

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A workspace that could be read, as a record; or the id of one that could not, and why. */
export type WorkspaceResult =
  | { readonly record: ActivityEvent }
  | { readonly unreadable: string; readonly why: string; readonly status: number | undefined };

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
  const listed = ids.size > 0 ? { wanted: ids, odd: 0 } : await allWorkspaceIds(url, link).catch(listFault);
  const { wanted, odd } = listed;
  // Such an id is anybody's text: it is neither shown nor put into an address.
  if (odd > 0)
    yield { unreadable: `${odd} listed without a GUID`, why: 'an id that is no GUID', status: undefined };
  const readers = (function* () {
    for (const id of wanted) yield read(url, id, link);
  })();
  yield* merge(readers, concurrency);
}

function listFault(error: unknown): never {
  const reason = reasonOf(error);
  if (reason === undefined) throw error;
  const code = error instanceof RefusedError ? 'workspaces-refused' : 'source-unreachable';
  throw new ActionError(code, `the list of workspaces: ${reason.why}`, { cause: error });
}

async function allWorkspaceIds(
  url: string,
  link: SourceLink,
): Promise<{ wanted: ReadonlySet<string>; odd: number }> {
  const ids = new Set<string>();
  let odd = 0;
  const tokens = new Set<string>();
  let next: string | undefined = `${url}/v1/workspaces`;
  while (next !== undefined) {
    const page: string = next;
    const body = await get(
      link,
      () => page,
      (answer) => having(answer, 'value', Array.isArray),
      'list',
    );
    const value = body.value;
    for (const workspace of Array.isArray(value) ? value : []) {
      const id: unknown = workspace?.id;
      if (typeof id === 'string' && GUID.test(id)) ids.add(id);
      else odd += 1;
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
  return { wanted: ids, odd };
}

async function* read(url: string, id: string, link: SourceLink): AsyncGenerator<WorkspaceResult, void> {
  try {
    const workspace = await get(
      link,
      () => `${url}/v1/workspaces/${encodeURIComponent(id)}`,
      (answer) => having(answer, 'id', (value) => typeof value === 'string'),
      'list',
    );
    yield { record: recordOf(workspace, id, link.now()) };
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    yield { unreadable: id, why: reason.why, status: reason.status };
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
