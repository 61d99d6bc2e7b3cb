import { FAULTS } from '../errors.ts';
import type { RunContext } from '../host.ts';
import { REQUESTS_AN_HOUR } from './budget.ts';
import { chart } from './chart.ts';
import { plain } from './markdown.ts';
import { grouped } from './progress-log.ts';
import { describe, type Tally } from './run-record.ts';

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
 * The job summary in GitHub-flavoured Markdown: is it fine, how much, what is missing, what to do.
 * Holds counts, times, activity names and ids of workspaces that could not be read; nothing else of an event.
 */
export function summaryOf(tally: Tally, context: RunContext, now: number): string {
  const parts = [
    `## ${headline(tally)}`,
    origin(tally, context),
    ...[...tally.errors.values()].map((error) =>
      alert(
        'CAUTION',
        `**${FAULTS[error.code].title}.** ${plain(error.detail)}`,
        `**What to do:** ${error.remedy}`,
      ),
    ),
    ...[...tally.warnings.values()].map((text) => alert('WARNING', plain(text))),
    missingHours(tally),
    counts(tally),
    chart(tally.counts.hours, tally.window, tally.source === 'workspaces' ? undefined : now),
    activities(tally),
    ...notes(tally, now).map((text) => alert('NOTE', text)),
    batches(tally),
  ];
  const text = `${parts.filter((part) => part !== '').join('\n\n')}\n`;
  return Buffer.byteLength(text) <= LARGEST ? text : `${text.slice(0, LARGEST / 4)}\n\n(cut)\n`;
}

function headline(tally: Tally): string {
  const { ingested, dryRun } = tally;
  const events = `${grouped(tally.counts.collected)} activity events`;
  if (tally.errors.size > 0) {
    const kept = ingested > 0 ? `: ${grouped(ingested)} rows ingested, ${grouped(tally.failed)} not` : '';
    return `❌ ${[...tally.errors.values()].map((error) => FAULTS[error.code].title).join('; ')}${kept}`;
  }
  if (tally.source === 'workspaces')
    return `⚠️ No activity log: ${grouped(tally.counts.collected)} workspace records instead`;
  if (!tally.complete) return `⚠️ Incomplete: ${grouped(ingested)} rows ingested so far`;
  if (dryRun) return `✅ Dry run: ${events} collected, nothing uploaded`;
  return ingested > 0
    ? `✅ Complete: ${grouped(ingested)} activity events ingested`
    : '✅ Complete: nothing new';
}

function origin(tally: Tally, context: RunContext): string {
  const source = tally.source === undefined ? undefined : `From the ${SOURCES[tally.source]}`;
  const window = tally.window === undefined ? undefined : `${describe(tally.window)} (UTC)`;
  const run = context.runUrl === '' ? undefined : `[run ${context.runId}](${context.runUrl})`;
  return [source, window, run].filter((part) => part !== undefined).join(' · ');
}

function counts(tally: Tally): string {
  if (tally.source === undefined && !tally.replayed) return '';
  const failed = tally.batchesFailed > 0 ? `, ${grouped(tally.batchesFailed)} failed` : '';
  const columns: [string, string][] = [
    ['Collected', grouped(tally.counts.collected)],
    ['Repeats skipped', grouped(tally.counts.skipped)],
    ['Ingested', grouped(tally.ingested)],
    ['Failed', grouped(tally.failed)],
    ['Batches sent', `${grouped(tally.batchesSent)}${failed}`],
    ['Bytes on the wire', grouped(tally.bytesSent)],
  ];
  if (tally.hoursPlanned > 0) columns.push(['Hours', hours(tally)]);
  columns.push(['Source requests', `${grouped(tally.sourceRequests)} (budget ${REQUESTS_AN_HOUR} an hour)`]);
  return table(
    columns.map(([head]) => head),
    [columns.map(([, cell]) => cell)],
    'right',
  );
}

/** Hours done of those asked for, and those that this run did not have to ask for, or asked for on top. */
function hours({ hoursDone, hoursPlanned, caughtUpHours, settledHours }: Tally): string {
  const notes = [
    caughtUpHours > 0 ? `${grouped(caughtUpHours)} caught up` : '',
    settledHours > 0 ? `${grouped(settledHours)} more settled before` : '',
  ].filter((note) => note !== '');
  return `${grouped(hoursDone)} of ${grouped(hoursPlanned)}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

function missingHours(tally: Tally): string {
  const rows = [
    ...tally.missing.map(({ window, why }) => [describe(window), plain(why)]),
    ...tally.agedOut.map((window) => [
      describe(window),
      'left the 28 days of history before it was asked for',
    ]),
  ];
  if (rows.length === 0) return '';
  const more = rows.length > SHOWN_HOURS ? `\n\nand ${rows.length - SHOWN_HOURS} more` : '';
  return `### Missing\n\n${table(['Window (UTC)', 'Why'], rows.slice(0, SHOWN_HOURS))}${more}`;
}

function activities(tally: Tally): string {
  const all = [...tally.counts.activities].sort((a, b) => b[1] - a[1]);
  if (all.length === 0 || tally.source === 'workspaces') return '';
  const total = all.reduce((sum, [, events]) => sum + events, 0);
  const rows = all
    .slice(0, SHOWN_ACTIVITIES)
    .map(([name, events]) => [name, grouped(events), `${((100 * events) / total).toFixed(1)} %`]);
  const more = all.length > SHOWN_ACTIVITIES ? ` (${SHOWN_ACTIVITIES} of ${all.length})` : '';
  return `### Busiest activities${more}\n\n${table(['Activity', 'Events', 'Share'], rows, 'right-but-first')}`;
}

function notes(tally: Tally, now: number): string[] {
  const found = [];
  if (tally.ingested > 0 && tally.source !== 'workspaces' && tally.replacesTimeGenerated(now)) {
    found.push(
      'Azure Monitor replaces `TimeGenerated` of events older than two days by the time of arrival. Query by `CreationTime`.',
    );
  }
  if (tally.counts.withoutWorkspace > 0) {
    found.push(
      `${grouped(tally.counts.withoutWorkspace)} events that name no workspace were left out, because \`workspace-ids\` is given.`,
    );
  }
  if (tally.refusals.length > 0 && !tally.errors.has('source-refused'))
    found.push(`Refused by ${plain(tally.refusals.join('; '))}.`);
  return found;
}

function batches(tally: Tally): string {
  if (tally.batches.length === 0) return '';
  const rows = tally.batches
    .slice(0, SHOWN_BATCHES)
    .map(({ batch, rows, bytes, wireBytes, status, requestId }) => [
      String(batch),
      grouped(rows),
      grouped(bytes),
      grouped(wireBytes),
      status,
      requestId === '' ? '' : `\`${requestId}\``,
    ]);
  const more =
    tally.batchesTotal > rows.length ? `\n\nand ${grouped(tally.batchesTotal - rows.length)} more` : '';
  const head = ['Batch', 'Rows', 'Bytes', 'Wire bytes', 'Status', 'x-ms-client-request-id'];
  return `<details><summary>Batches (${grouped(tally.batchesTotal)})</summary>\n\n${table(head, rows)}${more}\n\n</details>`;
}

function alert(kind: 'CAUTION' | 'WARNING' | 'NOTE', ...paragraphs: string[]): string {
  return [`> [!${kind}]`, ...paragraphs.map((text) => `> ${text.replaceAll(/\s*[\r\n]+\s*/g, ' ')}`)]
    .join('\n>\n')
    .replace(']\n>\n', ']\n');
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: 'left' | 'right' | 'right-but-first' = 'left',
): string {
  const rule = head.map((_, at) =>
    align === 'left' || (at === 0 && align === 'right-but-first') ? '---' : '---:',
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll(/(?<!\\)\|/g, '\\|')).join(' | ')} |`;
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
