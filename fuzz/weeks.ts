import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { type Emulator, type Fault, startEmulator } from '../emulator/server.ts';
import { ACTIVITY_STREAM } from '../emulator/tenant/activity-stream.ts';
import { Random } from '../emulator/tenant/random.ts';
import { type Entry, fileWeeks, marksOf } from './book.ts';
import { limitDisk } from './disk.ts';
import { LeapingClock } from './leaping-clock.ts';
import { runStep, type Said } from './step.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONDAY = Date.parse('2026-02-02T00:00:00Z');
const ALWAYS = Number.POSITIVE_INFINITY;

/** What went wrong, in a sentence each; empty where nothing was lost, doubled or told wrongly. */
export type Findings = string[];

export interface Weeks {
  readonly findings: Findings;
  readonly runs: number;
  readonly kills: number;
  readonly events: number;
  readonly rows: number;
  /** Rows that were acknowledged and lost. */
  readonly lost: number;
  /** Rows beyond the first of an event, and how many there may be: what was in flight at kills. */
  readonly repeats: number;
  readonly allowed: number;
}

export interface WeeksOptions {
  readonly seed: number;
  /** Called before each run: a test plants a fault, which the audit has to find. */
  readonly plant?: (emulator: Emulator, files: Files, run: number) => void;
  readonly days?: number;
}

export interface Files {
  readonly folder: string;
  readonly state: string;
  readonly rejected: string;
}

/**
 * One to three weeks of a tenant, run by run, with everything that goes wrong: late events, throttles, failing services,
 * kills, full disks, wrong clocks, rows that are refused. The seed decides all of it. After each run the book is audited,
 * and at the end, after some runs in which nothing goes wrong, everything has to be there.
 */
export async function playWeeks({ seed, plant, days }: WeeksOptions): Promise<Weeks> {
  const random = new Random(seed);
  const clock = new LeapingClock(MONDAY);
  const emulator = await startEmulator({
    now: () => clock.now(),
    eventsPerHour: 0,
    emptyPages: random.oneIn(2),
    pageSize: random.pick([2, 5, 5000]),
    stream: ACTIVITY_STREAM,
  });
  const certificates = getCACertificates('default');
  setDefaultCACertificates([emulator.ca]);
  const folder = mkdtempSync(join(tmpdir(), 'weeks-'));
  const files: Files = {
    folder,
    state: join(folder, 'keep', 'state'),
    rejected: join(folder, 'keep', 'rejected.gz'),
  };
  mkdirSync(join(folder, 'keep'));
  try {
    return await new Play({ seed, random, clock, emulator, files, days: days ?? 2 + random.below(8) }).all(
      plant,
    );
  } finally {
    setDefaultCACertificates(certificates);
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Stage {
  readonly seed: number;
  readonly random: Random;
  readonly clock: LeapingClock;
  readonly emulator: Emulator;
  readonly files: Files;
  readonly days: number;
}

class Play {
  readonly #stage: Stage;
  readonly #book: Entry[];
  readonly #findings: Findings = [];
  readonly #keeps: boolean;
  /** Whether the runs read the table back. */
  readonly #proves: boolean;
  /** Events whose rows were acknowledged and lost; runs that prove send them once more. */
  readonly #lost = new Set<string>();
  #allowed = 0;
  #runs = 0;
  #kills = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    const { emulator, random, days } = stage;
    this.#book = fileWeeks(emulator, random, MONDAY, days * 24);
    this.#keeps = random.oneIn(2);
    this.#proves = random.oneIn(2);
  }

  async all(plant: WeeksOptions['plant']): Promise<Weeks> {
    const { random, clock, emulator, files, days } = this.#stage;
    const end = MONDAY + days * DAY;
    clock.at = MONDAY + HOUR;
    // The first run reaches back to the beginning: what no run ever covered is nobody's to catch up.
    await this.#step({ ...this.#inputs, 'lookback-hours': '60' }, 0, ALWAYS);
    while (clock.at < end) {
      clock.at += random.pick([HOUR, 2 * HOUR, 5 * HOUR, 9 * HOUR]) + random.below(40) * MINUTE;
      // The schedule drops runs, for days at times.
      if (random.oneIn(30)) clock.at += random.below(4) * DAY;
      await this.#one(() => plant?.(emulator, files, this.#runs));
    }
    await this.#finish(end);
    const counts = marksOf(emulator.table);
    return {
      findings: this.#findings,
      runs: this.#runs,
      kills: this.#kills,
      events: this.#book.reduce((sum, { times }) => sum + times, 0),
      rows: emulator.table.length,
      lost: this.#lost.size,
      repeats: this.#repeats(counts),
      allowed: this.#allowed,
    };
  }

  get #inputs(): Record<string, string> {
    const { files } = this.#stage;
    return {
      'state-file': files.state,
      ...(this.#keeps ? { 'rejected-file': files.rejected } : {}),
      ...(this.#proves ? { ...this.#stage.emulator.proofInputs, 'proof-wait-seconds': '20' } : {}),
    };
  }

  /** A run with whatever the dice say. */
  async #one(plant: () => void): Promise<void> {
    const { random, clock, emulator, files } = this.#stage;
    emulator.clearFaults();
    plant();
    emulator.fault({
      service: 'ingestion',
      rejectRows: ({ ReportName }) => ReportName === 'Bad',
      times: ALWAYS,
    });
    for (let count = random.below(4); count > 0; count -= 1) emulator.fault(this.#fault());
    if (this.#proves) this.#troubleTable();
    const inputs: Record<string, string> = {
      ...this.#inputs,
      concurrency: String(1 + random.below(6)),
      'lookback-hours': String(random.pick([3, 24, 24, 60])),
      'deadline-minutes': String(random.pick([5, 50, 330])),
      source: random.pick(['auto', 'power-bi']),
      recheck: random.pick(['due', 'all']),
    };
    if (random.oneIn(6)) {
      const from = MONDAY + random.below(Math.max(Math.floor((clock.at - MONDAY) / HOUR), 1)) * HOUR;
      inputs['start-time'] = new Date(from).toISOString();
      if (random.oneIn(2))
        inputs['end-time'] = new Date(Math.min(from + 30 * HOUR, clock.at - HOUR)).toISOString();
      if (from >= Date.parse(inputs['end-time'] ?? '9999-01-01')) delete inputs['end-time'];
    }
    const skew = random.oneIn(6) ? random.pick([-2 * DAY, -13 * HOUR, 13 * HOUR, 26 * HOUR, 30 * DAY]) : 0;
    // A future end is refused by the runner's clock, which is not what is looked for here.
    if (skew < 0) delete inputs['end-time'];
    const disk = random.oneIn(8) ? limitDisk(random.below(6000)) : undefined;
    const killAt = random.oneIn(5) ? 1 + random.below(25) : ALWAYS;
    try {
      await this.#step(inputs, skew, killAt);
    } finally {
      disk?.release();
    }
    // A disk that was full is room again; what it kept of a lock does not stay for weeks.
    rmSync(`${files.state}.lock`, { force: true });
    rmSync(`${files.rejected}.lock`, { force: true });
  }

  /** Rows that are lost, late or hidden; a checkpoint that is gone. */
  #troubleTable(): void {
    const { random, emulator, files } = this.#stage;
    const { logAnalytics } = emulator.configure;
    // Runs are an hour or more apart: rows of all but the last one are visible.
    const isVisible = logAnalytics.visibleAfterMs === 0;
    logAnalytics.visibleAfterMs = random.pick([0, 0, 0, 10_000, 20 * MINUTE]);
    logAnalytics.readAccess = random.oneIn(12)
      ? random.pick(['no-role', 'protected', 'network-denied'])
      : 'granted';
    if (random.oneIn(3)) {
      const skip = 1 + random.below(30);
      let seen = 0;
      const rows = (row: Readonly<Record<string, unknown>>) => {
        seen += 1;
        // One of those that have an id: others are not looked for.
        if (seen !== skip || row.ActivityId === undefined) return false;
        // What is lost a second time is given up, and has to be.
        if (this.#lost.has(String(row.ActivityId))) return false;
        this.#lost.add(String(row.ActivityId));
        return true;
      };
      emulator.fault({ service: 'ingestion', times: ALWAYS, lose: { rows } });
    }
    // Without a checkpoint an empty table can't be told from one whose rows are hidden.
    const isHidden = logAnalytics.readAccess === 'protected';
    if (random.oneIn(15) && isVisible && !isHidden && existsSync(files.state)) {
      rmSync(files.state);
      // Rows without an id can't be told from new ones.
      this.#allowed += emulator.table.filter(({ ActivityId }) => ActivityId === undefined).length;
    }
  }

  #fault(): Fault {
    const { random } = this.#stage;
    const service = random.pick([
      ...(['power-bi', 'power-bi', 'ingestion', 'entra'] as const),
      ...(this.#proves ? (['log-analytics'] as const) : []),
    ]);
    const plan = { service, skip: random.below(12), times: 1 + random.below(8) };
    const seconds = String(random.pick([1, 30, 600, 7200]));
    return random.pick<Fault>([
      { ...plan, status: 429, headers: { 'Retry-After': seconds } },
      { ...plan, status: 503 },
      { ...plan, status: 503, headers: { 'Retry-After': seconds } },
      { ...plan, reset: true },
      { ...plan, html: true },
      { ...plan, status: 500, times: 40 },
      { ...plan, expireTokens: true },
    ]);
  }

  /** A run; killed at a request, what it did afterwards is undone as far as a killed process could not have done it. */
  async #step(inputs: Record<string, string>, skew: number, killAt: number): Promise<void> {
    const { clock, emulator, files } = this.#stage;
    const startedAt = clock.at;
    const killed = new AbortController();
    let requests = 0;
    let rowsAtKill = 0;
    const saved = join(files.folder, 'saved');
    const watch = () => {
      requests += 1;
      if (requests === killAt) {
        rmSync(saved, { recursive: true, force: true });
        cpSync(join(files.folder, 'keep'), saved, { recursive: true });
        rowsAtKill = emulator.table.length;
        killed.abort();
      }
      return false;
    };
    for (const service of ['power-bi', 'ingestion'] as const)
      emulator.fault({ service, match: watch, times: ALWAYS });
    // Placed first, so that no other fault takes a request before it is counted.
    const runner = {
      now: () => clock.now() + skew,
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    };
    const said = await runStep(emulator, runner, inputs, killed.signal);
    this.#runs += 1;
    if (killed.signal.aborted) {
      this.#kills += 1;
      // What arrived after the kill was in flight: nobody could record it.
      this.#allowed += emulator.table.length - rowsAtKill;
      rmSync(join(files.folder, 'keep'), { recursive: true, force: true });
      cpSync(saved, join(files.folder, 'keep'), { recursive: true });
      return;
    }
    this.#audit(said, inputs, startedAt);
  }

  #audit(said: Said, inputs: Record<string, string>, startedAt: number): void {
    const { outputs } = said;
    const number = (name: string) => Number(outputs[name]);
    const at = `run ${this.#runs} at ${new Date(startedAt).toISOString()}`;
    const note = (what: string) => this.#findings.push(`${at}: ${what}`);
    const unexpected = said.errors.find((line) => line.startsWith('Unexpected error'));
    if (unexpected !== undefined) note(unexpected);
    const diskFull =
      said.errors.some((line) => /ENOSPC/.test(line)) || said.warnings.some((line) => /ENOSPC/.test(line));
    // Rows acknowledged while nothing could be recorded: told, and sent again.
    if (diskFull) this.#allowed += number('activities-ingested') || 0;
    if (outputs['activities-collected'] !== undefined) {
      const sum = number('activities-ingested') + number('activities-failed') + number('duplicates-skipped');
      if (sum !== number('activities-collected'))
        note(`${sum} rows accounted for of ${number('activities-collected')}`);
    }
    const counts = marksOf(this.#stage.emulator.table);
    // Of hours that are not due yet, late events come later.
    if (outputs.complete === 'true' && inputs.recheck === 'all') {
      const [from, to] = [outputs['window-start'], outputs['window-end']].map((text) =>
        Date.parse(text ?? ''),
      );
      const kept = this.#kept();
      const missing = this.#book.filter(
        ({ mark, created, visibleAt, times }) =>
          created >= (from ?? 0) &&
          created < (to ?? 0) &&
          visibleAt <= startedAt &&
          !this.#lost.has(mark) &&
          (counts.get(mark) ?? 0) + (kept.get(mark) ?? 0) < times,
      );
      if (missing.length > 0)
        note(
          `complete, and ${missing.length} events missing, such as ${missing[0]?.mark} (${JSON.stringify(inputs)})`,
        );
    }
    const repeats = this.#repeats(counts);
    if (repeats > this.#allowed) note(`${repeats} repeats, and at most ${this.#allowed} rows were in flight`);
  }

  #repeats(counts: ReadonlyMap<string, number>): number {
    return this.#book.reduce((sum, { mark, times }) => sum + Math.max((counts.get(mark) ?? 0) - times, 0), 0);
  }

  #kept(): Map<string, number> {
    const { rejected } = this.#stage.files;
    if (!existsSync(rejected)) return new Map();
    const lines = gunzipSync(readFileSync(rejected))
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
    return marksOf(lines.map((line) => (JSON.parse(line) as { row: Record<string, unknown> }).row));
  }

  /** Days later nothing is late any more, and nothing goes wrong: everything has to arrive. */
  async #finish(end: number): Promise<void> {
    const { clock, emulator, files } = this.#stage;
    const good = new AbortController().signal;
    const refuse = () =>
      emulator.fault({
        service: 'ingestion',
        rejectRows: ({ ReportName }) => ReportName === 'Bad',
        times: ALWAYS,
      });
    clock.at = Math.max(clock.at, end) + 26 * HOUR;
    emulator.configure.logAnalytics.readAccess = 'granted';
    emulator.configure.logAnalytics.visibleAfterMs = 0;
    // What is missing is sent again after six hours, the first of it alone.
    const runs = this.#proves ? 8 : 3;
    for (let run = 0; run < runs; run += 1) {
      emulator.clearFaults();
      refuse();
      clock.at += this.#proves ? 4 * HOUR : HOUR;
      const startedAt = clock.at;
      const said = await runStep(
        emulator,
        clock,
        { ...this.#inputs, 'lookback-hours': '400', recheck: 'all' },
        good,
      );
      this.#runs += 1;
      this.#audit(said, { ...this.#inputs, recheck: 'all' }, startedAt);
    }
    if (this.#keeps && existsSync(files.rejected)) {
      emulator.clearFaults();
      const said = await runStep(
        emulator,
        clock,
        { 'state-file': files.state, 'replay-file': files.rejected },
        good,
      );
      if (!said.ok) this.#findings.push(`the replay failed: ${said.errors.join(' ')}`);
    }
    const counts = marksOf(emulator.table);
    // Hours before the first run's window were never asked for; and bad rows arrive only where they were kept.
    const wanted = this.#book.filter(({ created, bad }) => created >= MONDAY && (!bad || this.#keeps));
    const isWaived = ({ mark }: Entry) => this.#lost.has(mark) && !this.#proves;
    const missing = wanted.filter((entry) => (counts.get(entry.mark) ?? 0) < entry.times && !isWaived(entry));
    if (missing.length > 0) {
      const named = missing
        .slice(0, 5)
        .map(
          ({ mark, created, visibleAt, times }) =>
            `${mark} ×${times} got ${counts.get(mark) ?? 0} (of ${new Date(created).toISOString()}, shown from ${new Date(visibleAt).toISOString()})`,
        );
      this.#findings.push(`at the end ${missing.length} events are lost: ${named.join(', ')}`);
    }
    const repeats = this.#repeats(counts);
    if (repeats > this.#allowed)
      this.#findings.push(`at the end ${repeats} repeats, and at most ${this.#allowed} rows were in flight`);
  }
}
