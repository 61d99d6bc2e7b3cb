import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { addFinal, isSettled, openPart } from '../../../src/checkpoint/hour-state.ts';
import { type PlannedHours, planHours } from '../../../src/pipeline/plan.ts';
import { DAY, HOUR, MINUTE } from '../../../src/time/clock.ts';
import { HISTORY, hourOf, isFinalAt, requestedWindow, type Window } from '../../../src/time/window.ts';

const NOW = Date.parse('2026-11-20T12:34:00Z');
const TWELVE = hourOf(NOW);

/** A checkpoint in which these parts are final, and which reaches back to `since`. */
function checkpoint(parts: readonly Window[], since?: number): Checkpoint {
  const made = new Checkpoint();
  for (const part of parts) addFinal(made.hour(hourOf(part.start)), part);
  if (since !== undefined) made.mark = { since, at: NOW - HOUR };
  return made;
}

function hours(from: number, to: number): Window[] {
  return Array.from({ length: (to - from) / HOUR }, (_, at) => ({
    start: from + at * HOUR,
    end: from + (at + 1) * HOUR,
  }));
}

const lookback = (hoursBack: number, now = NOW) =>
  requestedWindow({ lookbackHours: hoursBack, startTime: undefined, endTime: undefined }, now);

const spans = ({ windows }: PlannedHours) => windows.map(({ start, end }) => ({ start, end }));

describe('an hour is final', () => {
  it.each([
    ['a day after it ended', DAY, true],
    ['later', 3 * DAY, true],
    ['not a millisecond earlier', DAY - 1, false],
    ['not as it ends', 0, false],
    ['not before', -HOUR, false],
  ])('%s', (_title, after, expected) => {
    expect(isFinalAt(TWELVE, TWELVE + after)).toBe(expected);
  });
});

describe('the hours to ask for', () => {
  it('are those of the window where nothing is known, oldest first, the first and the last in part', () => {
    const plan = planHours(lookback(3), false, undefined, NOW);
    expect(spans(plan)).toEqual([
      { start: TWELVE - 3 * HOUR + 34 * MINUTE, end: TWELVE - 2 * HOUR },
      ...hours(TWELVE - 2 * HOUR, TWELVE),
      { start: TWELVE, end: NOW },
    ]);
    expect(plan).toMatchObject({ settled: 0, caughtUp: 0, window: lookback(3) });
  });

  it('are the same with a checkpoint that knows nothing yet', () => {
    expect(planHours(lookback(24), false, checkpoint([]), NOW)).toEqual(
      planHours(lookback(24), false, undefined, NOW),
    );
  });

  it('leave settled ones out', () => {
    const settled = hours(TWELVE - 30 * HOUR, TWELVE - 26 * HOUR);
    const plan = planHours(lookback(30), false, checkpoint(settled, NOW - 30 * HOUR), NOW);
    expect(plan.settled).toBe(4);
    expect(spans(plan)[0]).toEqual({ start: TWELVE - 26 * HOUR, end: TWELVE - 25 * HOUR });
    expect(plan.windows).toHaveLength(27);
  });

  it('are 26 in an hourly run, however little it looks back', () => {
    const since = TWELVE - 5 * DAY;
    const settled = hours(since, TWELVE - 25 * HOUR);
    for (const back of [1, 24]) {
      const plan = planHours(lookback(back), false, checkpoint(settled, since), NOW);
      expect(spans(plan)).toEqual([...hours(TWELVE - 25 * HOUR, TWELVE), { start: TWELVE, end: NOW }]);
    }
  });

  it('include those missed before the window, and count them', () => {
    const since = TWELVE - 4 * DAY;
    const missed = hours(TWELVE - 80 * HOUR, TWELVE - 70 * HOUR);
    const settled = hours(since, TWELVE - 25 * HOUR).filter(
      ({ start }) => !missed.some((hour) => hour.start === start),
    );
    const plan = planHours(lookback(25), false, checkpoint(settled, since), NOW);
    expect(spans(plan).slice(0, 10)).toEqual(missed);
    expect(plan.caughtUp).toBe(10);
    expect(plan.window).toEqual({ start: since, end: NOW });
  });

  it('name those that earlier runs covered and never collected whole, and no others', () => {
    const since = TWELVE - 30 * HOUR;
    const made = checkpoint(hours(since, TWELVE - 26 * HOUR), since);
    const young = hours(TWELVE - 26 * HOUR, TWELVE - HOUR);
    for (const part of young) made.hour(part.start).asked = { ...part, at: NOW - HOUR };
    const missed = (ownStart: boolean, lastRunAt: number | undefined) =>
      planHours(lookback(24), ownStart, made, NOW, since, 'all', lastRunAt).missed;
    expect(missed(false, NOW - HOUR)).toEqual([]);
    made.hour(TWELVE - 5 * HOUR).asked = undefined;
    made.hour(TWELVE - 9 * HOUR).asked = undefined;
    // The hour that was under way at the last run, and those since, are nobody's fault.
    expect(missed(false, NOW - HOUR)).toEqual([TWELVE - 9 * HOUR, TWELVE - 5 * HOUR]);
    expect(missed(true, NOW - HOUR)).toEqual([]);
    // The mark of this very run is no earlier run.
    expect(missed(false, undefined)).toEqual([]);
  });

  it('stay within a window with a start of its own', () => {
    const made = checkpoint(hours(TWELVE - 9 * HOUR, TWELVE - 8 * HOUR), TWELVE - 20 * DAY);
    const wanted = { start: TWELVE - 10 * HOUR, end: TWELVE - 7 * HOUR };
    const plan = planHours(wanted, true, made, NOW);
    expect(plan.window).toEqual(wanted);
    expect(spans(plan)).toEqual([
      ...hours(TWELVE - 10 * HOUR, TWELVE - 9 * HOUR),
      ...hours(TWELVE - 8 * HOUR, TWELVE - 7 * HOUR),
    ]);
    expect(plan).toMatchObject({ settled: 1, caughtUp: 0 });
  });

  it('end where the window ends', () => {
    const wanted = requestedWindow(
      { lookbackHours: 2, startTime: undefined, endTime: TWELVE - 2 * DAY },
      NOW,
    );
    const plan = planHours(wanted, false, checkpoint([], TWELVE - 3 * DAY), NOW);
    expect(plan.windows.at(-1)?.end).toBe(TWELVE - 2 * DAY);
    expect(plan.windows[0]?.start).toBe(TWELVE - 3 * DAY);
  });

  it('are only the rest of an hour of which a part is final', () => {
    const half = TWELVE - 50 * HOUR + 34 * MINUTE;
    const made = checkpoint([{ start: half, end: TWELVE - 49 * HOUR }], half);
    const wanted = { start: TWELVE - 50 * HOUR, end: TWELVE - 48 * HOUR };
    expect(spans(planHours(wanted, true, made, NOW))).toEqual([
      { start: TWELVE - 50 * HOUR, end: half },
      { start: TWELVE - 49 * HOUR, end: TWELVE - 48 * HOUR },
    ]);
  });

  it('are asked for from one final part to the other where there is a gap between them', () => {
    const hour = TWELVE - 50 * HOUR;
    const made = checkpoint([
      { start: hour, end: hour + 10 * MINUTE },
      { start: hour + 50 * MINUTE, end: hour + HOUR },
    ]);
    expect(spans(planHours({ start: hour, end: hour + HOUR }, true, made, NOW))).toEqual([
      { start: hour + 10 * MINUTE, end: hour + 50 * MINUTE },
    ]);
  });

  it('reach back no further than the service keeps events, whatever the checkpoint remembers', () => {
    const plan = planHours(lookback(24), false, checkpoint([], NOW - 90 * DAY), NOW);
    const first = plan.windows[0]?.start ?? 0;
    expect(first).toBeGreaterThanOrEqual(NOW - HISTORY);
    expect(first).toBeLessThanOrEqual(NOW - HISTORY + HOUR);
    expect(plan.windows.length).toBeGreaterThanOrEqual(28 * 24 - 1);
  });

  it('are none where everything is settled', () => {
    const wanted = { start: TWELVE - 60 * HOUR, end: TWELVE - 30 * HOUR };
    const plan = planHours(wanted, true, checkpoint(hours(wanted.start, wanted.end)), NOW);
    expect(plan).toMatchObject({ windows: [], settled: 30, window: wanted });
  });
});

describe('hours that left the history before they were settled', () => {
  const since = TWELVE - 30 * DAY;
  const gone = planHours(lookback(24), false, checkpoint([], since), NOW).window.start;

  it('are counted', () => {
    const { lost } = planHours(lookback(24), false, checkpoint([], since), NOW);
    expect(lost).toBe(Math.ceil((gone - since) / HOUR));
  });

  it('are none where they were settled in time, or in a run with a start of its own', () => {
    const settled = checkpoint(hours(since, hourOf(gone) + HOUR), since);
    expect(planHours(lookback(24), false, settled, NOW).lost).toBe(0);
    const own = { start: TWELVE - 29 * DAY, end: TWELVE };
    expect(planHours(own, true, checkpoint([], since), NOW).lost).toBe(0);
    expect(planHours(lookback(700), false, undefined, NOW).lost).toBe(0);
  });
});

describe('whatever is known', () => {
  const instant = fc.integer({ min: 0, max: 60 * 24 * 40 }).map((minutes) => NOW - minutes * MINUTE);
  const part = fc
    .tuple(instant, fc.integer({ min: 1, max: 60 }))
    .map(([start, minutes]) => ({ start, end: Math.min(start + minutes * MINUTE, hourOf(start) + HOUR) }));
  const parts = fc.array(
    fc.oneof(
      part,
      part.map(({ start }) => wholeHour(start)),
    ),
    {
      maxLength: 60,
      size: 'max',
    },
  );
  const wanted = fc
    .tuple(instant, instant)
    .filter(([one, other]) => one !== other)
    .map(([one, other]) => ({ start: Math.min(one, other), end: Math.max(one, other) }));

  function wholeHour(start: number): Window {
    return { start: hourOf(start), end: hourOf(start) + HOUR };
  }

  const covers = (windows: readonly Window[], at: number) =>
    windows.some(({ start, end }) => start <= at && at < end);

  it('windows are in order, within an hour each, never settled, and cover all that is open', () => {
    fc.assert(
      fc.property(
        parts,
        wanted,
        fc.boolean(),
        fc.option(instant, { nil: undefined }),
        (final, window, own, since) => {
          const made = checkpoint(final, since);
          const plan = planHours(window, own, made, NOW);
          const oldest = NOW - HISTORY;
          const faults: string[] = [];
          const hold = (what: string, holds: boolean) => {
            if (!holds) faults.push(what);
          };
          let before = Number.NEGATIVE_INFINITY;
          for (const { hour, start, end } of plan.windows) {
            const state = made.hours.get(hour);
            hold('order', start >= before && start < end);
            hold('within its hour', hourOf(start) === hour && end <= hour + HOUR);
            hold('history', start >= oldest);
            hold('window', start >= plan.window.start && end <= window.end);
            hold('not settled', state === undefined || !isSettled(state));
            hold('first instant open', !covers(state?.final ?? [], start));
            hold('last instant open', !covers(state?.final ?? [], end - 1));
            before = end;
          }
          // Every minute is either asked for or final, from the oldest that matters to the end of the window.
          const byHour = new Map(plan.windows.map((one) => [one.hour, one]));
          const reach = own ? window.start : Math.min(window.start, since ?? window.start);
          for (let at = Math.max(reach, oldest + 20 * MINUTE); at < window.end; at += 7 * MINUTE) {
            const one = byHour.get(hourOf(at));
            const isAsked = one !== undefined && one.start <= at && at < one.end;
            hold('covered', isAsked || covers(made.hours.get(hourOf(at))?.final ?? [], at));
          }
          expect(faults).toEqual([]);
          if (own) expect(plan.windows.every(({ start }) => start >= window.start)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('final parts never overlap, whatever order they are added in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(59), fc.integer({ min: 1, max: 60 })), { maxLength: 12 }),
        (all) => {
          const state = new Checkpoint().hour(TWELVE);
          const minutes = new Set<number>();
          for (const [from, length] of all) {
            const to = Math.min(from + length, 60);
            addFinal(state, { start: TWELVE + from * MINUTE, end: TWELVE + to * MINUTE });
            for (let minute = from; minute < to; minute += 1) minutes.add(minute);
          }
          const found = Array.from({ length: 60 }, (_, minute) => minute).filter((minute) =>
            covers(state.final, TWELVE + minute * MINUTE),
          );
          expect(found).toEqual([...minutes].sort((a, b) => a - b));
          for (const [at, one] of state.final.entries()) {
            const next = state.final[at + 1];
            if (next !== undefined) expect(one.end).toBeLessThan(next.start);
          }
          expect(isSettled(state)).toBe(minutes.size === 60);
          const open = openPart(state, { start: TWELVE, end: TWELVE + HOUR });
          expect(open === undefined).toBe(minutes.size === 60);
        },
      ),
    );
  });
});
