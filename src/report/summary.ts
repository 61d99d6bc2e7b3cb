import type { HostDialect, RunContext } from '../host.ts';
import { VERSION } from '../http/user-agent.ts';
import { DAY, HOUR } from '../time/clock.ts';
import { describe, hourOf } from '../time/window.ts';
import { chart } from './chart.ts';
import { type Conclusions, NAMED_GAPS } from './conclusions.ts';
import { ourWords } from './host-words.ts';
import { grouped, plain, table } from './markdown.ts';
import { githubMarkdown, type MarkdownDialect, plainMarkdown } from './markdown-dialects.ts';
import { preflight } from './preflight.ts';
import { proofTable } from './proof-summary.ts';
import { type Collected, gapsOf, missingHours, type RunRecord } from './run-record.ts';
import { batches, refusedBatches } from './summary-batches.ts';
import { catchingUp, countsTable, duration, otherHours } from './summary-counts.ts';
import { faultAlert, noticeText } from './summary-fault.ts';
import { headline } from './summary-headline.ts';

/** Rows shown of each list; the outputs hold more. */
const SHOWN_ACTIVITIES = 10;
const SHOWN_GAPS = 24;
/** Events from which on a picture says more than their number. */
const WORTH_DRAWING = 10;
/** GitHub drops a summary of more than 1 MiB as a whole. */
const LARGEST = 900_000;

const SOURCES = {
  'power-bi': 'Power BI activity log',
  fabric: 'Fabric activities API',
  workspaces: 'list of workspaces',
} as const;

/**
 * The job summary in Markdown: is it fine, how much, what is missing, what to do.
 * Holds counts, times, activity names and ids of workspaces that could not be read; nothing else of an event.
 * @param now by the services' clocks, ms since the epoch
 * @param host how it differs from GitHub, where it does
 */
export function summaryOf(
  record: RunRecord,
  conclusions: Conclusions,
  context: RunContext,
  now: number,
  host?: HostDialect,
): string {
  const { collected } = record;
  const dialect = host === undefined ? githubMarkdown : plainMarkdown;
  const { alert } = dialect;
  const refusals = refusalNote(record, conclusions);
  const parts = [
    `## ${headline(record, conclusions)}`,
    origin(record, now - record.clockAhead, host),
    ...[...conclusions.faults.values()].map((fault) => faultAlert(fault, alert, context.docsUrl)),
    // Why there is no activity log comes before what stands in for it.
    collected.fallbackUsed && refusals !== '' ? alert('WARNING', refusals) : '',
    ...[...conclusions.notices].map(([code, text]) =>
      alert('WARNING', noticeText(code, text, context.docsUrl)),
    ),
    preflight(record, conclusions, host),
    catchingUp(record, now),
    refusedBatches(record, host),
    missing(collected, conclusions),
    proofTable(record.proved),
    countsTable(record, conclusions),
    otherHours(record),
    drawn(record, now, dialect),
    activities(collected),
    ...notes(record, now, host).map((text) => alert('NOTE', text)),
    !collected.fallbackUsed && refusals !== '' ? alert('NOTE', refusals) : '',
    batches(record, dialect),
    footer(context),
  ];
  const text = `${parts.filter((part) => part !== '').join('\n\n')}\n`;
  return Buffer.byteLength(text) <= LARGEST ? text : `${text.slice(0, LARGEST / 4)}\n\n(cut)\n`;
}

/** Of which hours, from where, and how long it took. @param runner by the runner's clock, ms since the epoch */
function origin({ collected, planned, startedAt }: RunRecord, runner: number, host?: HostDialect): string {
  const { source, isReplay } = collected;
  const parts: string[] = [];
  // Workspaces are read as they are now, whatever hours were asked for.
  if (planned?.window !== undefined && source !== 'workspaces')
    parts.push(`${describe(planned.window)} (UTC)`);
  if (isReplay) parts.push(ourWords('from the file of `replay-file`', host));
  else if (source !== undefined) parts.push(`from the ${SOURCES[source]}`);
  if (isReplay || source !== undefined) parts.push(`took ${duration(runner - startedAt)}`);
  const line = parts.join(' · ');
  return `${line.charAt(0).toUpperCase()}${line.slice(1)}`;
}

/** Whoever gets this in a mail or an issue wants to know whose it is. */
function footer({ runUrl, runId }: RunContext): string {
  const run = runUrl === '' ? '' : ` · [run ${runId}](${runUrl})`;
  return `Version ${VERSION}${run}`;
}

function drawn({ collected, planned }: RunRecord, now: number, { draw }: MarkdownDialect): string {
  const { counts, wholeHours, source } = collected;
  const events = [...counts.hours.values()].reduce((sum, count) => sum + count, 0);
  if (source === 'workspaces' || events < WORTH_DRAWING) return '';
  const known = { whole: wholeHours, missing: new Set(missingHours(collected)) };
  return chart(counts.hours, planned?.window, now, draw, known);
}

/** What is missing, where no fault names all of it. */
function missing({ uncollected, agedOut }: Collected, { faults }: Conclusions): string {
  const why = 'left the 28 days of history before it was asked for';
  const gaps = gapsOf([...uncollected, ...agedOut.map((window) => ({ window, why }))]);
  const isNamed = faults.has('hours-missing') || faults.has('source-unreachable');
  if (gaps.length === 0 || (isNamed && agedOut.length === 0 && gaps.length <= NAMED_GAPS)) return '';
  const rows = gaps.map(({ window, why }) => [describe(window), plain(why)]);
  const more = rows.length > SHOWN_GAPS ? `\n\nand ${grouped(rows.length - SHOWN_GAPS)} more` : '';
  return `### Missing\n\n${table(['Window (UTC)', 'Why'], rows.slice(0, SHOWN_GAPS))}${more}`;
}

function activities({ counts, source }: Collected): string {
  const all = [...counts.activities].sort((a, b) => b[1] - a[1]);
  if (all.length === 0 || source === 'workspaces') return '';
  const total = all.reduce((sum, [, events]) => sum + events, 0);
  const rows = all
    .slice(0, SHOWN_ACTIVITIES)
    .map(([name, events]) => [name, grouped(events), `${((100 * events) / total).toFixed(1)} %`]);
  const more = all.length > SHOWN_ACTIVITIES ? ` (${SHOWN_ACTIVITIES} of ${all.length})` : '';
  return `### Busiest activities${more}\n\n${table(['Activity', 'Events', 'Share'], rows, 'right-but-first')}`;
}

function notes(record: RunRecord, now: number, host: HostDialect | undefined): string[] {
  const { collected, delivered, proved } = record;
  const { counts, source } = collected;
  const found = [];
  if (delivered.rows > 0 && source !== 'workspaces' && replacesTimeGenerated(counts.hours.keys(), now)) {
    found.push(
      'Azure Monitor replaces `TimeGenerated` of events older than two days by the time of arrival. Query by `CreationTime`.',
    );
  }
  if (counts.withoutWorkspace > 0) {
    const text = `${grouped(counts.withoutWorkspace)} events that name no workspace were left out, because \`workspace-ids\` is given.`;
    found.push(ourWords(text, host));
  }
  if (proved !== undefined && proved.resent > 0)
    found.push(`${grouped(proved.resent)} rows that were missing from the table were sent once more.`);
  return found;
}

/** What the sources refused, where no fault says so already. */
function refusalNote({ collected: { refusals } }: RunRecord, { faults }: Conclusions): string {
  if (refusals.length === 0 || faults.has('source-refused')) return '';
  return `Refused by ${plain(refusals.join('; '))}.`;
}

/** Whether events lie so far back that the service replaces their TimeGenerated (older than two days). */
function replacesTimeGenerated(hours: Iterable<number>, now: number): boolean {
  return [...hours].some((hour) => hour + HOUR < hourOf(now) - 2 * DAY);
}
