import type { ActivityEvent, Emulator } from '../emulator/server.ts';
import type { Random } from '../emulator/tenant/random.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Property by which events without an id are told apart here; it arrives in AdditionalFields. */
const MARK = 'Mark';

/** An event that happened, as the tenant knows it. */
export interface Entry {
  readonly mark: string;
  readonly created: number;
  /** When the source shows it: at most 24 hours after it was created. */
  readonly visibleAt: number;
  /** Rows that belong into the table: more than one for equal events without an id. */
  readonly times: number;
  readonly bad: boolean;
}

/** The emulator's own book: everything that happened, against which each run is audited. */
export function fileWeeks(emulator: Emulator, random: Random, start: number, hours: number): Entry[] {
  const book: Entry[] = [];
  // A block of rows that the rule does not like, in one hour of the weeks, or none.
  const badHour = random.oneIn(2) ? random.below(hours) : -1;
  for (let hour = 0; hour < hours; hour += 1) {
    const count = hour === badHour ? 20 + random.below(80) : random.below(4);
    for (let number = 0; number < count; number += 1) {
      const created = start + hour * HOUR + random.below(3600) * 1000;
      const late = random.pick([0, 0, 5 * MINUTE, HOUR, 6 * HOUR, 23 * HOUR, DAY - 1000]);
      const visibleAt = Math.min(created + late, created + DAY - 1000);
      const mark = `e${hour}-${number}`;
      const bad = hour === badHour && number % 5 !== 0;
      const event: ActivityEvent = {
        CreationTime: new Date(created).toISOString().slice(0, 19),
        Activity: 'ViewReport',
        ReportName: bad ? 'Bad' : 'Good',
        [MARK]: mark,
      };
      const times = !bad && random.oneIn(8) ? 2 : 1;
      if (times > 1) emulator.addEvents([event, event], visibleAt);
      else {
        const named = { ...event, Id: mark };
        emulator.addEvents([named], visibleAt);
        // The source repeats itself, at once or hours later.
        if (random.oneIn(6)) emulator.addEvents([named], visibleAt + random.below(2) * HOUR);
      }
      book.push({ mark, created, visibleAt, times, bad });
    }
  }
  return book;
}

/** How many rows of each event there are. */
export function marksOf(rows: readonly Readonly<Record<string, unknown>>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const more = row.AdditionalFields as Record<string, unknown> | undefined;
    const mark = String(more?.[MARK] ?? row.ActivityId);
    counts.set(mark, (counts.get(mark) ?? 0) + 1);
  }
  return counts;
}
