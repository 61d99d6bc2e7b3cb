import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { askedRecord, runRecord } from '../../../src/checkpoint/records.ts';
import { planHours } from '../../../src/pipeline/plan.ts';
import { DAY, HOUR, MINUTE } from '../../../src/time/clock.ts';
import { isFinalAt, type Window } from '../../../src/time/window.ts';

const MONDAY = Date.parse('2026-11-16T00:00:00Z');

/** A source and a collector without a network: the real plan and the real checkpoint. */
class Collector {
  readonly checkpoint = new Checkpoint();
  requests = 0;
  readonly askings = new Map<number, number>();

  /** @returns the windows that are asked for now */
  run(now: number, recheck: 'due' | 'all' = 'due'): readonly Window[] {
    const wanted = { start: now - DAY, end: now };
    const mark = this.checkpoint.mark;
    const { window, windows } = planHours(wanted, false, this.checkpoint, now, mark?.since, recheck);
    this.checkpoint.apply(runRecord({ since: Math.min(mark?.since ?? window.start, window.start), at: now }));
    for (const { hour, start, end } of windows) {
      this.requests += 1;
      this.askings.set(hour, (this.askings.get(hour) ?? 0) + 1);
      if (isFinalAt(hour + HOUR, now)) this.checkpoint.final({ start, end });
      else this.checkpoint.apply(askedRecord({ start, end, at: now }));
    }
    return windows;
  }
}

describe('hours that are due', () => {
  it('give every event by the first run after d + d/3, whatever the schedule', () => {
    const gap = fc.oneof(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 20, max: 200 }),
      fc.integer({ min: 200, max: 3000 }),
    );
    const event = fc.record({
      at: fc.integer({ min: 0, max: 3 * 1440 }),
      delay: fc.integer({ min: 0, max: 1439 }),
    });
    fc.assert(
      fc.property(
        fc.array(gap, { minLength: 5, maxLength: 60 }),
        fc.array(event, { minLength: 1, maxLength: 30 }),
        (gaps, events) => {
          const collector = new Collector();
          const times: number[] = [];
          let now = MONDAY + DAY;
          for (const minutes of [...gaps, 2000, 2000]) {
            times.push(now);
            now += minutes * MINUTE;
          }
          const sentAt = new Map<number, number>();
          for (const time of times) {
            const windows = collector.run(time);
            for (const [at, { at: minute, delay }] of events.entries()) {
              const created = MONDAY + DAY + minute * MINUTE;
              const isShown = created + delay * MINUTE <= time;
              const isAsked = windows.some(({ start, end }) => created >= start && created < end);
              if (isShown && isAsked && !sentAt.has(at)) sentAt.set(at, time);
            }
          }
          for (const [at, { at: minute, delay }] of events.entries()) {
            const created = MONDAY + DAY + minute * MINUTE;
            const latest = created + (delay * MINUTE * 4) / 3;
            const firstAfter = times.find((time) => time >= latest && time > created);
            if (firstAfter !== undefined)
              expect(sentAt.get(at) ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(firstAfter);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    [5, 45, 12],
    [15, 26, 4],
    [60, 13, 1],
  ])('cost every %i minutes at most %i requests an hour', (minutes, most, runsAnHour) => {
    const collector = new Collector();
    let now = MONDAY + 17 * MINUTE;
    collector.run(now);
    const warm = 2 * DAY;
    for (const end = now + warm; now < end; now += minutes * MINUTE) collector.run(now);
    const before = collector.requests;
    const hours = 5 * 24;
    for (let run = 0; run < hours * runsAnHour; run += 1, now += minutes * MINUTE) collector.run(now);
    expect((collector.requests - before) / hours).toBeLessThanOrEqual(most);
  });

  it('are all of the young ones with recheck: all', () => {
    const collector = new Collector();
    const now = MONDAY + 17 * MINUTE;
    collector.run(now);
    expect(collector.run(now + MINUTE, 'all').length).toBe(25);
    expect(collector.run(now + 2 * MINUTE).length).toBeLessThanOrEqual(3);
  });
});
