import { FAULTS } from '../../../src/errors.ts';
import { nothingProved, type ProvedHour } from '../../../src/report/proved.ts';
import type { RunRecord } from '../../../src/report/run-record.ts';
import { SECOND } from '../../../src/time/clock.ts';
import type { Scene } from './scene.ts';
import { carryOn, hoursAgo, last, runOver, send } from './synthetic-run.ts';

type Odd = Partial<Omit<ProvedHour, 'hour' | 'events'>>;

const CAPPED = ' The workspace reached its daily cap.';

/** Runs that read the table back. */
export const PROOF: readonly Scene[] = [
  {
    name: 'proved',
    title: 'Proved',
    when: 'When every event of the window was seen in the table.',
    took: 52 * SECOND,
    record: () => proved({}),
  },
  {
    name: 'proof-pending',
    title: 'Not seen yet',
    when: 'When rows were acknowledged and do not show up yet, which takes minutes: the next run looks again.',
    took: 75 * SECOND,
    record: () => proved({ 0: { pending: 139 }, 1: { pending: 220 } }),
  },
  {
    name: 'proof-missing',
    title: 'Missing from the table',
    when: 'When rows were acknowledged hours ago and are not in the table.',
    took: 75 * SECOND,
    record: () => {
      const record = proved({ 0: { pending: 20 }, 8: { missing: 12 }, 9: { missing: 3 } });
      const text = `15 events that were acknowledged more than six hours ago are not in the table.${CAPPED}`;
      record.proved?.notices.push({ code: 'missing', text });
      return record;
    },
  },
  {
    name: 'proof-resent',
    title: 'Sent once more',
    when: 'With `resend-missing`: rows that were missing were sent once more, and are there.',
    took: 91 * SECOND,
    record: () => {
      const record = proved({ 9: { repeats: 2 } });
      if (record.proved !== undefined) Object.assign(record.proved, { resent: 15, requests: 2 });
      return record;
    },
  },
  {
    name: 'proof-given-up',
    title: 'Given up',
    when: 'When rows never showed up though they were sent twice: a transformation may leave them out.',
    took: 64 * SECOND,
    record: () => {
      const record = proved({ 12: { givenUp: 7 } });
      const text =
        '7 events never showed up though they were sent twice, all of them ExportReport: a transformation of the data collection rule may leave them out. They are not sent again.';
      record.proved?.notices.push({ code: 'given-up', text });
      return record;
    },
  },
  {
    name: 'table-unreadable',
    title: 'Table not readable',
    when: 'When the table cannot be read back: what was collected is uploaded all the same.',
    took: 44 * SECOND,
    record: () => {
      const record = proved({});
      const { title, remedy } = FAULTS['table-forbidden'];
      const detail = 'HTTP 403 InsufficientAccessError';
      record.proved = nothingProved();
      record.proved.notices.push({ code: 'proof-unavailable', text: `${title}: ${detail}. ${remedy}` });
      return record;
    },
  },
];

/** @param odd what is not as it should be, by hours before the run */
function proved(odd: Readonly<Record<number, Odd>>): RunRecord {
  const record = runOver(last(24));
  carryOn(record);
  send(record);
  const oddOf = new Map(Object.entries(odd).map(([ago, what]) => [hoursAgo(Number(ago))[0], what]));
  const hours = [...record.collected.counts.hours].map(([hour, events]): ProvedHour => {
    const { pending = 0, missing = 0, givenUp = 0, repeats = 0 } = oddOf.get(hour) ?? {};
    return { hour, events, seen: events - pending - missing - givenUp, pending, missing, givenUp, repeats };
  });
  record.proved = { ...nothingProved(), isAvailable: true, hours };
  return record;
}
