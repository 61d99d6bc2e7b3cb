import type { Emulator } from './emulator.ts';

/** Totals of one service. */
export interface ServiceStats {
  requests: number;
  maxConcurrent: number;
  wireBytes: number;
  bodyBytes: number;
  answerBytes: number;
  rows: number;
  /** How often each status was answered; 0 where no answer was given. */
  statuses: Record<string, number>;
}

/** Totals of a running emulator, in a form that can be sent to another process. */
export interface Stats {
  rowCount: number;
  swallowed: number;
  droppedColumns: number;
  droppedValues: number;
  truncatedValues: number;
  rewrittenTimes: number;
  reusedAssertions: number;
  tokensIssued: Readonly<Record<string, number>>;
  services: Record<string, ServiceStats>;
}

/** What has happened so far. */
export function statsOf(emulator: Emulator): Stats {
  const services: Record<string, ServiceStats> = {};
  for (const request of emulator.requests) {
    services[request.service] ??= {
      ...{ requests: 0, maxConcurrent: emulator.maxConcurrent[request.service] },
      ...{ wireBytes: 0, bodyBytes: 0, answerBytes: 0, rows: 0, statuses: {} },
    };
    const total = services[request.service];
    if (total === undefined) continue;
    total.requests += 1;
    total.wireBytes += request.wireBytes;
    total.bodyBytes += request.bodyBytes;
    total.answerBytes += request.answerBytes;
    total.rows += request.rows;
    total.statuses[request.status] = (total.statuses[request.status] ?? 0) + 1;
  }
  const { rowCount, swallowed, droppedColumns, droppedValues, truncatedValues, rewrittenTimes } = emulator;
  const { reusedAssertions, tokensIssued } = emulator;
  return {
    ...{ rowCount, swallowed, droppedColumns, droppedValues, truncatedValues, rewrittenTimes },
    ...{ reusedAssertions, tokensIssued, services },
  };
}
