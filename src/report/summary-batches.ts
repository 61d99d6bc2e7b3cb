import type { HostDialect } from '../host.ts';
import type { BatchEntry } from './delivered.ts';
import { ourWords } from './host-words.ts';
import { counted, grouped, table } from './markdown.ts';
import type { MarkdownDialect } from './markdown-dialects.ts';
import { keepsRefused } from './remedies.ts';
import type { RunRecord } from './run-record.ts';
import { requestsLine } from './summary-counts.ts';

/** Refused uploads shown; the output holds more. */
const SHOWN_REFUSED = 10;

/** The uploads that were refused, open to be seen, and whether their rows were kept. */
export function refusedBatches(record: RunRecord, host: HostDialect | undefined): string {
  const { delivered, collected } = record;
  const { refused, rejectedRows } = delivered;
  if (refused.length === 0) return '';
  const place = collected.isReplay ? '`replay-file`' : '`rejected-file`';
  const isKept = collected.isReplay || keepsRefused(record);
  const rows = counted(rejectedRows, 'row');
  const kept = isKept ? `kept in the file of ${place}` : '**not kept in a file**';
  const first = refused.slice(0, SHOWN_REFUSED);
  const shown = first.reduce((sum, entry) => sum + entry.rows, 0);
  const more = shown < rejectedRows ? `\n\nand ${counted(rejectedRows - shown, 'row')} more` : '';
  const head = ourWords(`${rows}, ${kept}. \`DCRLogErrors\` knows the uploads by these ids.`, host);
  const cells = first.map(({ batch, rows, requestId }) => [String(batch), grouped(rows), code(requestId)]);
  const columns = ['Batch', 'Rows', 'x-ms-client-request-id'];
  return `### Refused\n\n${head}\n\n${table(columns, cells, ['right', 'right', 'left'])}${more}`;
}

/** All uploads and requests, for whoever looks for a certain one. */
export function batches(record: RunRecord, { folded, shownBatches }: MarkdownDialect): string {
  const { entries, batches, bytes } = record.delivered;
  if (record.collected.source === undefined && entries.length === 0) return '';
  const lines = [requestsLine(record)];
  if (entries.length === 0) return folded('Requests', lines.join('\n\n'));
  lines.push(`${counted(bytes, 'byte')} on the wire.`, batchTable(entries.slice(0, shownBatches)));
  const shown = Math.min(entries.length, shownBatches);
  if (batches > shown) lines.push(`and ${grouped(batches - shown)} more`);
  return folded(`Batches (${grouped(batches)}) and requests`, lines.join('\n\n'));
}

function batchTable(entries: readonly BatchEntry[]): string {
  const rows = entries.map(({ batch, rows, wireBytes, status, requestId }) => [
    String(batch),
    grouped(rows),
    grouped(wireBytes),
    status,
    code(requestId),
  ]);
  const head = ['Batch', 'Rows', 'Wire bytes', 'Status', 'x-ms-client-request-id'];
  return table(head, rows, ['right', 'right', 'right', 'left', 'left']);
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}
