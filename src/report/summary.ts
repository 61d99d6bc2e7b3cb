import { FAULTS } from '../errors.ts';
import type { HostDialect, RunContext } from '../host.ts';
import { DAY, HOUR, MINUTE } from '../time/clock.ts';
import { describe, hourOf } from '../time/window.ts';
import { REQUESTS_AN_HOUR } from './budget.ts';
import { chart } from './chart.ts';
import type { Conclusions } from './conclusions.ts';
import type { Delivered } from './delivered.ts';
import { ourWords } from './host-words.ts';
import { grouped, plain, table } from './markdown.ts';
import { githubMarkdown, type MarkdownDialect, plainMarkdown } from './markdown-dialects.ts';
import { proofHeadline, proofTable } from './proof-summary.ts';
import { type Collected, hoursPlanned, type RunRecord } from './run-record.ts';

/** Rows shown of each list; the outputs hold more. */
const SHOWN_BATCHES = 50;
const SHOWN_ACTIVITIES = 10;
const SHOWN_HOURS = 24;
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
  const { collected, planned } = record;
  const { alert, draw, folded } = host === undefined ? githubMarkdown : plainMarkdown;
  const shownUntil = collected.source === 'workspaces' ? undefined : now;
  const parts = [
    `## ${headline(record, conclusions)}`,
    origin(record, context),
    ...[...conclusions.faults.values()].map((fault) =>
      alert(
        'CAUTION',
        `**${FAULTS[fault.code].title}.** ${plain(fault.detail)}`,
        `**What to do:** ${fault.remedy}`,
      ),
    ),
    ...[...conclusions.notices.values()].map((text) => alert('WARNING', plain(text))),
    missingHours(collected),
    proofTable(record.proved),
    counts(record, conclusions),
    chart(collected.counts.hours, planned?.window, shownUntil, draw),
    activities(collected),
    ...notes(record, conclusions, now, host).map((text) => alert('NOTE', text)),
    batches(record.delivered, folded),
  ];
  const text = `${parts.filter((part) => part !== '').join('\n\n')}\n`;
  return Buffer.byteLength(text) <= LARGEST ? text : `${text.slice(0, LARGEST / 4)}\n\n(cut)\n`;
}

function headline(
  { dryRun, collected, delivered, proved }: RunRecord,
  { faults, failed, isComplete }: Conclusions,
): string {
  const ingested = grouped(delivered.rows);
  const events = grouped(collected.counts.collected);
  if (faults.size > 0) {
    const kept = delivered.rows > 0 ? `: ${ingested} rows ingested, ${grouped(failed)} not` : '';
    return `❌ ${[...faults.keys()].map((code) => FAULTS[code].title).join('; ')}${kept}`;
  }
  if (collected.source === 'workspaces') return `⚠️ No activity log: ${events} workspace records instead`;
  if (!isComplete) return `⚠️ Incomplete: ${ingested} rows ingested so far`;
  if (dryRun) return `✅ Dry run: ${events} activity events collected, nothing uploaded`;
  return proofHeadline(delivered.rows, proved);
}

function origin({ collected, planned }: RunRecord, context: RunContext): string {
  const source = collected.source === undefined ? undefined : `From the ${SOURCES[collected.source]}`;
  const window = planned?.window === undefined ? undefined : `${describe(planned.window)} (UTC)`;
  const run = context.runUrl === '' ? undefined : `[run ${context.runId}](${context.runUrl})`;
  return [source, window, run].filter((part) => part !== undefined).join(' · ');
}

function counts(record: RunRecord, { failed }: Conclusions): string {
  const { collected, delivered } = record;
  if (collected.source === undefined && !collected.isReplay) return '';
  const failedBatches = delivered.batchesFailed > 0 ? `, ${grouped(delivered.batchesFailed)} failed` : '';
  const columns: [string, string][] = [
    ['Collected', grouped(collected.counts.collected)],
    ['Repeats skipped', grouped(collected.counts.skipped)],
    ['Ingested', grouped(delivered.rows)],
    ['Failed', grouped(failed)],
    ['Batches sent', `${grouped(delivered.batchesSent)}${failedBatches}`],
    ['Bytes on the wire', grouped(delivered.bytes)],
  ];
  if (hoursPlanned(record) > 0) columns.push(['Hours', hours(record)]);
  columns.push(['Source requests', `${grouped(collected.requests)} (budget ${REQUESTS_AN_HOUR} an hour)`]);
  return table(
    columns.map(([head]) => head),
    [columns.map(([, cell]) => cell)],
    'right',
  );
}

/** Hours done of those asked for, and those that this run did not have to ask for, or asked for on top. */
function hours(record: RunRecord): string {
  const { caughtUp = 0, settled = 0, notDue = 0, nextDue } = record.planned ?? {};
  const next = nextDue === undefined ? '' : `, the next at ${minuteOf(nextDue)}`;
  const notes = [
    caughtUp > 0 ? `${grouped(caughtUp)} caught up` : '',
    notDue > 0 ? `${grouped(notDue)} not due yet${next}` : '',
    settled > 0 ? `${grouped(settled)} more settled before` : '',
  ].filter((note) => note !== '');
  const done = `${grouped(record.collected.hoursDone)} of ${grouped(hoursPlanned(record))}`;
  return `${done}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

function minuteOf(instant: number): string {
  return `${new Date(Math.ceil(instant / MINUTE) * MINUTE).toISOString().slice(11, 16)}Z`;
}

function missingHours({ uncollected, agedOut }: Collected): string {
  const rows = [
    ...uncollected.map(({ window, why }) => [describe(window), plain(why)]),
    ...agedOut.map((window) => [describe(window), 'left the 28 days of history before it was asked for']),
  ];
  if (rows.length === 0) return '';
  const more = rows.length > SHOWN_HOURS ? `\n\nand ${rows.length - SHOWN_HOURS} more` : '';
  return `### Missing\n\n${table(['Window (UTC)', 'Why'], rows.slice(0, SHOWN_HOURS))}${more}`;
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

function notes(
  { collected, delivered, proved }: RunRecord,
  { faults }: Conclusions,
  now: number,
  host: HostDialect | undefined,
): string[] {
  const { counts, source, refusals } = collected;
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
  if (refusals.length > 0 && !faults.has('source-refused'))
    found.push(`Refused by ${plain(refusals.join('; '))}.`);
  return found;
}

/** Whether events lie so far back that the service replaces their TimeGenerated (older than two days). */
function replacesTimeGenerated(hours: Iterable<number>, now: number): boolean {
  return [...hours].some((hour) => hour + HOUR < hourOf(now) - 2 * DAY);
}

function batches({ entries, batches }: Delivered, folded: MarkdownDialect['folded']): string {
  if (entries.length === 0) return '';
  const rows = entries
    .slice(0, SHOWN_BATCHES)
    .map(({ batch, rows, bytes, wireBytes, status, requestId }) => [
      String(batch),
      grouped(rows),
      grouped(bytes),
      grouped(wireBytes),
      status,
      requestId === '' ? '' : `\`${requestId}\``,
    ]);
  const more = batches > rows.length ? `\n\nand ${grouped(batches - rows.length)} more` : '';
  const head = ['Batch', 'Rows', 'Bytes', 'Wire bytes', 'Status', 'x-ms-client-request-id'];
  return folded(`Batches (${grouped(batches)})`, `${table(head, rows)}${more}`);
}
