import { DAY, HOUR } from '../clock.ts';
import { ActionError, type FaultCode } from '../errors.ts';
import type { Ending } from '../ingest.ts';
import type { EventCounts } from '../rows.ts';
import type { SourceName } from '../sources/event.ts';
import { hourOf, type Window } from '../window.ts';
import { cannotKeepUp, lengthOf, REQUESTS_AN_HOUR, remainingOf } from './budget.ts';

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
  sourceRequests = 0;
  throttledMs = 0;
  readonly missing: { readonly window: Window; readonly why: string }[] = [];
  readonly agedOut: Window[] = [];
  readonly unreadable: { readonly id: string; readonly why: string }[] = [];
  ingested = 0;
  refusedRows = 0;
  batchesSent = 0;
  batchesFailed = 0;
  bytesSent = 0;
  rowBytes = 0;
  batchesTotal = 0;
  readonly batches: BatchEntry[] = [];
  readonly warnings = new Map<WarningCode, string>();
  readonly errors = new Map<FaultCode, ActionError>();
  /** Whether every window was collected whole from an activity log. */
  collectedWhole = false;
  /** When what the run waited for would have been over, where it ended for want of time; ms since the epoch. */
  outOfTime: number | undefined;
  /** Whether a checkpoint lets the next run go on. */
  carriesOn = false;
  /** Hours of the window that were settled before, and hours before the window that were caught up. */
  settledHours = 0;
  caughtUpHours = 0;
  /** Hours without an event that usually have some. */
  readonly quietHours: number[] = [];
  lastRunAt: number | undefined;
  startedAt = 0;
  replayed = false;

  get failed(): number {
    return this.dryRun ? 0 : this.counts.collected - this.counts.skipped - this.ingested;
  }

  get complete(): boolean {
    return this.collectedWhole && this.failed === 0 && this.errors.size === 0 && this.outOfTime === undefined;
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
      this.rowBytes += bytes;
    } else if (ending.status !== 'dry-run') {
      this.batchesFailed += 1;
      if (ending.status === 'refused') this.refusedRows += rows;
    }
    if (this.batches.length >= BATCH_ENTRIES) return;
    const { status, wireBytes, requestId } = ending;
    this.batches.push({ batch: this.batchesTotal, rows, bytes, wireBytes, status, requestId });
  }

  /** Draws the conclusions that need the whole picture. */
  conclude(): void {
    const { window } = this;
    const endedEarly = this.errors.size > 0 || this.outOfTime !== undefined;
    if (this.outOfTime !== undefined) this.#endEarly(this.outOfTime);
    if (this.missing.length > 0) this.#failMissing();
    if (this.refusedRows > 0) {
      this.fail(
        new ActionError(
          'rows-refused',
          `${this.refusedRows} rows were refused one by one with HTTP 400 or 413`,
        ),
      );
    }
    if (this.failed > this.refusedRows && !endedEarly) {
      this.fail(
        new ActionError('uploads-failed', `${this.failed - this.refusedRows} rows were not acknowledged`),
      );
    }
    if (this.agedOut.length > 0) {
      const hours = this.agedOut.reduce((sum, part) => sum + (part.end - part.start), 0) / HOUR;
      this.warn(
        'aged-out',
        `Lost: ${round(hours)} h of the window had left the 28 days that the service keeps before they could be asked for.`,
      );
    }
    if (this.quietHours.length > 0) {
      const named = this.quietHours.slice(0, 5).map((hour) => describe({ start: hour, end: hour + HOUR }));
      this.warn('quiet', `No event in ${named.join(', ')} (UTC), where there usually are some.`);
    }
    if (cannotKeepUp(this.sourceRequests - this.caughtUpHours, this.#interval())) {
      this.warn(
        'budget',
        `This run needed ${this.sourceRequests} source requests, more than the ${REQUESTS_AN_HOUR} an hour that the service documents leave between two runs: run less often.`,
      );
    }
    if (this.counts.rows > 0) {
      this.warn(
        'cut',
        `Cut to the service's limit of 64 KiB: ${this.counts.values} value(s) in ${this.counts.rows} row(s).`,
      );
    }
    if (this.unreadable.length > 0) {
      const named = this.unreadable.slice(0, 10).map(({ id, why }) => `${id} (${why})`);
      const more = this.unreadable.length > 10 ? ` and ${this.unreadable.length - 10} more` : '';
      this.warn('unreadable-workspaces', `Workspaces that could not be read: ${named.join(', ')}${more}.`);
    }
    const quiet =
      this.collectedWhole && this.counts.collected === 0 && this.settledHours === 0 && window !== undefined;
    if (quiet && window.end - window.start >= DAY) {
      this.warn(
        'no-events',
        "Not a single event in 24 hours or more: unusual for a tenant in use. Check the filters and the app's access.",
      );
    }
  }

  /** Whether rows lie so far back that the service replaces their TimeGenerated (older than two days). */
  replacesTimeGenerated(now: number): boolean {
    return [...this.counts.hours.keys()].some((hour) => hour + HOUR < hourOf(now) - 2 * DAY);
  }

  #interval(): number | undefined {
    return this.lastRunAt === undefined ? undefined : this.startedAt - this.lastRunAt;
  }

  #endEarly(until: number): void {
    const left = remainingOf(this.hoursPlanned, this.hoursDone, this.sourceRequests);
    const hours =
      left.hours === 0
        ? 'all hours were collected, but not every row was acknowledged'
        : `${left.hours} of ${this.hoursPlanned} hours are left, about ${left.requests} requests or ${lengthOf(left.ms)} at ${REQUESTS_AN_HOUR} requests an hour`;
    const detail = `the next wait would have ended at ${new Date(until).toISOString()}, after the deadline; ${hours}`;
    if (!this.carriesOn) this.fail(new ActionError('out-of-time', detail));
    else this.warn('incomplete', `Out of time: ${detail}. The next run goes on from here.`);
  }

  #failMissing(): void {
    const named = this.missing.slice(0, 5).map(({ window, why }) => `${describe(window)} (${why})`);
    const more = this.missing.length > 5 ? ` and ${this.missing.length - 5} more` : '';
    const list = `${named.join(', ')}${more}`;
    const nothing = this.hoursDone === this.missing.length && this.counts.collected === 0;
    this.fail(new ActionError(nothing ? 'source-unreachable' : 'hours-missing', list));
  }
}

/** A window as a reader wants it: "2026-11-20T07:00Z to 08:00Z". */
export function describe(window: Window): string {
  const minute = (instant: number) => `${new Date(instant).toISOString().slice(0, 16)}Z`;
  const start = minute(window.start);
  const end = minute(window.end);
  return `${start} to ${start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end}`;
}

function round(value: number): string {
  return (Math.round(value * 10) / 10).toString();
}
