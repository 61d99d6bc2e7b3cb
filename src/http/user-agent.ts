export const PRODUCT = 'fabric-activity-to-log-analytics';
export const VERSION = '1.0.0';

/** Which run of a pipeline calls. */
export interface Caller {
  /** owner/name, '' outside GitHub. */
  readonly repository: string;
  readonly runId: number;
}

/** User agent of every request, so that sign-in and service logs lead back to the workflow. */
export function userAgent({ repository, runId }: Caller): string {
  const run = repository === '' ? '' : ` (${repository.replace(/[^\w./-]/g, '')}; run ${runId})`;
  return `${PRODUCT}/${VERSION}${run}`;
}
