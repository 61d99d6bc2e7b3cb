import { describe, expect, it } from '@jest/globals';
import { ProgressLog } from '../../../src/report/progress-log.ts';
import { newRunRecord } from '../../../src/report/run-record.ts';
import { HOUR, MINUTE, SECOND } from '../../../src/time/clock.ts';
import { hoursOf } from '../../../src/time/window.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');

function run() {
  const record = newRunRecord(NOW);
  const window = { start: NOW - 100 * HOUR, end: NOW };
  const windows = [...hoursOf(window)];
  record.planned = {
    window,
    windows,
    missed: [],
    hasOwnStart: false,
    hours: windows.length,
    settled: 0,
    settledWanted: 0,
    caughtUp: 0,
    notDue: 0,
    nextDue: undefined,
    notices: [],
  };
  record.collected.source = 'power-bi';
  const lines: string[] = [];
  let now = NOW;
  const clock = { now: () => now, sleep: async () => undefined };
  const progress = new ProgressLog(record, clock, (line) => lines.push(line));
  /** So long after the start, with so many hours dealt with and collected. */
  const dealtWith = (time: number, done: number, events: number) => {
    now = NOW + time;
    record.collected.hoursDone = done;
    for (const { hour } of windows.slice(0, done)) record.collected.wholeHours.add(hour);
    record.collected.counts.collected = events;
    progress.tell();
  };
  return { record, windows, lines, dealtWith, progress };
}

describe('the log of a long run', () => {
  it('says how far it is, how fast it goes, and when it will be done', () => {
    const { lines, dealtWith } = run();
    dealtWith(0, 0, 0);
    dealtWith(MINUTE, 25, 6000);
    expect(lines).toEqual([
      '25 of 100 hours (25 %), 6,000 events collected, 0 rows acknowledged in 0 batches; 100 events a second, done at about 12:04Z',
    ]);
  });

  it('names the day where that is not today', () => {
    const { lines, dealtWith } = run();
    dealtWith(0, 0, 0);
    dealtWith(HOUR, 5, 6000);
    expect(lines.at(-1)).toMatch(/done at about 08:00Z on 2026-11-21$/);
  });

  it('counts an hour that failed as missing, and not as collected', () => {
    const { record, windows, lines, dealtWith } = run();
    const [first] = windows;
    if (first === undefined) throw new Error('no hours');
    record.collected.uncollected.push({ window: first, why: 'HTTP 500', status: 500 });
    dealtWith(0, 0, 0);
    dealtWith(MINUTE, 25, 6000);
    expect(lines[0]).toMatch(/^24 of 100 hours \(25 %, 1 missing\), /);
  });

  it('promises nothing in the first seconds, and no end of what is done', () => {
    const { lines, dealtWith, progress } = run();
    dealtWith(0, 0, 0);
    progress.tell(true);
    expect(lines.at(-1)).toMatch(/batches$/);
    dealtWith(MINUTE + SECOND, 100, 6100);
    expect(lines.at(-1)).toMatch(/\(100 %\).*; 100 events a second$/);
  });
});
