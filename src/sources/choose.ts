import { ActionError } from '../errors.ts';
import type { SourceChoice } from '../inputs/inputs.ts';
import type { Window } from '../time/window.ts';
import { type ActivityApi, AgedOutError } from './activity-pages.ts';
import { RefusedError, reasonOf, type SourceLink } from './page.ts';
import { begin, type FirstPage } from './windows.ts';

/** An activity log that may be asked, and the windows it wants to be asked for. */
export interface Candidate {
  readonly api: ActivityApi;
  readonly link: SourceLink;
  readonly windows: readonly Window[];
}

export type OpenedSource =
  | { readonly kind: 'activity'; readonly candidate: Candidate; readonly first: FirstPage | undefined }
  | { readonly kind: 'workspaces' };

export interface Choice {
  readonly source: SourceChoice;
  readonly candidates: readonly Candidate[];
  /** Whether workspace records may stand in, and why not where they may not. */
  readonly workspaces: { readonly allowed: boolean; readonly why: string };
  /** Told each refusal, such as "power-bi: HTTP 401 PowerBINotAuthorizedException". */
  readonly onRefusal: (reason: string) => void;
}

/** Windows that may fail for other reasons before the first one that tells whether the source lets the app in. */
const TRIES = 3;

/**
 * The first source that lets the app in, found by asking for its first page.
 * @throws ActionError 'source-refused' where none is left
 */
export async function choose(choice: Choice): Promise<OpenedSource> {
  if (choice.source === 'workspaces') return { kind: 'workspaces' };
  const refusals: string[] = [];
  for (const candidate of choice.candidates) {
    const result = await firstPage(candidate);
    if (!(result instanceof RefusedError)) return { kind: 'activity', candidate, first: result };
    const reason = `${candidate.api.name}: ${result.why}`;
    refusals.push(reason);
    choice.onRefusal(reason);
  }
  if (choice.source === 'auto' && choice.workspaces.allowed) return { kind: 'workspaces' };
  const why = choice.source === 'auto' ? [choice.workspaces.why] : [];
  throw new ActionError('source-refused', { points: [...refusals, ...why] });
}

async function firstPage(candidate: Candidate): Promise<FirstPage | RefusedError | undefined> {
  for (const window of candidate.windows.slice(0, TRIES)) {
    try {
      return await begin(candidate.api, window, candidate.link);
    } catch (error) {
      if (error instanceof RefusedError && error.isVerdict) return error;
      // This window is collected, or found missing, with all the others.
      if (!(error instanceof AgedOutError) && reasonOf(error) === undefined) throw error;
    }
  }
  return undefined;
}
