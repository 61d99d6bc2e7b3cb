import { HOUR } from '../time/clock.ts';

/** Requests an hour that the service documents (https://learn.microsoft.com/en-us/rest/api/power-bi/admin/get-activity-events). */
export const REQUESTS_AN_HOUR = 200;

/** What is left of a run that ended early, for the reader who wants to know when it will be done. */
export interface Remaining {
  readonly hours: number;
  readonly requests: number;
  /** Time at the documented budget, in ms. */
  readonly ms: number;
}

export function remainingOf(hoursPlanned: number, hoursDone: number, requests: number): Remaining {
  const hours = Math.max(hoursPlanned - hoursDone, 0);
  const each = hoursDone > 0 ? Math.max(requests / hoursDone, 1) : 1;
  const left = Math.ceil(hours * each);
  return { hours, requests: left, ms: (left / REQUESTS_AN_HOUR) * HOUR };
}

/**
 * Whether the hours that each run asks for anew cost more requests than the service grants between two runs.
 * @param interval since the run before, in ms
 */
export function cannotKeepUp(requests: number, interval: number | undefined): boolean {
  return interval !== undefined && interval > 0 && requests > REQUESTS_AN_HOUR * Math.max(interval / HOUR, 1);
}

/** A length of time for the reader: "40 minutes", "3.4 hours". */
export function lengthOf(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 2) return 'a minute';
  return minutes < 100 ? `${minutes} minutes` : `${(ms / HOUR).toFixed(1)} hours`;
}
