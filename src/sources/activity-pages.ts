import type { Turn } from '../turn.ts';
import { historyStart, type Window } from '../window.ts';
import type { ActivityEvent } from './event.ts';
import { encodeToken, getJson, RefusedError, type SourceLink } from './page.ts';

/** How a service wants to be asked for activity events. */
export interface ActivityApi {
  readonly name: 'power-bi' | 'fabric';
  firstUrl(window: Window): string;
  /** @param token ready for the URL, encoded once */
  nextUrl(window: Window, token: string): string;
}

/** Thrown when the window has left the 28 days that the service keeps. */
export class AgedOutError extends Error {
  override readonly name = 'AgedOutError';
}

/** Thrown when a chain of pages cannot be followed on: worth another start from its beginning. */
export class BrokenChainError extends Error {
  override readonly name = 'BrokenChainError';
}

export interface ActivityPage {
  readonly events: readonly ActivityEvent[];
  /** The part of the window that was really asked for: later than the window's start where that had aged out. */
  readonly from: number;
}

/** Pages without a single event after which a chain is taken for endless. */
const EMPTY_PAGES = 1000;

/**
 * All pages of a window. The end is a missing continuation token and nothing else: pages may be empty, and
 * lastResultSet is false on the last one too.
 * While a page is with the consumer, `turn` is held.
 */
export async function* activityPages(
  api: ActivityApi,
  window: Window,
  link: SourceLink,
  turn: Turn,
): AsyncGenerator<ActivityPage, void> {
  let from = window.start;
  const firstUrl = () => {
    from = Math.max(window.start, historyStart(link.pace.clock.now()));
    if (from >= window.end) throw new AgedOutError();
    return api.firstUrl({ start: from, end: window.end });
  };
  let body = await getJson(link, firstUrl, hasEvents, turn);
  const seen = new Set<string>();
  for (let empty = 0; ; ) {
    let token: string | undefined;
    try {
      const events = eventsOf(body);
      empty = events.length === 0 ? empty + 1 : 0;
      token = tokenOf(body);
      yield { events, from };
    } finally {
      turn.pass();
    }
    if (token === undefined) return;
    if (seen.has(token)) throw new BrokenChainError('the same continuation token came twice');
    if (empty >= EMPTY_PAGES) throw new BrokenChainError(`${EMPTY_PAGES} empty pages in a row`);
    seen.add(token);
    const next = api.nextUrl({ start: from, end: window.end }, encodeToken(token));
    try {
      body = await getJson(link, () => next, hasEvents, turn);
    } catch (error) {
      // How long a token lives is nowhere documented; a refused one is no verdict on the app.
      const refused = error instanceof RefusedError && (error.status === 400 || error.status === 410);
      throw refused ? new BrokenChainError(`the continuation token was refused (${error.why})`) : error;
    }
  }
}

function hasEvents(body: Record<string, unknown>): boolean {
  return Array.isArray(body.activityEventEntities);
}

function eventsOf(body: Record<string, unknown>): readonly ActivityEvent[] {
  const entities = body.activityEventEntities as unknown[];
  // Blank records have been seen; there is nothing in them to keep.
  return entities.filter(
    (entity) => typeof entity === 'object' && entity !== null && !Array.isArray(entity),
  ) as ActivityEvent[];
}

function tokenOf(body: Record<string, unknown>): string | undefined {
  const token = body.continuationToken;
  return typeof token === 'string' && token !== '' ? token : undefined;
}
