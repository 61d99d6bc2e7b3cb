import { HOUR, SECOND } from '../../../src/time/clock.ts';
import type { Scene } from './scene.ts';
import { carryOn, hoursAgo, last, runOver, STARTED, send } from './synthetic-run.ts';

/** Runs that are complete and that leave somebody something to look at. */
export const NOTICES: readonly Scene[] = [
  {
    name: 'no-events',
    title: 'No events',
    when: 'When the source has not a single event in a day or more.',
    took: 8 * SECOND,
    record: () => {
      const record = runOver(last(24), { eventsOf: () => 0 });
      send(record);
      return record;
    },
  },
  {
    name: 'quiet-hours',
    title: 'Unusually quiet',
    when: 'When hours have no event that usually have some.',
    took: 10 * SECOND,
    record: () => {
      const quiet = hoursAgo(4, 3);
      const record = runOver(last(24));
      carryOn(record);
      for (const hour of quiet) record.collected.counts.hours.delete(hour);
      record.collected.quietHours.push(...quiet);
      send(record, { repeats: 28 });
      return record;
    },
  },
  {
    name: 'many-notices',
    title: 'Many notices',
    when: 'When much comes together: the summary has them one by one.',
    took: 95 * SECOND,
    record: () => {
      const record = runOver({ start: STARTED - 27 * 24 * HOUR, end: STARTED }, { eventsOf: () => 55 });
      const { collected } = record;
      record.files = { ...record.files, carriesOn: true, lastRunAt: STARTED - 6 * HOUR };
      record.clockAhead = 0;
      record.notices.push({
        code: 'clock',
        text: "The runner's clock says 2026-11-20T11:58:03.120Z, the services say 2026-11-20T12:17:00.000Z: the run goes by theirs. Set the clock of the runner (NTP).",
      });
      collected.requests = 1310;
      collected.counts.ofSettledHours = 3;
      collected.counts.withoutWorkspace = 1204;
      Object.assign(collected.counts.truncations, { values: 3, rows: 2 });
      send(record, { repeats: 420 });
      return record;
    },
  },
];
