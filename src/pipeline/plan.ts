import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { dueAt, openPart } from '../checkpoint/hour-state.ts';
import { ActionError } from '../errors.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Notice } from '../report/notice.ts';
import type { Planned } from '../report/run-record.ts';
import { HOUR } from '../time/clock.ts';
import { clipToHistory, type HourWindow, hoursOf, requestedWindow, type Window } from '../time/window.ts';

/** What a run sets out to do. */
export interface Plan extends Planned {
  /** Hours that were asked for before and are not due yet: their events may be listed under others. */
  readonly known: readonly HourWindow[];
  /** The window that runs of this configuration cover from now on; undefined where no activity log is asked. */
  readonly asked: Window | undefined;
}

/** Hours to ask for. */
export interface PlannedHours {
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
  /** Hours of the window that were asked for before and are not due yet. */
  readonly known: readonly HourWindow[];
  /** Hours asked for that an earlier run covered and never collected whole. */
  readonly missed: readonly number[];
  /** When the next of them is due, ms since the epoch. */
  readonly nextDue: number | undefined;
  /** Hours that were still open when they left the service's 28 days since the run before. */
  readonly lost: number;
}

/**
 * The hours that this run asks for, held to what the service keeps; none for a replay.
 * @param now by the services' clocks where they are known, ms since the epoch
 * @param covered the oldest instant that earlier runs covered; lastRunAt when the last of them began
 * @throws ActionError 'inputs' where the window is empty or ends in the future
 */
export function planRun(
  inputs: Inputs,
  now: number,
  {
    checkpoint,
    covered,
    lastRunAt,
  }: {
    readonly checkpoint: Checkpoint | undefined;
    readonly covered: number | undefined;
    readonly lastRunAt: number | undefined;
  },
): Plan {
  if (inputs.endTime !== undefined && inputs.endTime > now) {
    throw new ActionError('inputs', {
      points: [`end-time: expected an instant not after now (${iso(now)}), got ${iso(inputs.endTime)}`],
    });
  }
  const hasOwnStart = inputs.startTime !== undefined;
  if (inputs.replayFile !== undefined) return { ...NOTHING, hasOwnStart: false };
  const wanted = requestedWindow(inputs, now);
  const recheck = hasOwnStart ? 'all' : inputs.recheck;
  const { lost, ...planned } = planHours(wanted, hasOwnStart, checkpoint, now, covered, recheck, lastRunAt);
  const { window, windows } = planned;
  const hours = { ...planned, notDue: planned.known.length };
  if (inputs.source === 'workspaces')
    return { ...hours, asked: undefined, hasOwnStart, hours: 0, notices: [] };
  if (window.start >= window.end) {
    throw new ActionError('inputs', {
      points: [`end-time: expected an instant within the last 28 days, got ${iso(window.end)}`],
    });
  }
  const notices = noticesOf(window, wanted, lost);
  return { ...hours, asked: window, hasOwnStart, hours: windows.length, notices };
}

const NOTHING = {
  asked: undefined,
  window: undefined,
  windows: [],
  known: [],
  missed: [],
  hours: 0,
  settled: 0,
  settledWanted: 0,
  caughtUp: 0,
  notDue: 0,
  nextDue: undefined,
  notices: [],
} as const;

function noticesOf(window: Window, wanted: Window, lost: number): Notice[] {
  const notices: Notice[] = [];
  if (lost > 0) {
    const text = `Hours that left the service's 28 days before any run could settle them: ${lost}.`;
    notices.push({ code: 'lost', text });
  }
  if (window.start > wanted.start) {
    const text = `History ends 28 days before now: collecting from ${iso(window.start)} instead of ${iso(wanted.start)}.`;
    notices.push({ code: 'clipped', text });
  }
  return notices;
}

/**
 * Hours not settled yet. Without a checkpoint: those of the window. With one: from the oldest instant that runs of this
 * configuration ever covered, so that missed ones are caught up; a run with a start of its own keeps to its window. Hours
 * that were asked for and are young are asked for again when they are due, or all of them.
 * @param wanted the window that the inputs name
 * @param now ms since the epoch
 * @param covered the oldest instant that earlier runs covered
 * @param lastRunAt when the last of them began; this run's own beginning is in the checkpoint by the time it is planned again
 */
export function planHours(
  wanted: Window,
  ownStart: boolean,
  checkpoint: Checkpoint | undefined,
  now: number,
  covered: number | undefined = checkpoint?.mark?.since,
  recheck: 'due' | 'all' = 'all',
  lastRunAt?: number,
): PlannedHours {
  const since = ownStart ? wanted.start : Math.min(wanted.start, covered ?? wanted.start);
  const window = clipToHistory({ start: since, end: wanted.end }, now);
  const windows: HourWindow[] = [];
  const known: HourWindow[] = [];
  let nextDue = Number.POSITIVE_INFINITY;
  let settled = 0;
  let settledWanted = 0;
  for (const part of hoursOf(window)) {
    const state = checkpoint?.hours.get(part.hour);
    const open = openPart(state, part);
    if (open !== undefined) {
      const due = recheck === 'all' ? Number.NEGATIVE_INFINITY : dueAt(state, open);
      if (due <= now) windows.push({ hour: part.hour, ...open });
      else {
        known.push({ hour: part.hour, ...open });
        nextDue = Math.min(nextDue, due);
      }
    } else {
      settled += 1;
      if (part.end > wanted.start) settledWanted += 1;
    }
  }
  const caughtUp = windows.filter(({ hour }) => hour + HOUR <= wanted.start).length;
  const lost = ownStart
    ? 0
    : openHours({ start: Math.min(since, window.start), end: window.start }, checkpoint, covered);
  const next = known.length > 0 ? nextDue : undefined;
  const missed = ownStart ? [] : missedHours(windows, checkpoint, covered, lastRunAt);
  return { window, windows, settled, settledWanted, caughtUp, known, missed, nextDue: next, lost };
}

/** Hours that had ended when the last run began, and that no run has collected whole so far. */
function missedHours(
  windows: readonly HourWindow[],
  checkpoint: Checkpoint | undefined,
  covered: number | undefined,
  lastRunAt: number | undefined,
): number[] {
  if (checkpoint === undefined || lastRunAt === undefined || covered === undefined) return [];
  return windows
    .map(({ hour }) => hour)
    .filter((hour) => {
      const state = checkpoint.hours.get(hour);
      const isCovered = hour >= covered && hour + HOUR <= lastRunAt;
      return isCovered && state?.asked === undefined && (state?.final.length ?? 0) === 0;
    });
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

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
