import type { ActivityEvent } from '../rows/event.ts';
import type { Window } from '../time/window.ts';
import {
  type ActivityApi,
  type ActivityPage,
  AgedOutError,
  activityPages,
  BrokenChainError,
} from './activity-pages.ts';
import { merge } from './merge.ts';
import { RefusedError, reasonOf, type SourceLink } from './page.ts';

/** What collection has to tell: pages as they come, and how each window ended. */
export type WindowProgress =
  /** `askedAt`: when the window was first asked for, ms since the epoch. */
  | { readonly kind: 'begin'; readonly window: Window; readonly askedAt: number }
  | { readonly kind: 'page'; readonly window: Window; readonly events: Iterable<ActivityEvent> }
  /** `part` is what was really asked for: later than the window's start where that had aged out. */
  | { readonly kind: 'whole'; readonly window: Window; readonly part: Window }
  /** `refused`: the service said no to the app, as it may to every window that follows. */
  | {
      readonly kind: 'uncollected';
      readonly window: Window;
      readonly why: string;
      /** Of the service's last answer, where there was one. */
      readonly status: number | undefined;
      readonly refused: boolean;
    }
  | { readonly kind: 'aged-out'; readonly window: Window; readonly part: Window };

/** A chain of pages that was begun to see whether the source lets the app in. */
export interface FirstPage {
  readonly window: Window;
  readonly askedAt: number;
  readonly first: IteratorResult<ActivityPage, void>;
  readonly rest: AsyncGenerator<ActivityPage, void>;
}

/** Asks for the first page of a window. @throws as activityPages does; a refusal is the source's verdict */
export async function begin(api: ActivityApi, window: Window, link: SourceLink): Promise<FirstPage> {
  const rest = activityPages(api, window, link);
  const askedAt = link.deadline.clock.now();
  return { window, askedAt, first: await rest.next(), rest };
}

/**
 * Collects windows, up to `concurrency` at a time, in their order. A window that cannot be collected after all retries
 * is named as missing, and the others go on.
 */
export async function* collectWindows(
  api: ActivityApi,
  windows: Iterable<Window>,
  link: SourceLink,
  concurrency: number,
  begun?: FirstPage,
): AsyncGenerator<WindowProgress, void> {
  const generators = (function* () {
    for (const window of windows)
      yield collectWindow(api, window, link, begun?.window === window ? begun : undefined);
  })();
  yield* merge(generators, concurrency);
}

async function* collectWindow(
  api: ActivityApi,
  window: Window,
  link: SourceLink,
  begun: FirstPage | undefined,
): AsyncGenerator<WindowProgress, void> {
  for (let broken = 0; ; broken += 1) {
    let from = window.start;
    try {
      const resumed = broken === 0 ? begun : undefined;
      yield { kind: 'begin', window, askedAt: resumed?.askedAt ?? link.deadline.clock.now() };
      const pages = resumed === undefined ? activityPages(api, window, link) : resume(resumed);
      for await (const page of pages) {
        from = page.from;
        yield { kind: 'page', window, events: page.events };
      }
      if (from > window.start) yield { kind: 'aged-out', window, part: { start: window.start, end: from } };
      yield { kind: 'whole', window, part: { start: from, end: window.end } };
      return;
    } catch (error) {
      if (error instanceof AgedOutError) {
        yield { kind: 'aged-out', window, part: window };
        return;
      }
      if (error instanceof BrokenChainError && broken === 0) continue;
      const reason = error instanceof BrokenChainError ? { why: error.message } : reasonOf(error);
      if (reason === undefined) throw error;
      const refused = error instanceof RefusedError && error.isVerdict;
      yield { kind: 'uncollected', window, why: reason.why, status: reason.status, refused };
      return;
    }
  }
}

async function* resume(begun: FirstPage): AsyncGenerator<ActivityPage, void> {
  if (!begun.first.done) yield begun.first.value;
  yield* begun.rest;
}
