import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY, HOUR, MINUTE } from '../../../src/time/clock.ts';
import {
  clipToHistory,
  HISTORY,
  HISTORY_MARGIN,
  historyStart,
  hourOf,
  hoursOf,
  isWholeHour,
  requestedWindow,
} from '../../../src/time/window.ts';

const NOW = Date.parse('2026-11-20T12:34:56Z');
const at = (text: string) => Date.parse(text);

const anyInstant = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') });
const anyWindow = fc
  .tuple(anyInstant, fc.integer({ min: 1, max: 40 * DAY }))
  .map(([start, length]) => ({ start, end: start + length }));

describe('requestedWindow', () => {
  it.each([
    ['lookback-hours before now', { lookbackHours: 24 }, NOW - DAY, NOW],
    ['a part of an hour', { lookbackHours: 0.5 }, NOW - HOUR / 2, NOW],
    [
      'lookback-hours before end-time',
      { lookbackHours: 3, endTime: at('2026-11-20T06:00:00Z') },
      at('2026-11-20T03:00:00Z'),
      at('2026-11-20T06:00:00Z'),
    ],
    [
      'start-time to now, in place of lookback-hours',
      { lookbackHours: 3, startTime: at('2026-11-10T00:00:00Z') },
      at('2026-11-10T00:00:00Z'),
      NOW,
    ],
    [
      'start-time to end-time',
      { lookbackHours: 3, startTime: at('2026-11-10T00:00:00Z'), endTime: at('2026-11-11T00:00:00Z') },
      at('2026-11-10T00:00:00Z'),
      at('2026-11-11T00:00:00Z'),
    ],
  ])('is %s', (_name, wish, start, end) => {
    const whole = { startTime: undefined, endTime: undefined, ...wish };
    expect(requestedWindow(whole, NOW)).toEqual({ start, end });
  });
});

describe('a lookback of longer than time itself', () => {
  it.each([99_999_999_999, 1e300])(
    'of %d hours begins at an instant that can be written down',
    (lookbackHours) => {
      const { start } = requestedWindow({ lookbackHours, startTime: undefined, endTime: undefined }, NOW);
      expect(Number.isNaN(new Date(start).getTime())).toBe(false);
      expect(start).toBeLessThan(historyStart(NOW));
    },
  );
});

describe('clipToHistory', () => {
  it('keeps 28 days, and 15 minutes of margin', () => {
    expect(HISTORY).toBe(28 * DAY);
    expect(HISTORY_MARGIN).toBe(15 * MINUTE);
    expect(historyStart(NOW)).toBe(NOW - 28 * DAY + 15 * MINUTE);
  });

  it('leaves a window alone that the service still keeps', () => {
    const window = { start: historyStart(NOW), end: NOW };
    expect(clipToHistory(window, NOW)).toEqual(window);
  });

  it('clips a window that begins earlier, by no more than two minutes beyond what it must', () => {
    const clipped = clipToHistory({ start: NOW - 30 * DAY, end: NOW }, NOW);
    expect(clipped.end).toBe(NOW);
    expect(clipped.start).toBeGreaterThan(historyStart(NOW));
    expect(clipped.start - historyStart(NOW)).toBeLessThanOrEqual(2 * MINUTE);
    expect(clipped.start % MINUTE).toBe(0);
  });

  it('leaves nothing of a window that has aged out as a whole', () => {
    const end = NOW - 29 * DAY;
    expect(clipToHistory({ start: NOW - 30 * DAY, end }, NOW)).toEqual({ start: end, end });
  });

  it('never asks for anything before now minus 28 days plus 15 minutes, and never for more than was wished', () => {
    fc.assert(
      fc.property(
        anyInstant,
        fc.integer({ min: 0, max: 60 * DAY }),
        fc.nat(60 * DAY),
        (now, back, length) => {
          const wish = { start: now - back, end: Math.min(now - back + length, now) };
          const clipped = clipToHistory(wish, now);
          expect(clipped.end).toBe(wish.end);
          expect(clipped.start).toBeGreaterThanOrEqual(wish.start);
          expect(clipped.start).toBeLessThanOrEqual(clipped.end);
          if (clipped.start < clipped.end) expect(clipped.start).toBeGreaterThanOrEqual(historyStart(now));
          if (wish.start >= historyStart(now)) expect(clipped).toEqual(wish);
        },
      ),
    );
  });

  it('still lies within history when the first request goes out a minute later', () => {
    fc.assert(
      fc.property(anyInstant, (now) => {
        const { start } = clipToHistory({ start: now - 40 * DAY, end: now }, now);
        expect(start).toBeGreaterThanOrEqual(historyStart(now + MINUTE));
      }),
    );
  });
});

describe('hoursOf', () => {
  it('gives parts at both ends and whole hours between, oldest first', () => {
    const hours = [...hoursOf({ start: at('2026-11-19T22:30:00Z'), end: at('2026-11-20T01:15:00Z') })];
    expect(hours.map(({ start, end }) => [new Date(start), new Date(end)])).toEqual([
      [new Date('2026-11-19T22:30:00Z'), new Date('2026-11-19T23:00:00Z')],
      [new Date('2026-11-19T23:00:00Z'), new Date('2026-11-20T00:00:00Z')],
      [new Date('2026-11-20T00:00:00Z'), new Date('2026-11-20T01:00:00Z')],
      [new Date('2026-11-20T01:00:00Z'), new Date('2026-11-20T01:15:00Z')],
    ]);
    expect(hours.map(isWholeHour)).toEqual([false, true, true, false]);
    expect(hours.map(({ hour }) => hour)).toEqual(hours.map(({ start }) => hourOf(start)));
  });

  it('gives no hour that begins at the end of the window', () => {
    const window = { start: at('2026-11-20T06:00:00Z'), end: at('2026-11-20T07:00:00Z') };
    expect([...hoursOf(window)]).toEqual([{ ...window, hour: window.start }]);
  });

  it('gives nothing for an empty window', () => {
    expect([...hoursOf({ start: NOW, end: NOW })]).toEqual([]);
    expect([...hoursOf({ start: hourOf(NOW), end: hourOf(NOW) })]).toEqual([]);
  });

  it('covers any window exactly, without gap or overlap, each piece within one UTC hour and day', () => {
    fc.assert(
      fc.property(anyWindow, (window) => {
        let reached = window.start;
        const wrong = [...hoursOf(window)].filter(({ hour, start, end }) => {
          const gapless = start === reached && end > start;
          reached = end;
          const day = new Date(start).toISOString().slice(0, 10);
          const sameDay = new Date(end - 1).toISOString().startsWith(day);
          return !(gapless && sameDay && hour === hourOf(start) && hour === hourOf(end - 1));
        });
        expect(wrong).toEqual([]);
        expect(reached).toBe(window.end);
      }),
    );
  });

  it('calls an hour whole exactly when nothing of it is left out', () => {
    fc.assert(
      fc.property(anyWindow, (window) => {
        const hours = [...hoursOf(window)];
        expect(hours.filter(isWholeHour)).toEqual(hours.filter(({ start, end }) => end - start === HOUR));
      }),
    );
  });
});
