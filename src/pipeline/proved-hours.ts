import { isOld, pendingRows } from '../checkpoint/hour-proof.ts';
import type { HourState } from '../checkpoint/hour-state.ts';
import type { ProvedHour } from '../report/proved.ts';
import { isWithin, type Window } from '../time/window.ts';

/**
 * What the report says of the hours of a window, oldest first; hours without events are left out.
 * @param window undefined for all hours
 * @param now by the query service's clock, ms since the epoch; undefined where it did not tell it, and nothing is missing yet
 */
export function provedHours(
  states: Iterable<HourState>,
  window: Window | undefined,
  now: number | undefined,
): ProvedHour[] {
  return [...states]
    .filter(({ hour }) => window === undefined || isWithin(hour, window))
    .sort((a, b) => a.hour - b.hour)
    .map((state) => provedHour(state, now))
    .filter(({ events, repeats }) => events > 0 || repeats > 0);
}

function provedHour({ hour, proof }: HourState, now: number | undefined): ProvedHour {
  const { proven, givenUp, repeats, unproven } = proof;
  const all = pendingRows(proof);
  const missing = unproven
    .filter((group) => now !== undefined && isOld(group, now))
    .reduce((sum, { keys }) => sum + keys.size, 0);
  return {
    hour,
    events: proven + givenUp + all,
    seen: proven,
    pending: all - missing,
    missing,
    givenUp,
    repeats,
  };
}
