import { HOUR, MINUTE, SECOND } from '../time/clock.ts';
import { REQUESTS_AN_HOUR } from './budget.ts';
import type { Conclusions } from './conclusions.ts';
import { grouped, table } from './markdown.ts';
import { hoursCollected, hoursPlanned, missingHours, type RunRecord } from './run-record.ts';

/** How much, in the few columns that a narrow page holds. */
export function countsTable(record: RunRecord, { failed }: Conclusions): string {
  const { collected, delivered, dryRun } = record;
  if (collected.source === undefined && !collected.isReplay) return '';
  const { counts } = collected;
  const columns: [string, string][] = [
    ['Collected', grouped(counts.collected)],
    ['New', grouped(dryRun ? counts.collected - counts.skipped : delivered.rows)],
    ['Repeats', grouped(counts.skipped)],
    ['Failed', grouped(failed)],
  ];
  if (hoursPlanned(record) > 0) columns.push(['Hours', hours(record)]);
  return table(
    columns.map(([head]) => head),
    [columns.map(([, cell]) => cell)],
    'right',
  );
}

/** Hours collected of those asked for. */
export function hours(record: RunRecord): string {
  const missing = missingHours(record.collected).length;
  const done = `${grouped(hoursCollected(record.collected))} of ${grouped(hoursPlanned(record))}`;
  return missing > 0 ? `${done} (${grouped(missing)} missing)` : done;
}

/** Hours that this run did not have to ask for, or asked for on top; '' where there are none. */
export function otherHours({ planned }: RunRecord): string {
  const { caughtUp = 0, settled = 0, notDue = 0, nextDue } = planned ?? {};
  const next = nextDue === undefined ? '' : `, the next at ${minuteOf(nextDue)}`;
  const notes = [
    caughtUp > 0 ? `${grouped(caughtUp)} of them from before the window (caught up)` : '',
    notDue > 0 ? `${grouped(notDue)} more not due yet${next}` : '',
    settled > 0 ? `${grouped(settled)} more settled before` : '',
  ].filter((note) => note !== '');
  return notes.length === 0 ? '' : `Hours: ${notes.join(' · ')}.`;
}

/** While older hours are caught up: how far all runs together are, and when it will be done at this pace. */
export function catchingUp(record: RunRecord, now: number): string {
  const { collected, planned, files, outOfTime } = record;
  const done = hoursCollected(collected);
  const left = hoursPlanned(record) - done;
  if (outOfTime === undefined || !files.carriesOn || planned === undefined || left <= 0) return '';
  const whole = planned.settled + planned.notDue + done;
  const all = whole + left;
  const sofar = `**All runs so far: ${grouped(whole)} of ${grouped(all)} hours (${Math.floor((100 * whole) / all)} %).**`;
  if (done === 0) return `${sofar} This run collected none, so there is no telling when the rest is done.`;
  const runs = Math.ceil(left / done);
  const pace = `At this pace ${runs === 1 ? 'one more run does' : `${grouped(runs)} more runs do`} the rest`;
  const interval = files.lastRunAt === undefined ? 0 : record.startedAt - files.lastRunAt;
  if (interval <= 0) return `${sofar} ${pace}.`;
  const end = new Date(now + runs * interval).toISOString().slice(0, 16);
  return `${sofar} ${pace}, by about ${end}Z if they keep coming every ${duration(interval)}.`;
}

export function requestsLine({ collected, proved }: RunRecord): string {
  const reading =
    (proved?.requests ?? 0) > 0 ? `, ${grouped(proved?.requests ?? 0)} of them for the proof` : '';
  const all = grouped(collected.requests + (proved?.requests ?? 0));
  return `${all} source requests${reading}. The service documents ${REQUESTS_AN_HOUR} an hour; where it throttles, the run waits.`;
}

/** A length of time in two words: "45 s", "12 min", "3 h 20 min". */
export function duration(ms: number): string {
  if (ms < 90 * SECOND) return `${Math.max(Math.round(ms / SECOND), 0)} s`;
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 100) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor((minutes * MINUTE) / HOUR)} h${rest === 0 ? '' : ` ${rest} min`}`;
}

function minuteOf(instant: number): string {
  return `${new Date(Math.ceil(instant / MINUTE) * MINUTE).toISOString().slice(11, 16)}Z`;
}
