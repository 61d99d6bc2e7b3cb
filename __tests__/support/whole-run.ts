/** Whole runs of the bundle against the emulator. */
import { expect } from '@jest/globals';
import {
  type ActivityEvent,
  type Emulator,
  type EmulatorOptions,
  type StreamDeclaration,
  startEmulator,
} from '../../emulator/server.ts';
import { COLUMNS } from '../../src/rows/columns.ts';
import { hostEnv, runOnHost } from './hosts.ts';
import { type Annotation, annotations, expectInvariants, type WholeRun } from './invariants.ts';

export const HOUR = 3_600_000;
/** Requests at once, by default. */
const UNDER_WAY = 4;
/** No run of these tests takes so long: it hangs, and must not outlive the test. */
const LONGEST_RUN = 100_000;

/** The stream as the documentation tells to declare it: what is not declared here is dropped, and counted. */
const STREAM: StreamDeclaration = {
  name: 'Custom-FabricUserActivity_CL',
  columns: Object.fromEntries(COLUMNS.map(({ name, type }) => [name, type])),
};

/** A job without `permissions: id-token: write`. */
export const NO_ID_TOKEN = { ACTIONS_ID_TOKEN_REQUEST_URL: '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' };

const opened: Emulator[] = [];

export async function startTenant(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({ stream: STREAM, eventsPerHour: 5, ...options });
  opened.push(emulator);
  return emulator;
}

export async function closeTenants(): Promise<void> {
  await Promise.all(opened.splice(0).map((emulator) => emulator.close()));
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** So many whole hours, the first of which began `back` hours before the hour that is on. */
export function wholeHours(count: number, back = 30): Range {
  const start = (Math.floor(Date.now() / HOUR) - back) * HOUR;
  return { start, end: start + count * HOUR };
}

/** The inputs that ask for a range. */
export function asking({ start, end }: Range): Record<string, string> {
  return { 'start-time': new Date(start).toISOString(), 'end-time': new Date(end).toISOString() };
}

export interface RunOptions {
  /** Through the proxy, with the real host names, instead of by addresses on this machine. */
  readonly real?: boolean;
  readonly inputs?: Record<string, string>;
  readonly env?: Record<string, string>;
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the step, and holds it to what the contract says of every step. */
export async function wholeRun(emulator: Emulator, options: RunOptions = {}): Promise<WholeRun> {
  const { real = false } = options;
  const before = emulator.requests.length;
  let watch: NodeJS.Timeout | undefined;
  const step = await runOnHost({
    inputs: { ...(real ? emulator.proxyInputs : emulator.inputs), ...options.inputs },
    env: { ...hostEnv(emulator, real), ...options.env },
    onStart: (kill) => {
      watch = setTimeout(() => kill('SIGKILL'), LONGEST_RUN);
      options.onStart?.(kill);
    },
  }).finally(() => clearTimeout(watch));
  const run = { ...step, errors: annotations(step.log, 'error'), warnings: annotations(step.log, 'warning') };
  expectInvariants(emulator, run, { ...hostEnv(emulator), ...options.env });
  const asked = emulator.requests
    .slice(before)
    .filter(({ service }) => service === 'power-bi' || service === 'fabric');
  const counted = Number(run.outputs['source-requests']);
  // A request that a cancellation cut off is counted, whether or not it had arrived yet; up to `concurrency` of them.
  const wasCancelled = run.errors.some(({ title }) => title === 'Cancelled');
  expect(counted).toBeGreaterThanOrEqual(asked.length);
  expect(counted).toBeLessThanOrEqual(asked.length + (wasCancelled ? UNDER_WAY : 0));
  return run;
}

/** A run that the runner cancels as soon as `ready` holds; and how long it took from there to its end. */
export async function cancelledRun(
  emulator: Emulator,
  options: RunOptions & { readonly signal: NodeJS.Signals; readonly ready: () => boolean },
): Promise<{ readonly run: WholeRun; readonly endedAfterMs: number }> {
  let sentAt = Number.NaN;
  let timer: NodeJS.Timeout | undefined;
  const onStart = (kill: (signal: NodeJS.Signals) => void) => {
    timer = setInterval(() => {
      if (!options.ready()) return;
      clearInterval(timer);
      sentAt = performance.now();
      kill(options.signal);
    }, 10);
  };
  try {
    const run = await wholeRun(emulator, { ...options, onStart });
    return { run, endedAfterMs: performance.now() - sentAt };
  } finally {
    clearInterval(timer);
  }
}

/** What the table has to hold: each event of the range once, and nothing else. */
export function expectEachOnce(
  emulator: Emulator,
  { start, end }: Range,
  wanted: (event: ActivityEvent) => boolean = () => true,
): void {
  const ids = emulator
    .eventsIn(start, end)
    .filter(wanted)
    .map(({ Id }) => Id);
  expect(emulator.table.map((row) => row.ActivityId).sort()).toEqual(ids.sort());
}

/** The counts that a good run reports of `events` events. */
export function allIngested(events: number): Record<string, string> {
  const counts = { 'activities-collected': events, 'activities-ingested': events, 'activities-failed': 0 };
  const texts = Object.entries(counts).map(([name, count]) => [name, String(count)]);
  return { ...Object.fromEntries(texts), complete: 'true', 'batches-failed': '0' };
}

/** The only error of a run; its message begins with its title and goes on with cause and remedy. */
export function onlyError(run: WholeRun): Annotation {
  expect(run.errors.map(({ title }) => title)).toHaveLength(1);
  expect(run.code).toBe(1);
  expect(run.outputs.complete).toBe('false');
  return run.errors[0] ?? { title: '', message: '' };
}
