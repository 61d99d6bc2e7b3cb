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
