import type { Answer } from '../http/answer.ts';
import { letGo } from '../http/body.ts';
import type { ActivityEvent } from '../rows/event.ts';
import { parseExactly } from '../rows/exact-json.ts';
import { historyStart, type Window } from '../time/window.ts';
import { encodeToken, get, RefusedError, type SourceLink } from './page.ts';
import { type Span, scanPage } from './scan.ts';

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
  /** To be gone through once. */
  readonly events: Iterable<ActivityEvent>;
  /** The part of the window that was really asked for: later than the window's start where that had aged out. */
  readonly from: number;
}

/** Pages without a single event after which a chain is taken for endless. */
const EMPTY_PAGES = 1000;

/**
 * All pages of a window. The end is a missing continuation token and nothing else: pages may be empty, and
 * lastResultSet is false on the last one too.
 */
export async function* activityPages(
  api: ActivityApi,
  window: Window,
  link: SourceLink,
): AsyncGenerator<ActivityPage, void> {
  let from = window.start;
  const firstUrl = () => {
    from = Math.max(window.start, historyStart(link.now()));
    if (from >= window.end) throw new AgedOutError();
    return api.firstUrl({ start: from, end: window.end });
  };
  let page = await get(link, firstUrl, readPage);
  const seen = new Set<string>();
  for (let empty = 0; ; ) {
    yield { events: page.events(), from };
    // Only now that the consumer went through them is it known whether all of them could be read.
    if (page.isBroken()) throw new BrokenChainError('an event is no JSON');
    const { token } = page;
    if (token === undefined) return;
    empty = page.isEmpty ? empty + 1 : 0;
    if (seen.has(token)) throw new BrokenChainError('the same continuation token came twice');
    if (empty >= EMPTY_PAGES) throw new BrokenChainError(`${EMPTY_PAGES} empty pages in a row`);
    seen.add(token);
    const next = api.nextUrl({ start: from, end: window.end }, encodeToken(token));
    try {
      page = await get(link, () => next, readPage);
    } catch (error) {
      // How long a token lives is nowhere documented; a refused one is no verdict on the app.
      const refused = error instanceof RefusedError && (error.status === 400 || error.status === 410);
      throw refused ? new BrokenChainError(`the continuation token was refused (${error.why})`) : error;
    }
  }
}

interface RawPage {
  /** Parsed one at a time, as they are taken; ends at one that is no JSON. */
  readonly events: () => Generator<ActivityEvent, void>;
  readonly isBroken: () => boolean;
  readonly isEmpty: boolean;
  readonly token: string | undefined;
}

function readPage({ body }: Answer): RawPage | undefined {
  const scanned = scanPage(body, 'activityEventEntities');
  if (scanned === undefined) return undefined;
  // An error beside the events says that these are not all.
  if (scanned.rest.error !== undefined && scanned.rest.error !== null) return undefined;
  const token = scanned.rest.continuationToken ?? '';
  // Anything else than a text or nothing is no end of data.
  if (typeof token !== 'string') return undefined;
  // Let go of once the events are taken: the page before must not stay in memory while the next one is waited for.
  let held: { body: Buffer; elements: readonly Span[] } | undefined = { body, elements: scanned.elements };
  const isEmpty = scanned.elements.length === 0;
  let broken = false;
  function* events(): Generator<ActivityEvent, void> {
    for (const element of held?.elements ?? []) {
      const event = held === undefined ? undefined : parseElement(held.body, element);
      broken = event === undefined;
      if (broken) break;
      // Blank records have been seen; there is nothing in them to keep.
      if (typeof event === 'object' && event !== null && !Array.isArray(event)) yield event as ActivityEvent;
    }
    if (held !== undefined) letGo(held.body);
    held = undefined;
  }
  return {
    events,
    isBroken: () => broken,
    isEmpty,
    token: token === '' ? undefined : token,
  };
}

/** An element's value, or undefined where it is no JSON. */
function parseElement(body: Buffer, { start, end, longNumber }: Span): unknown {
  const text = body.toString('utf8', start, end);
  try {
    return longNumber ? parseExactly(text) : JSON.parse(text);
  } catch (error) {
    // Nested too deep for a reviver, not for the parser.
    return error instanceof RangeError ? JSON.parse(text) : undefined;
  }
}
