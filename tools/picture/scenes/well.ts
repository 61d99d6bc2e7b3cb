import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time/clock.ts';
import type { Scene } from './scene.ts';
import { carryOn, hoursAgo, last, plan, runOver, send } from './synthetic-run.ts';

/** Runs with which all is well. */
export const WELL: readonly Scene[] = [
  {
    name: 'hourly',
    title: 'An hourly run',
    when: 'Each hour, where a state file is carried on: only the hours that are due are asked for again.',
    took: 9 * SECOND,
    record: () => {
      const due = new Set(hoursAgo(0, 1, 2, 4, 8, 16));
      const record = runOver(last(24), { isAsked: (hour) => due.has(hour), eventsOf: lateEvents });
      carryOn(record);
      plan(record, { notDue: 19, nextDue: Date.parse('2026-11-20T12:40:00Z'), settled: 648 });
      send(record, { repeats: 3164 });
      return record;
    },
  },
  {
    name: 'first-run',
    title: 'A first run',
    when: 'When nothing was collected before: the last 24 hours, which are parts of 25 hours of the clock.',
    took: 41 * SECOND,
    record: () => {
      const record = runOver(last(24));
      send(record, { isVaried: true });
      return record;
    },
  },
  {
    name: 'nothing-new',
    title: 'Nothing new',
    when: 'When the source lists only events that are in the table already, at night for example.',
    took: 4 * SECOND,
    record: () => {
      const due = new Set(hoursAgo(0, 1, 3, 9));
      const record = runOver(last(24), { isAsked: (hour) => due.has(hour), eventsOf: () => 0 });
      carryOn(record);
      plan(record, { notDue: 21, nextDue: Date.parse('2026-11-20T12:40:00Z'), settled: 648 });
      send(record, { repeats: 61 });
      return record;
    },
  },
  {
    name: 'recovered',
    title: 'Missing hours recovered',
    when: 'When hours that an earlier run had to leave out were collected now.',
    took: 15 * SECOND,
    record: () => {
      const missed = hoursAgo(5, 9);
      const due = new Set([...missed, ...hoursAgo(0, 1, 2)]);
      const isOld = (hour: number) => missed.includes(hour);
      const record = runOver(last(24), {
        isAsked: (hour) => due.has(hour),
        eventsOf: (hour) => (isOld(hour) ? 310 : lateEvents(hour)),
      });
      carryOn(record);
      plan(record, { missed, notDue: 20, nextDue: Date.parse('2026-11-20T12:40:00Z'), settled: 648 });
      send(record, { repeats: 1210 });
      return record;
    },
  },
  {
    name: 'dry-run',
    title: 'A dry run',
    when: 'With `dry-run`: everything is collected, nothing uploaded, and what is in place is ticked.',
    took: 33 * SECOND,
    record: () => {
      const record = runOver(last(24));
      record.dryRun = true;
      record.isConnected = true;
      send(record);
      return record;
    },
  },
  {
    name: 'replay',
    title: 'A replay of rejected rows',
    when: 'With `replay-file`: rows that were refused and kept are sent again, once the rule is fixed.',
    took: 6 * SECOND,
    record: () => {
      const record = runOver(last(24), { isAsked: () => false });
      record.planned = undefined;
      record.collected.isReplay = true;
      record.collected.source = undefined;
      record.collected.requests = 0;
      record.collected.counts.hours.set(hoursAgo(30)[0] ?? 0, 120);
      send(record, { repeats: 4 });
      return record;
    },
  },
  {
    name: 'long-run',
    title: 'A very long run',
    when: 'When all 28 days that the service remembers are collected in one run of hours.',
    took: 3 * HOUR + 42 * MINUTE,
    record: () => {
      const record = runOver(last(28 * 24 - 1));
      plan(record, { hasOwnStart: true });
      record.collected.requests = 1142;
      send(record);
      return record;
    },
  },
];

/** What comes late, of hours that were asked for before. */
function lateEvents(hour: number): number {
  const [now = 0, before = 0] = hoursAgo(0, 1);
  return hour === now ? 640 : hour === before ? 590 : hour > now - DAY / 2 ? 14 : 2;
}
