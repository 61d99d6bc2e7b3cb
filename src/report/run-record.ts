import type { Ending } from '../destination/uploader.ts';
import { ActionError, FAULTS, type FaultCode } from '../errors.ts';
import type { SourceName } from '../rows/event.ts';
import type { EventCounts } from '../rows/rows.ts';
import { DAY, HOUR } from '../time/clock.ts';
import type { Wait } from '../time/deadline.ts';
import { hourOf, type Window } from '../time/window.ts';

/** One upload in the batch summary. */
export interface BatchEntry {
  readonly batch: number;
  readonly rows: number;
  readonly bytes: number;
  readonly wireBytes: number;
  readonly status: 'sent' | 'refused' | 'failed' | 'dry-run';
  readonly requestId: string;
}

/** First entries kept of the batch summary, so that the output stays far below GitHub's megabyte. */
export const BATCH_ENTRIES = 500;

export type WarningCode =
  | 'clipped'
  | 'clock'
  | 'settled-hours'
  | 'fallback'
  | 'no-events'
  | 'cut'
  | 'unreadable-workspaces'
  | 'aged-out'
  | 'incomplete'
  | 'lost'
  | 'quiet'
  | 'budget'
  | 'state-set-aside'
  | 'rejected-set-aside'
  | 'state-not-compacted'
  | 'replay';

/** Everything a run has to say about itself, gathered as it goes, so that it can be told at any moment it ends. */
export class Tally {
  readonly counts: EventCounts = {
    collected: 0,
    skipped: 0,
    withoutWorkspace: 0,
    ofSettledHours: 0,
    values: 0,
    rows: 0,
    activities: new Map(),
    hours: new Map(),
  };
  source: SourceName | undefined;
  fallbackUsed = false;
  readonly refusals: string[] = [];
  window: Window | undefined;
  dryRun = false;
  /** Hours planned and hours done with, of the activity log. */
  hoursPlanned = 0;
  hoursDone = 0;
  anyHourWhole = false;
  sourceRequests = 0;
  readonly missing: { readonly window: Window; readonly why: string }[] = [];
  readonly agedOut: Window[] = [];
  readonly unreadable: { readonly id: string; readonly why: string }[] = [];
  ingested = 0;
  refusedRows = 0;
  batchesSent = 0;
  batchesFailed = 0;
  bytesSent = 0;
  batchesTotal = 0;
  readonly batches: BatchEntry[] = [];
  readonly warnings = new Map<WarningCode, string>();
  readonly errors = new Map<FaultCode, ActionError>();
  /** Whether every window was collected whole from an activity log. */
  collectedWhole = false;
  /** Where the run ended for want of time: what came in the way. */
  outOfTime: string | undefined;
  /** The last long wait that each service asked for. */
  readonly waits = new Map<string, Wait>();
  /** Whether a checkpoint lets the next run go on. */
  carriesOn = false;
  /** Hours of the window that were settled before, and hours before the window that were caught up. */
  settledHours = 0;
  caughtUpHours = 0;
  /** Settled hours within the window that the inputs name. */
  settledWanted = 0;
  /** Hours without an event that usually have some. */
  readonly quietHours: number[] = [];
  /** A window of its own, such as a backfill's, says nothing about the schedule. */
  ownStart = false;
  lastRunAt: number | undefined;
  startedAt = 0;
  /** How far the services' clocks are ahead of the runner's, in ms; 0 where they agree. */
  clockAhead = 0;
  replayed = false;

  get failed(): number {
    return this.dryRun ? 0 : this.counts.collected - this.counts.skipped - this.ingested;
  }

  get complete(): boolean {
    return this.collectedWhole && this.failed === 0 && this.errors.size === 0 && this.outOfTime === undefined;
  }

  /** Who made the run wait, where it ended for want of time; empty where the reason says so already. */
  waitingFor(reason: string): string {
    const long = [...this.waits.values()].filter(({ service }) => !reason.includes(service));
    const named = long.map(
      ({ service, why, until }) => `${service} (${why}, until ${new Date(until).toISOString()})`,
    );
    return named.length === 0 ? '' : `; the run last waited for ${named.join(', ')}`;
  }

  warn(code: WarningCode, text: string): void {
    this.warnings.set(code, text);
  }

  /** Notes a fault; the first of each kind is the one that is told. */
  fail(error: ActionError): void {
    if (!this.errors.has(error.code)) this.errors.set(error.code, error);
  }

  requested(): void {
    this.sourceRequests += 1;
  }

  batchEnded(
    ending: Pick<Ending, 'batch' | 'wireBytes' | 'requestId'> & { status: BatchEntry['status'] },
  ): void {
    const rows = ending.batch.keys.length;
    const bytes = ending.batch.body.length;
    this.batchesTotal += 1;
    if (ending.status === 'sent') {
      this.ingested += rows;
      this.batchesSent += 1;
      this.bytesSent += ending.wireBytes;
    } else if (ending.status !== 'dry-run') {
      this.batchesFailed += 1;
      if (ending.status === 'refused') this.refusedRows += rows;
    }
    if (this.batches.length >= BATCH_ENTRIES) return;
    const { status, wireBytes, requestId } = ending;
    this.batches.push({ batch: this.batchesTotal, rows, bytes, wireBytes, status, requestId });
  }

  /** Whether rows lie so far back that the service replaces their TimeGenerated (older than two days). */
  replacesTimeGenerated(now: number): boolean {
    return [...this.counts.hours.keys()].some((hour) => hour + HOUR < hourOf(now) - 2 * DAY);
  }
}

/** A fault of the last source to be asked, with what the others had refused before it, and the remedy for those. */
export function afterRefusals(code: FaultCode, detail: string, tally: Tally): ActionError {
  if (tally.refusals.length === 0) return new ActionError(code, detail);
  const remedy = `${FAULTS['source-refused'].remedy} ${FAULTS[code].remedy}`;
  return new ActionError(code, `${tally.refusals.join('; ')}; ${detail}`, { remedy });
}

/** A window as a reader wants it: "2026-11-20T07:00Z to 08:00Z". */
export function describe(window: Window): string {
  const minute = (instant: number) => `${new Date(instant).toISOString().slice(0, 16)}Z`;
  const start = minute(window.start);
  const end = minute(window.end);
  return `${start} to ${start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end}`;
}
