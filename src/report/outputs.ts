import type { Tally } from './run-record.ts';

/** The step outputs by name; docs and action.yml are tested against these names. */
export function outputsOf(tally: Tally): Record<string, string> {
  const instant = (ms: number | undefined) => (ms === undefined ? '' : new Date(ms).toISOString());
  return {
    source: tally.source ?? '',
    'fallback-used': String(tally.fallbackUsed),
    'fallback-reason': tally.refusals.join('; '),
    'window-start': instant(tally.window?.start),
    'window-end': instant(tally.window?.end),
    complete: String(tally.complete),
    'activities-collected': String(tally.counts.collected),
    'duplicates-skipped': String(tally.counts.skipped),
    'activities-ingested': String(tally.ingested),
    'activities-failed': String(tally.failed),
    'batches-sent': String(tally.batchesSent),
    'batches-failed': String(tally.batchesFailed),
    'bytes-sent': String(tally.bytesSent),
    'source-requests': String(tally.sourceRequests),
    'batch-summary': JSON.stringify(tally.batches),
  };
}
