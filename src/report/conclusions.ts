import { ActionError, type Detail, FAULTS, type FaultCode } from '../errors.ts';
import { DAY, HOUR } from '../time/clock.ts';
import { describe, type Window } from '../time/window.ts';
import { cannotKeepUp, lengthOf, REQUESTS_AN_HOUR, remainingOf } from './budget.ts';
import { counted, grouped } from './markdown.ts';
import type { Notice, NoticeCode } from './notice.ts';
import { remedyFor } from './remedies.ts';
import { failedRows, gapsOf, hoursPlanned, type RunRecord, refusedRows } from './run-record.ts';

/** Gaps that a fault names. */
export const NAMED_GAPS = 5;

/** How a run ended: what the whole picture says. */
export interface Conclusions {
  /** The first of each kind. */
  readonly faults: ReadonlyMap<FaultCode, ActionError>;
  readonly notices: ReadonlyMap<NoticeCode, string>;
  /** Whether everything that was asked for was collected whole and acknowledged. */
  readonly isComplete: boolean;
  /** Rows that were collected and not acknowledged. */
  readonly failed: number;
}

/** Draws the conclusions, faults and notices that no single stage can tell among them. */
export function conclude(record: RunRecord): Conclusions {
  const { files, planned, collected, delivered, proved, closed } = record;
  const faults = firstOfEach(
    [...files.faults, ...delivered.faults, ...(proved?.faults ?? []), ...closed.faults],
    record.fault,
  );
  const failed = failedRows(record);
  const endedEarly = faults.size > 0 || record.outOfTime !== undefined;
  const early = record.outOfTime === undefined ? undefined : endedForTime(record, record.outOfTime);
  const found = [
    early instanceof ActionError ? early : undefined,
    // A source that refuses says itself how much is missing.
    collected.uncollected.length > 0 && !faults.has('source-refused') ? uncollected(record) : undefined,
    refusedRows(record) > 0 ? rejected(record) : undefined,
    failed > delivered.rejectedRows && !endedEarly
      ? unacknowledged(record, failed - delivered.rejectedRows)
      : undefined,
  ];
  for (const fault of found)
    if (fault !== undefined && !faults.has(fault.code)) faults.set(fault.code, fault);
  const notices = [
    ...files.notices,
    ...record.notices,
    ...(planned?.notices ?? []),
    ...collected.notices,
    ...(proved?.notices ?? []),
    ...closed.notices,
    ...(early === undefined || early instanceof ActionError ? [] : [early]),
    ...conclusionsOfAll(record),
  ];
  return {
    faults,
    notices: new Map(notices.map(({ code, text }) => [code, text])),
    isComplete: collected.isWhole && failed === 0 && faults.size === 0 && record.outOfTime === undefined,
    failed,
  };
}

/** A fault of the last source to be asked, with what the others had refused before it, and the remedy for those. */
export function afterRefusals(
  code: FaultCode,
  detail: string | Detail,
  refusals: readonly string[],
  own: string = FAULTS[code].remedy,
): ActionError {
  if (refusals.length === 0) return new ActionError(code, detail, { remedy: own });
  const remedy = `${FAULTS['source-refused'].remedy} ${own}`;
  const parts = typeof detail === 'string' ? { text: detail } : detail;
  const text = [...refusals, parts.text ?? ''].filter((part) => part !== '').join('; ');
  return new ActionError(code, { ...parts, text }, { remedy });
}

function firstOfEach(
  faults: readonly ActionError[],
  last: ActionError | undefined,
): Map<FaultCode, ActionError> {
  const first = new Map<FaultCode, ActionError>();
  for (const fault of last === undefined ? faults : [...faults, last]) {
    if (!first.has(fault.code)) first.set(fault.code, fault);
  }
  return first;
}

function endedForTime(record: RunRecord, why: string): ActionError | Notice {
  const planned = hoursPlanned(record);
  const left = remainingOf(planned, record.collected.hoursDone, record.collected.requests);
  const hours =
    left.hours === 0
      ? 'all hours were collected, but not every row was acknowledged'
      : `${left.hours} of ${planned} hours are left, about ${left.requests} requests or ${lengthOf(left.ms)} at ${REQUESTS_AN_HOUR} requests an hour`;
  const detail = `${why}; ${hours}`;
  return record.files.carriesOn && record.collected.source !== 'workspaces'
    ? { code: 'incomplete', text: `Out of time: ${detail}. The next run goes on from here.` }
    : new ActionError('out-of-time', detail, { remedy: remedyFor('out-of-time', record) });
}

function uncollected(record: RunRecord): ActionError {
  const { collected } = record;
  const gaps = gapsOf(collected.uncollected);
  const points = gaps.slice(0, NAMED_GAPS).map(({ window, why }) => `${describe(window)}: ${why}`);
  if (gaps.length > NAMED_GAPS) points.push(`and ${gaps.length - NAMED_GAPS} more`);
  const isNothing =
    collected.counts.collected === 0 &&
    collected.hoursDone >= hoursPlanned(record) &&
    collected.uncollected.every(({ status }) => !isRefusal(status)) &&
    collected.wholeHours.size === 0;
  const code = isNothing ? 'source-unreachable' : 'hours-missing';
  return afterRefusals(code, { points }, collected.refusals, remedyFor(code, record));
}

/** Whether a service said no, rather than nothing. */
export function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500;
}

function rejected(record: RunRecord): ActionError {
  const rows = refusedRows(record);
  const were = rows === 1 ? 'was' : 'were';
  const detail = `${counted(rows, 'row')} ${were} refused one by one with HTTP 400 or 413`;
  return new ActionError('rows-refused', detail, { remedy: remedyFor('rows-refused', record) });
}

function unacknowledged(record: RunRecord, rows: number): ActionError {
  const remedy = remedyFor('uploads-failed', record);
  return new ActionError(
    'uploads-failed',
    `${counted(rows, 'row')} ${rows === 1 ? 'was' : 'were'} not acknowledged`,
    { remedy },
  );
}

function* conclusionsOfAll(record: RunRecord): Generator<Notice, void> {
  const { planned, collected, proved, startedAt, files } = record;
  const { counts, agedOut, quietHours, unreadable, requests } = collected;
  if (agedOut.length > 0) {
    const hours = agedOut.reduce((sum, part) => sum + (part.end - part.start), 0) / HOUR;
    const text = `${round(hours)} h of the window had left the 28 days that the service keeps before they were asked for.`;
    yield { code: 'aged-out', text };
  }
  if (quietHours.length > 0) {
    const gaps = gapsOf(quietHours.map((hour) => ({ window: { start: hour, end: hour + HOUR }, why: '' })));
    const named = gaps.slice(0, NAMED_GAPS).map(({ window }) => describe(window));
    if (gaps.length > NAMED_GAPS) named.push(`and ${gaps.length - NAMED_GAPS} more`);
    yield {
      code: 'quiet',
      text: `No event in ${named.join(', ')} (UTC), where there usually are some.`,
    };
  }
  const interval = files.lastRunAt === undefined ? undefined : startedAt - files.lastRunAt;
  if (!planned?.hasOwnStart && cannotKeepUp(requests - (planned?.caughtUp ?? 0), interval)) {
    const text = `This run needed ${grouped(requests)} source requests, more than the ${REQUESTS_AN_HOUR} an hour that the service documents leave between two runs: run less often.`;
    yield { code: 'budget', text };
  }
  if (counts.ofSettledHours > 0) {
    const text = `${counted(counts.ofSettledHours, 'event')} of hours that are settled ${counts.ofSettledHours === 1 ? 'was' : 'were'} listed under other hours, and not sent: whether the table holds that already is no longer known.`;
    yield { code: 'settled-hours', text };
  }
  const values = counts.truncations.values + (proved?.truncations.values ?? 0);
  const rows = counts.truncations.rows + (proved?.truncations.rows ?? 0);
  if (rows > 0) {
    yield {
      code: 'cut',
      text: `Cut to the service's limit of 64 KiB: ${counted(values, 'value')} in ${counted(rows, 'row')}.`,
    };
  }
  if (unreadable.length > 0) {
    const named = unreadable.slice(0, 10).map(({ id, why }) => `${id} (${why})`);
    const more = unreadable.length > 10 ? ` and ${unreadable.length - 10} more` : '';
    yield {
      code: 'unreadable-workspaces',
      text: `Workspaces that could not be read: ${named.join(', ')}${more}.`,
    };
  }
  if (
    collected.isWhole &&
    counts.collected === 0 &&
    !planned?.settledWanted &&
    !planned?.notDue &&
    isDay(planned?.window)
  ) {
    const text =
      "Not a single event in 24 hours or more: unusual for a tenant in use. Check the filters and the app's access.";
    yield { code: 'no-events', text };
  }
}

function isDay(window: Window | undefined): boolean {
  return window !== undefined && window.end - window.start >= DAY;
}

function round(value: number): string {
  return (Math.round(value * 10) / 10).toString();
}
