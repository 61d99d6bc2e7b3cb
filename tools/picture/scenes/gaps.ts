import { HOUR, MINUTE } from '../../../src/time/clock.ts';
import type { Scene } from './scene.ts';
import { carryOn, hoursAgo, last, miss, plan, runOver, STARTED, send, stopAfter } from './synthetic-run.ts';

const DEADLINE =
  'The activity log answers HTTP 429, and the wait for it would have ended at 2026-11-20T18:02:11.000Z, after the deadline';

/** Runs that lack hours, for now or for good. */
export const GAPS: readonly Scene[] = [
  {
    name: 'hour-missing',
    title: 'An hour is missing',
    when: 'When one hour could not be collected in all attempts, and a state file lets the next run ask again.',
    took: 3 * MINUTE,
    record: () => {
      const record = runOver(last(24));
      carryOn(record);
      miss(record, 'HTTP 500 (7 attempts)', ...hoursAgo(9));
      send(record);
      return record;
    },
  },
  {
    name: 'hours-missing',
    title: 'Two hours are missing',
    when: 'When hours could not be collected and there is no state file: somebody has to run it again.',
    took: 4 * MINUTE,
    record: () => {
      const record = runOver(last(24));
      miss(record, 'HTTP 500 (7 attempts)', ...hoursAgo(9));
      miss(record, 'HTTP 503, and asks to wait 90 min', ...hoursAgo(5));
      send(record);
      return record;
    },
  },
  {
    name: 'day-missing',
    title: 'Many hours are missing',
    when: 'When the source was down for most of the window.',
    took: 12 * MINUTE,
    record: () => {
      const record = runOver(last(48));
      carryOn(record);
      const hours = Array.from({ length: 31 }, (_, at) => 40 - at);
      miss(record, 'ECONNRESET (7 attempts)', ...hoursAgo(...hours));
      send(record);
      return record;
    },
  },
  {
    name: 'hours-lost',
    title: 'Hours are lost',
    when: 'When hours left the 28 days of the service before any run asked for them.',
    took: 40 * MINUTE,
    record: () => {
      const record = runOver(last(28 * 24), { eventsOf: () => 310 });
      carryOn(record);
      const start = STARTED - 28 * 24 * HOUR;
      record.collected.agedOut.push({ start, end: start + 43 * MINUTE });
      record.collected.wholeHours.delete(start - (start % HOUR));
      record.collected.isWhole = false;
      send(record);
      return record;
    },
  },
  {
    name: 'catching-up',
    title: 'Catching up',
    when: 'While a backlog is worked off run by run, here of 28 days, because the service throttles.',
    took: 50 * MINUTE,
    record: () => {
      const record = runOver(last(600));
      carryOn(record);
      plan(record, { settled: 72, caughtUp: 575 });
      record.collected.requests = 212;
      stopAfter(record, 151, DEADLINE);
      send(record);
      return record;
    },
  },
  {
    name: 'out-of-time',
    title: 'Out of time without a state file',
    when: 'When the deadline came before the window was done, and no run will go on from here.',
    took: 50 * MINUTE,
    record: () => {
      const record = runOver(last(96));
      stopAfter(record, 62, 'the deadline came');
      send(record);
      return record;
    },
  },
];
