// Two weeks of a tenant by a virtual clock, run by run: what each schedule costs in requests, and how long an event is on its
// way, with the source, plan and checkpoint of the action itself. Nothing may be lost, and nothing sent twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { startEmulator } from '../emulator/server.ts';
import { Random } from '../emulator/tenant/random.ts';
import { LeapingClock } from '../fuzz/leaping-clock.ts';
import { runStep } from '../fuzz/step.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONDAY = Date.parse('2026-02-02T00:00:00Z');

export interface Schedule {
  /** Minutes between two runs; each starts up to two minutes late, and one in fifty is dropped. */
  readonly every: number;
  readonly recheck: 'due' | 'all';
}

/** What a schedule came to. Delays in minutes, from when the source showed an event to when it was in the table. */
export interface Freshness {
  readonly runs: number;
  readonly events: number;
  readonly requestsAnHour: number;
  readonly peak: number;
  readonly delays: {
    readonly median: number;
    readonly p95: number;
    readonly p999: number;
    readonly worst: number;
  };
  readonly lost: number;
  readonly twice: number;
}

/**
 * @param days how long; without the two days in the middle in which no run happens
 * @param seed of the events and of the schedule's jitter
 */
export async function playSchedule({ every, recheck }: Schedule, days: number, seed = 1): Promise<Freshness> {
  const random = new Random(seed);
  const clock = new LeapingClock(MONDAY);
  const emulator = await startEmulator({ now: () => clock.now(), eventsPerHour: 0, emptyPages: false });
  const certificates = getCACertificates('default');
  setDefaultCACertificates([emulator.ca]);
  const folder = mkdtempSync(join(tmpdir(), 'freshness-'));
  const shownAt = new Map<string, number>();
  for (let minute = 0; minute < days * 1440; minute += 10) {
    const Id = `event-${minute}`;
    const created = MONDAY + minute * MINUTE;
    const visibleAt = created + delayOf(random);
    const CreationTime = new Date(created).toISOString().slice(0, 19);
    emulator.addEvents([{ Id, CreationTime, Activity: 'ViewReport' }], visibleAt);
    shownAt.set(Id, visibleAt);
  }
  const outage = [MONDAY + (days / 2) * DAY, MONDAY + (days / 2 + 2) * DAY] as const;
  const inputs = { 'state-file': join(folder, 'state'), recheck };
  const good = new AbortController().signal;
  const sentAt = new Map<string, number>();
  const requests: { at: number; count: number }[] = [];
  let rows = 0;
  let runs = 0;
  try {
    for (let at = MONDAY + HOUR; at < MONDAY + (days + 3) * DAY; at += every * MINUTE) {
      if (random.oneIn(50) || (at >= outage[0] && at < outage[1])) continue;
      clock.at = Math.max(clock.at, at + random.below(2 * MINUTE));
      const { outputs } = await runStep(emulator, clock, inputs, good);
      runs += 1;
      requests.push({ at, count: Number(outputs['source-requests']) });
      for (; rows < emulator.table.length; rows += 1) {
        const id = String(emulator.table[rows]?.ActivityId);
        if (!sentAt.has(id)) sentAt.set(id, clock.at);
      }
    }
    // Events whose way did not lead through the outage, which has a price of its own; the first day has no steady state.
    const delays = [...shownAt]
      .flatMap(([id, shown]) => {
        const sent = sentAt.get(id);
        const isCounted = sent !== undefined && shown >= MONDAY + DAY;
        return isCounted && (sent < outage[0] || shown >= outage[1]) ? [(sent - shown) / MINUTE] : [];
      })
      .sort((a, b) => a - b);
    const steady = requests.filter(({ at }) => at >= MONDAY + 2 * DAY && at < outage[0]);
    const hours = (outage[0] - MONDAY - 2 * DAY) / HOUR;
    const byHour = Map.groupBy(steady, ({ at }) => Math.floor(at / HOUR));
    const sums = [...byHour.values()].map((all) => all.reduce((sum, { count }) => sum + count, 0));
    const at = (share: number) => delays[Math.min(Math.floor(delays.length * share), delays.length - 1)] ?? 0;
    return {
      runs,
      events: shownAt.size,
      requestsAnHour: sums.reduce((sum, count) => sum + count, 0) / hours,
      peak: Math.max(...sums),
      delays: { median: at(0.5), p95: at(0.95), p999: at(0.999), worst: at(1) },
      lost: [...shownAt.keys()].filter((id) => !sentAt.has(id)).length,
      twice: rows - sentAt.size,
    };
  } finally {
    setDefaultCACertificates(certificates);
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Most events within half an hour, and one in a hundred after 6 to 24 hours. */
function delayOf(random: Random): number {
  if (random.oneIn(100)) return 6 * HOUR + random.below(18 * HOUR);
  return random.oneIn(5) ? random.below(30 * MINUTE) : random.below(8 * MINUTE);
}

/** The table of all schedules, as lines of Markdown. */
export async function freshness(days: number, say: (line?: string) => void): Promise<void> {
  say();
  say(`## Freshness: ${days} days by a virtual clock, an event every ten minutes`);
  say();
  say(
    'Delays from the moment at which the source shows an event to the moment at which it is in the table; runs start up to two minutes late, one in fifty is dropped, and for two days none happens (events on their way in these days are left out of the delays).',
  );
  say();
  say('| runs | `recheck` | requests an hour | peak | median | 95 % | 99.9 % | worst | lost | twice |');
  say('| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const every of [5, 15, 60]) {
    for (const recheck of ['due', 'all'] as const) {
      const { requestsAnHour, peak, delays, lost, twice } = await playSchedule({ every, recheck }, days);
      const { median, p95, p999, worst } = delays;
      const minutes = [median, p95, p999, worst].map((value) => `${value.toFixed(0)} min`);
      say(
        `| every ${every} min | ${recheck} | ${requestsAnHour.toFixed(1)} | ${peak} | ${minutes.join(' | ')} | ${lost} | ${twice} |`,
      );
    }
  }
}
