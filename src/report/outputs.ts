import type { Conclusions } from './conclusions.ts';
import { proofStatus, sumsOf } from './proved.ts';
import type { RunRecord } from './run-record.ts';

/** The step outputs by name; docs and action.yml are tested against these names. */
export function outputsOf(
  { planned, collected, delivered, proved }: RunRecord,
  { isComplete, failed }: Conclusions,
): Record<string, string> {
  const instant = (ms: number | undefined) => (ms === undefined ? '' : new Date(ms).toISOString());
  const sums = proved === undefined ? undefined : sumsOf(proved);
  const count = (value: number | undefined) => (value === undefined ? '' : String(value));
  return {
    source: collected.source ?? '',
    'fallback-used': String(collected.fallbackUsed),
    'fallback-reason': collected.refusals.join('; '),
    'window-start': instant(planned?.window?.start),
    'window-end': instant(planned?.window?.end),
    complete: String(isComplete),
    'activities-collected': String(collected.counts.collected),
    'duplicates-skipped': String(collected.counts.skipped),
    'activities-ingested': String(delivered.rows),
    'activities-failed': String(failed),
    'batches-sent': String(delivered.batchesSent),
    'batches-failed': String(delivered.batchesFailed),
    'bytes-sent': String(delivered.bytes),
    'source-requests': String(collected.requests + (proved?.requests ?? 0)),
    'batch-summary': JSON.stringify(delivered.entries),
    proof: proofStatus(proved),
    'events-proven': count(sums?.seen),
    'events-pending': count(sums?.pending),
    'events-missing': count(sums?.missing),
    'events-given-up': count(sums?.givenUp),
    'rows-resent': count(proved?.resent),
    'repeats-in-table': count(sums?.repeats),
  };
}
