import { FAULTS, type FaultCode } from '../errors.ts';
import type { Conclusions } from './conclusions.ts';
import { counted, grouped } from './markdown.ts';
import { proofHeadline } from './proof-summary.ts';
import {
  hoursCollected,
  hoursPlanned,
  missingHours,
  type RunRecord,
  recoveredHours,
  refusedRows,
} from './run-record.ts';

/** The first line of the summary: is it fine, how much, what is missing. */
export function headline(record: RunRecord, conclusions: Conclusions): string {
  const { faults, notices, failed, isComplete } = conclusions;
  const { dryRun, collected, delivered, proved } = record;
  const ingested = grouped(delivered.rows);
  const events = grouped(collected.counts.collected);
  if (faults.size > 0) {
    const what = [...faults.keys()].map((code) => faultWords(code, record));
    if (delivered.rows > 0)
      what.push(`${ingested} events ingested${failed > 0 ? `, ${grouped(failed)} not` : ''}`);
    else if (failed > 0) what.push(`none of ${counted(failed, 'event')} ingested`);
    return `❌ ${what.join('; ')}`;
  }
  if (collected.source === 'workspaces') return `⚠️ No activity log: ${events} workspace records instead`;
  if (!isComplete) {
    const isUnderWay = record.outOfTime !== undefined;
    return `⚠️ Incomplete: ${ingested} events ingested${isUnderWay ? ' so far' : ''}${toGo(record)}`;
  }
  if (dryRun) return `✅ Dry run: ${events} activity events collected, nothing uploaded`;
  if (notices.has('no-events')) return '⚠️ Complete, and not a single event';
  const recovered = recoveredHours(record);
  const closed = recovered === 0 ? '' : `, ${counted(recovered, 'missing hour')} recovered`;
  return `${proofHeadline(delivered.rows, proved)}${closed}`;
}

function faultWords(code: FaultCode, record: RunRecord): string {
  if (code === 'hours-missing') {
    const missing = missingHours(record.collected).length;
    return `${grouped(missing)} of ${counted(hoursPlanned(record), 'hour')} missing`;
  }
  if (code === 'rows-refused') return `${counted(refusedRows(record), 'row')} refused for good`;
  return code === 'out-of-time' ? `${FAULTS[code].title}${toGo(record)}` : FAULTS[code].title;
}

function toGo(record: RunRecord): string {
  const missing = missingHours(record.collected).length;
  const left = hoursPlanned(record) - hoursCollected(record.collected) - missing;
  const parts = [
    left > 0 ? `${counted(left, 'hour')} to go` : '',
    missing > 0 ? `${counted(missing, 'hour')} lost` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}
