import { DAY, HOUR } from '../time/clock.ts';
import type { Checkpoint } from './checkpoint.ts';

/** Days that must be known before an hour has a usual count, and the least count that is worth a warning. */
const LEAST_DAYS = 3;
const LEAST_USUAL = 10;
/** Most events show up within an hour; before that, none says nothing. */
const SETTLING = 2 * HOUR;

/** What is usual for this hour of the day: the median of its count on the days known, or undefined. */
export function usualCount(checkpoint: Checkpoint, hour: number): number | undefined {
  const counts: number[] = [];
  for (let day = 1; day <= 27; day += 1) {
    const state = checkpoint.hours.get(hour - day * DAY);
    if (state !== undefined && state.final.length > 0) counts.push(state.count);
  }
  if (counts.length < LEAST_DAYS) return undefined;
  return counts.sort((a, b) => a - b)[Math.floor(counts.length / 2)];
}

/** Whether an hour that came without a single event usually has some; told once for each hour. */
export function isUnusuallyQuiet(checkpoint: Checkpoint, hour: number, now: number): boolean {
  const state = checkpoint.hours.get(hour);
  if (state?.toldQuiet || (state?.count ?? 0) > 0 || now < hour + HOUR + SETTLING) return false;
  return (usualCount(checkpoint, hour) ?? 0) >= LEAST_USUAL;
}
