import { BATCH_ENTRIES, type BatchEntry, REFUSED_ENTRIES } from '../../../src/report/delivered.ts';
import { newRunRecord, type RunRecord } from '../../../src/report/run-record.ts';
import { HOUR } from '../../../src/time/clock.ts';
import { hourOf, hoursOf, type Window } from '../../../src/time/window.ts';

/** When the runs begin: a schedule of the seventeenth minute. */
export const STARTED = Date.parse('2026-11-20T12:17:00Z');

/** Events of an hour by the hour of the day. */
const BY_HOUR = [
  ...[110, 90, 70, 50, 40, 30, 25, 60, 180, 420, 780, 920],
  ...[820, 760, 520, 700, 860, 820, 640, 380, 220, 150, 120, 115],
];

/** The first operations by their share of all events, in percent, and what the others share. */
const FIRST = { ViewReport: 46, RefreshDataset: 21, ViewDashboard: 12, ReadArtifact: 9 };
const OTHERS = ['EditReport', 'ExportReport', 'RunEmailSubscription', 'ShareReport', 'CreateReport'];
const MORE = ['DownloadReport', 'EditDataset', 'GetRefreshHistory', 'PrintReport', 'UpdateApp', 'ViewTile'];

/** Rows of a full batch, and their bytes. */
const BATCH_ROWS = 775;
const ROW_BYTES = 1289;

/** The hours up to the beginning of the run. */
export function last(hours: number): Window {
  return { start: STARTED - hours * HOUR, end: STARTED };
}

function busyByDay(hour: number): number {
  return BY_HOUR[new Date(hour).getUTCHours()] ?? 0;
}

/** A run that collects its window whole; what it uploads is up to `send`. @param isAsked which hours it asks for */
export function runOver(
  window: Window,
  {
    eventsOf = busyByDay,
    isAsked = () => true,
  }: {
    readonly eventsOf?: (hour: number) => number;
    readonly isAsked?: (hour: number) => boolean;
  } = {},
): RunRecord {
  const record = newRunRecord(STARTED);
  const windows = [...hoursOf(window)].filter(({ hour }) => isAsked(hour));
  const settings = { hasOwnStart: false, settled: 0, settledWanted: 0, caughtUp: 0, notDue: 0 };
  const nothing = { missed: [], nextDue: undefined, notices: [] };
  record.planned = { window, windows, hours: windows.length, ...settings, ...nothing };
  const { collected } = record;
  collected.source = 'power-bi';
  collected.isWhole = true;
  collected.hoursDone = windows.length;
  collected.requests = Math.ceil(windows.length * 1.4);
  for (const { hour, start, end } of windows) {
    collected.wholeHours.add(hour);
    const events = Math.round((eventsOf(hour) * (end - start)) / HOUR);
    if (events > 0) collected.counts.hours.set(hour, events);
  }
  return record;
}

/** Changes what the plan says. */
export function plan(record: RunRecord, change: Partial<NonNullable<RunRecord['planned']>>): void {
  if (record.planned !== undefined) record.planned = { ...record.planned, ...change };
}

/** Lets the run carry on with a state file, an hour after the run before it. */
export function carryOn(record: RunRecord): void {
  record.files = { ...record.files, carriesOn: true, lastRunAt: STARTED - HOUR };
}

/** Hours that could not be collected. */
export function miss(record: RunRecord, why: string, ...hours: number[]): void {
  const { collected } = record;
  for (const hour of hours) {
    collected.uncollected.push({ window: { start: hour, end: hour + HOUR }, why, status: 500 });
    collected.wholeHours.delete(hour);
    collected.counts.hours.delete(hour);
    collected.isWhole = false;
  }
}

/** Ends the run for want of time after its first hours. */
export function stopAfter(record: RunRecord, done: number, why: string): void {
  const { collected } = record;
  const left = [...collected.wholeHours].slice(done);
  for (const hour of left) {
    collected.wholeHours.delete(hour);
    collected.counts.hours.delete(hour);
  }
  collected.hoursDone = done;
  collected.isWhole = false;
  record.outOfTime = why;
}

/** Counts what was collected, and uploads it but for the rows that were refused or failed. */
export function send(
  record: RunRecord,
  {
    refused = 0,
    failed = 0,
    repeats = 0,
    isVaried = false,
  }: { refused?: number; failed?: number; repeats?: number; isVaried?: boolean } = {},
): void {
  const { collected, delivered, dryRun } = record;
  const { counts } = collected;
  const rows = [...counts.hours.values()].reduce((sum, events) => sum + events, 0);
  counts.collected = rows + repeats;
  counts.skipped = repeats;
  countActivities(record, rows, isVaried ? [...OTHERS, ...MORE] : OTHERS.slice(0, 1));
  // Rows that are refused end up alone.
  for (let at = 0; at < refused; at += 1) addBatch(record, 1, 'refused');
  for (let left = failed; left > 0; left -= BATCH_ROWS)
    addBatch(record, Math.min(left, BATCH_ROWS), 'failed');
  for (let left = rows - refused - failed; left > 0; left -= BATCH_ROWS)
    addBatch(record, Math.min(left, BATCH_ROWS), dryRun ? 'dry-run' : 'sent');
  delivered.rejectedRows = refused;
  if (!dryRun) delivered.rows = rows - refused - failed;
}

function addBatch({ delivered }: RunRecord, rows: number, status: BatchEntry['status']): void {
  delivered.batches += 1;
  const number = String(delivered.batches).padStart(12, '0');
  const isSent = status !== 'dry-run';
  const bytes = rows * ROW_BYTES;
  const wireBytes = isSent ? Math.round(bytes / 6.6) : 0;
  const requestId = isSent ? `00000074-cbb1-8894-8b7e-${number}` : '';
  const entry = { batch: delivered.batches, rows, bytes, wireBytes, status, requestId };
  if (status === 'sent') {
    delivered.batchesSent += 1;
    delivered.bytes += wireBytes;
  } else if (isSent) delivered.batchesFailed += 1;
  if (delivered.entries.length < BATCH_ENTRIES) delivered.entries.push(entry);
  if (status === 'refused' && delivered.refused.length < REFUSED_ENTRIES) delivered.refused.push(entry);
}

function countActivities(
  { collected: { counts } }: RunRecord,
  rows: number,
  others: readonly string[],
): void {
  let left = rows;
  const count = (name: string, events: number) => {
    if (events > 0) counts.activities.set(name, events);
    left -= events;
  };
  for (const [name, share] of Object.entries(FIRST)) count(name, Math.floor((rows * share) / 100));
  const rest = left;
  for (const name of others.slice(1)) count(name, Math.floor(rest / others.length));
  count(others[0] ?? '', left);
}

/** First instants of the hours of a window that lie so many hours before its end. */
export function hoursAgo(...ago: number[]): number[] {
  return ago.map((hours) => hourOf(STARTED) - hours * HOUR);
}
