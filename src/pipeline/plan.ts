import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { openPart } from '../checkpoint/hour-state.ts';
import { DAY, HOUR } from '../time/clock.ts';
import { clipToHistory, type HourWindow, hoursOf, type Window } from '../time/window.ts';

/** What a run sets out to do. */
export interface Plan {
  /** The window that is asked for or was found settled, caught-up hours included. */
  readonly window: Window;
  /** What of it has to be asked for, oldest first. */
  readonly windows: readonly HourWindow[];
  /** Hours of the window that are settled already. */
  readonly settled: number;
  /** How many of them lie in the window that the inputs name. */
  readonly settledWanted: number;
  /** Hours asked for that lie before the window that the inputs name. */
  readonly caughtUp: number;
  /** Hours that were still open when they left the service's 28 days since the run before. */
  readonly lost: number;
}

/** When an hour that ended at `end` is final: events arrive up to 24 hours late. */
export function isFinalAt(end: number, now: number): boolean {
  return now >= end + DAY;
}

/**
 * The hours to ask for. Without a checkpoint: those of the window. With one: hours not settled yet, from the oldest
 * instant that runs of this configuration ever covered, so that missed ones are caught up; a run with a start of its
 * own keeps to its window.
 * @param wanted the window that the inputs name
 * @param now by the services' clocks where they are known, ms since the epoch
 * @param covered the oldest instant that earlier runs covered
 */
export function planHours(
  wanted: Window,
  ownStart: boolean,
  checkpoint: Checkpoint | undefined,
  now: number,
  covered: number | undefined = checkpoint?.mark?.since,
): Plan {
  const since = ownStart ? wanted.start : Math.min(wanted.start, covered ?? wanted.start);
  const window = clipToHistory({ start: since, end: wanted.end }, now);
  const windows: HourWindow[] = [];
  let settled = 0;
  let settledWanted = 0;
  for (const part of hoursOf(window)) {
    const open = openPart(checkpoint?.hours.get(part.hour), part);
    if (open !== undefined) windows.push({ hour: part.hour, ...open });
    else {
      settled += 1;
      if (part.end > wanted.start) settledWanted += 1;
    }
  }
  const caughtUp = windows.filter(({ hour }) => hour + HOUR <= wanted.start).length;
  const lost = ownStart
    ? 0
    : openHours({ start: Math.min(since, window.start), end: window.start }, checkpoint, covered);
  return { window, windows, settled, settledWanted, caughtUp, lost };
}

/** Hours of a window that earlier runs covered and did not settle. */
function openHours(window: Window, checkpoint: Checkpoint | undefined, covered: number | undefined): number {
  if (checkpoint === undefined || covered === undefined) return 0;
  let open = 0;
  for (const { hour, start, end } of hoursOf({ start: Math.max(window.start, covered), end: window.end })) {
    if (openPart(checkpoint.hours.get(hour), { start, end }) !== undefined) open += 1;
  }
  return open;
}
