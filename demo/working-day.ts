import type { ActivityEvent } from '../emulator/tenant/event.ts';

const HOUR = 3_600_000;

/** Events of each UTC hour of a day at work, from quiet nights to a morning and an afternoon with a lunch between. */
const CURVE = [
  40, 30, 25, 25, 30, 60, 180, 420, 780, 920, 880, 760, 520, 700, 860, 820, 640, 380, 220, 150, 110, 90, 70,
  50,
];

/** @param hour its first instant, ms since the epoch */
export function eventsOfHour(hour: number): number {
  return CURVE[Math.floor(hour / HOUR) % CURVE.length] ?? 0;
}

/**
 * What the security queries are there to find: somebody who takes more than a usual day's share before leaving, and reports
 * that go to a partner.
 * @param sample an event of the hour in which it happens
 */
export function conspicuous(sample: ActivityEvent): ActivityEvent[] {
  const done = (operation: string, at: number, more: ActivityEvent): ActivityEvent => ({
    ...sample,
    ...{ Operation: operation, Activity: operation, Id: `conspicuous-${operation}-${at}` },
    ArtifactId: `report-${at}`,
    ...more,
  });
  const exports = Array.from({ length: 80 }, (_, at) =>
    done('ExportReport', at, { UserId: 'leaving@example.test' }),
  );
  const recipient = { RecipientEmail: 'eve@partner.test' };
  const shares = Array.from({ length: 6 }, (_, at) =>
    done('ShareReport', at, { UserId: 'ana@example.test', SharingInformation: [recipient] }),
  );
  return [...exports, ...shares];
}
