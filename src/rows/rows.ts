import { parseInstant } from '../time/instant.ts';
import { hourOf, type Window } from '../time/window.ts';
import type { Deduplicator } from './deduplicator.ts';
import type { ActivityEvent, SourceName } from './event.ts';
import { type EventKey, keyOf } from './event-key.ts';
import { mapEvent, rowJson } from './map.ts';
import { withoutDepth } from './nesting.ts';
import type { Redact } from './redaction.ts';
import type { Truncations } from './truncate.ts';

/** A row ready to be sent: its JSON, and the event that it stands for. */
export interface ReadyRow {
  readonly json: string;
  readonly key: EventKey;
}

/** Which events the run is to take in, and what it counts on the way. */
export interface RowContext {
  readonly source: SourceName;
  readonly filter: {
    readonly activity: string | undefined;
    readonly userId: string | undefined;
    readonly workspaceIds: ReadonlySet<string>;
  };
  /** Whether an instant lies in what this run asks for. */
  readonly inWindow: (instant: number) => boolean;
  /** Whether an hour was settled before: it is not asked for again. */
  readonly isSettled: (hour: number) => boolean;
  readonly deduplicator: Deduplicator;
  readonly redact: Redact | undefined;
  /** Told each event that is no new one. */
  readonly onRepeat?: (key: EventKey) => void;
  readonly now: () => number;
  readonly counts: EventCounts;
}

export interface EventCounts {
  collected: number;
  skipped: number;
  withoutWorkspace: number;
  /** Events of settled hours that were listed under other ones, skipped. */
  ofSettledHours: number;
  /** Values that were cut to the service's limits. */
  readonly truncations: Truncations;
  /** Activity name to events taken in. */
  readonly activities: Map<string, number>;
  /** First instant of an hour to events taken in. */
  readonly hours: Map<number, number>;
}

/** Nothing counted yet. */
export function newEventCounts(): EventCounts {
  return {
    collected: 0,
    skipped: 0,
    withoutWorkspace: 0,
    ofSettledHours: 0,
    truncations: { values: 0, rows: 0 },
    activities: new Map(),
    hours: new Map(),
  };
}

/**
 * The rows of a page's events: those within window and filters that were not seen before.
 * @param window what the page was asked for; an event without a readable time counts to its last hour
 */
export function* rowsOf(
  events: Iterable<ActivityEvent>,
  window: Window,
  context: RowContext,
): Generator<ReadyRow, void> {
  const { counts, deduplicator } = context;
  for (const event of events) {
    const creationTime = event.CreationTime;
    const createdAt = typeof creationTime === 'string' ? parseInstant(creationTime) : undefined;
    const isElsewhere = createdAt !== undefined && !context.inWindow(createdAt);
    if (isElsewhere && !context.isSettled(hourOf(createdAt))) continue;
    if (!passes(event, context.filter, counts)) continue;
    if (isElsewhere) {
      counts.collected += 1;
      counts.skipped += 1;
      counts.ofSettledHours += 1;
      continue;
    }
    counts.collected += 1;
    const { row, key } = readied(event, createdAt, window, context);
    if (!deduplicator.admit(key)) {
      counts.skipped += 1;
      context.onRepeat?.(key);
      continue;
    }
    count(counts.activities, activityName(event));
    count(counts.hours, key.hour);
    yield { json: row(), key };
  }
}

/** An event's key, and its row for when it is new. */
function readied(
  event: ActivityEvent,
  createdAt: number | undefined,
  window: Window,
  { source, counts, now, deduplicator, redact }: RowContext,
): { key: EventKey; row: () => string } {
  // The hour that is settled last: as long as any hour of the window is asked for, the event is known.
  const hour = hourOf(createdAt ?? Math.max(window.start, window.end - 1));
  const key = withoutDepth(event, (given) => keyOf(given, hour));
  return {
    key: createdAt === undefined ? deduplicator.asDelivered(key) : key,
    row: () => jsonRow(event, createdAt, { source, now, redact }, counts.truncations),
  };
}

/** The row of an event as JSON. @param truncations where cut values are counted */
export function jsonRow(
  event: ActivityEvent,
  createdAt: number | undefined,
  { source, now, redact }: Pick<RowContext, 'source' | 'now' | 'redact'>,
  truncations: Truncations,
): string {
  return withoutDepth(
    event,
    (given) => rowJson(mapEvent(given, createdAt, source, now()), truncations, redact),
    () => {
      truncations.values += 1;
      truncations.rows += 1;
    },
  );
}

function passes(event: ActivityEvent, filter: RowContext['filter'], counts: EventCounts): boolean {
  // The service filters by activity and user; what it lets through all the same is held to it here.
  if (filter.activity !== undefined && !sameText(event.Activity ?? event.Operation, filter.activity))
    return false;
  if (filter.userId !== undefined && !sameText(event.UserId, filter.userId)) return false;
  if (filter.workspaceIds.size === 0) return true;
  const workspaceId = event.WorkspaceId;
  if (typeof workspaceId === 'string' && workspaceId !== '') {
    return filter.workspaceIds.has(workspaceId.toLowerCase());
  }
  counts.withoutWorkspace += 1;
  return false;
}

function sameText(value: unknown, wanted: string): boolean {
  return typeof value === 'string' && value.toLowerCase() === wanted.toLowerCase();
}

/** Operation names come from a fixed list; anything else is not shown. */
export function activityName(event: ActivityEvent): string {
  const name = event.Activity ?? event.Operation;
  return typeof name === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,79}$/.test(name) ? name : '(other)';
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
