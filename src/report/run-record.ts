import type { ActionError, DeadlineError } from '../errors.ts';
import type { SourceName } from '../rows/event.ts';
import { type EventCounts, newEventCounts } from '../rows/rows.ts';
import type { Wait } from '../time/deadline.ts';
import { type HourWindow, hoursOf, type Window } from '../time/window.ts';
import { type Delivered, nothingDelivered } from './delivered.ts';
import type { Notice } from './notice.ts';
import type { Proved } from './proved.ts';

/** What the plan comes to, for the reader. */
export interface Planned {
  /** What is asked for or was found settled, caught-up hours included; undefined where no activity log is asked. */
  readonly window: Window | undefined;
  /** A window of its own, such as a backfill's, says nothing about the schedule. */
  readonly hasOwnStart: boolean;
  /** Hours to ask for. */
  readonly hours: number;
  /** What of the window has to be asked for, oldest first. */
  readonly windows: readonly HourWindow[];
  /** Hours to ask for that an earlier run covered and never collected whole. */
  readonly missed: readonly number[];
  /** Hours of the window that were settled before, and how many of them lie in the window that the inputs name. */
  readonly settled: number;
  readonly settledWanted: number;
  /** Hours asked for that lie before the window that the inputs name. */
  readonly caughtUp: number;
  /** Young hours that were asked for before and are not due yet, and when the next one is, ms since the epoch. */
  readonly notDue: number;
  readonly nextDue: number | undefined;
  readonly notices: readonly Notice[];
}

/** What a source gave. Written by the stage that collects, and by nothing else. */
export interface Collected {
  readonly counts: EventCounts;
  source: SourceName | undefined;
  /** Whether the rows are those of a file of rejected rows. */
  isReplay: boolean;
  fallbackUsed: boolean;
  /** Sources that said no, such as "power-bi: HTTP 401 PowerBINotAuthorizedException". */
  readonly refusals: string[];
  requests: number;
  /** Hours that were dealt with, collected or not. */
  hoursDone: number;
  /** First instants of the hours that were collected whole. */
  readonly wholeHours: Set<number>;
  readonly uncollected: Uncollected[];
  /** Windows that had left the service's history before they were asked for. */
  readonly agedOut: Window[];
  /** Workspaces that could not be read. */
  readonly unreadable: { readonly id: string; readonly why: string }[];
  /** Hours without an event that usually have some. */
  readonly quietHours: number[];
  /** Whether every window was collected whole from an activity log. */
  isWhole: boolean;
  readonly notices: Notice[];
}

/** A window that is missing. */
export interface Gap {
  readonly window: Window;
  readonly why: string;
}

/** A window that could not be collected after all attempts. */
export interface Uncollected extends Gap {
  /** Of the service's last answer, where there was one. */
  readonly status: number | undefined;
}

export function nothingCollected(): Collected {
  return {
    counts: newEventCounts(),
    source: undefined,
    isReplay: false,
    fallbackUsed: false,
    refusals: [],
    requests: 0,
    hoursDone: 0,
    wholeHours: new Set(),
    uncollected: [],
    agedOut: [],
    unreadable: [],
    quietHours: [],
    isWhole: false,
    notices: [],
  };
}

/** The files that are carried from run to run, and what there was to say of them. */
export interface KeptFilesRecord {
  /** Whether a checkpoint lets the next run go on. */
  readonly carriesOn: boolean;
  /** Whether rows that the service rejects are kept in a file. */
  readonly keepsRejected: boolean;
  /** When the run before this one began, ms since the epoch. */
  readonly lastRunAt: number | undefined;
  readonly notices: readonly Notice[];
  readonly faults: readonly ActionError[];
}

/** What a run comes to: a result of each stage, filled in by the pipeline as it goes, read by the report. */
export interface RunRecord {
  /** ms since the epoch */
  readonly startedAt: number;
  dryRun: boolean;
  /** Whether the app signed in and the destination takes its rows. */
  isConnected: boolean;
  /** How far the services' clocks are ahead of the runner's, in ms; 0 where they agree. */
  clockAhead: number;
  /** Of the runner's clock. */
  readonly notices: Notice[];
  files: KeptFilesRecord;
  planned: Planned | undefined;
  collected: Collected;
  delivered: Delivered;
  /** What was read back; undefined where the table is not. */
  proved: Proved | undefined;
  /** What was said and what went wrong when the files were closed. */
  closed: { readonly notices: readonly Notice[]; readonly faults: readonly ActionError[] };
  /** Where the run ended for want of time: what came in the way. */
  outOfTime: string | undefined;
  /** What ended the run before its work was done. */
  fault: ActionError | undefined;
}

export function newRunRecord(startedAt: number): RunRecord {
  return {
    startedAt,
    dryRun: false,
    isConnected: false,
    clockAhead: 0,
    notices: [],
    files: { carriesOn: false, keepsRejected: false, lastRunAt: undefined, notices: [], faults: [] },
    planned: undefined,
    collected: nothingCollected(),
    delivered: nothingDelivered(),
    proved: undefined,
    closed: { notices: [], faults: [] },
    outOfTime: undefined,
    fault: undefined,
  };
}

/** Hours that are asked for of an activity log. */
export function hoursPlanned({ collected, planned }: RunRecord): number {
  return collected.source === 'workspaces' ? 0 : (planned?.hours ?? 0);
}

/** First instants of the hours that were asked for and not collected, or not as a whole, oldest first. */
export function missingHours({ uncollected, agedOut }: Collected): number[] {
  const windows = [...uncollected.map(({ window }) => window), ...agedOut];
  const hours = windows.flatMap((window) => [...hoursOf(window)].map(({ hour }) => hour));
  return [...new Set(hours)].sort((a, b) => a - b);
}

/** What was not collected, oldest first, with hours that follow each other for one reason taken together. */
export function gapsOf(uncollected: readonly Gap[]): Gap[] {
  const gaps: { window: Window; why: string }[] = [];
  for (const { window, why } of [...uncollected].sort((a, b) => a.window.start - b.window.start)) {
    const last = gaps.at(-1);
    if (last !== undefined && last.why === why && last.window.end === window.start)
      last.window = { start: last.window.start, end: window.end };
    else gaps.push({ window, why });
  }
  return gaps;
}

/** Hours that were collected whole. */
export function hoursCollected(collected: Collected): number {
  const missing = new Set(missingHours(collected));
  return [...collected.wholeHours].filter((hour) => !missing.has(hour)).length;
}

/** Hours that earlier runs had missed and this one collected, every row of them acknowledged. */
export function recoveredHours(record: RunRecord): number {
  const { dryRun, planned, collected } = record;
  if (dryRun || planned === undefined || failedRows(record) > 0) return 0;
  return planned.missed.filter((hour) => collected.wholeHours.has(hour)).length;
}

/** Rows that the destination refused for good, when they were sent or sent again. */
export function refusedRows({ delivered, proved }: RunRecord): number {
  return delivered.rejectedRows + (proved?.refused ?? 0);
}

/** Rows that were collected and not acknowledged. */
export function failedRows({ dryRun, collected: { counts }, delivered }: RunRecord): number {
  return dryRun ? 0 : counts.collected - counts.skipped - delivered.rows;
}

/**
 * Why a run ended for want of time, with whoever made it wait last where the reason does not say so already.
 * @param waits the last long wait that each service asked for
 */
export function outOfTime(error: DeadlineError, waits: Iterable<Wait>): string {
  const named = [...waits]
    .filter(({ service }) => !error.message.includes(service))
    .map(({ service, why, until }) => `${service} (${why}, until ${new Date(until).toISOString()})`);
  return named.length === 0 ? error.message : `${error.message}; the run last waited for ${named.join(', ')}`;
}
