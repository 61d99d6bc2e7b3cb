/** Steps in a row: runs of the bundle that share files, and what the table holds afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { type StepOptions, type StepResult, shiftedClock } from '../../emulator/runner.ts';
import {
  type ActivityEvent,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from '../../emulator/server.ts';
import { hostEnv, runOnHost } from './hosts.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const emulators: Emulator[] = [];
const folders: string[] = [];

/** A tenant whose hours cost one request each. */
export async function openTenant(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({ eventsPerHour: 0, emptyPages: false, ...options });
  emulators.push(emulator);
  return emulator;
}

export function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'progress-'));
  folders.push(folder);
  return folder;
}

export async function closeAll(): Promise<void> {
  await Promise.all(emulators.splice(0).map((emulator) => emulator.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export interface Annotation {
  readonly title: string;
  readonly text: string;
}

export interface Step extends StepResult {
  readonly errors: readonly Annotation[];
  readonly warnings: readonly Annotation[];
}

/** Runs the step against an emulator, and holds it to what the contract says of every step. */
export async function step(
  emulator: Emulator,
  inputs: Record<string, string>,
  options: Pick<StepOptions, 'onStart' | 'onLine' | 'measurePeak'> & { readonly clockAhead?: number } = {},
): Promise<Step> {
  const { clockAhead = 0, ...more } = options;
  const env = hostEnv(emulator);
  const result = await runOnHost({
    // Late events are looked for in each run; which hours are due is a matter of its own (due.test.ts).
    inputs: { ...emulator.inputs, recheck: 'all', ...inputs },
    env: clockAhead === 0 ? env : { ...env, NODE_OPTIONS: shiftedClock(clockAhead) },
    ...more,
  });
  const run = { ...result, errors: annotations(result, 'error'), warnings: annotations(result, 'warning') };
  if (run.signal !== null) return run;
  if (run.code !== (run.errors.length === 0 ? 0 : 1)) throw new Error(`exit code ${run.code}: ${run.log}`);
  expect(run.log).not.toContain('Unexpected error');
  if (run.errors.length > 0) expect(run.outputs.complete).toBe('false');
  const sum = number(run, 'activities-ingested') + number(run, 'activities-failed');
  const both = sum + number(run, 'duplicates-skipped');
  if (inputs['dry-run'] !== 'true') expect(both).toBe(number(run, 'activities-collected'));
  return run;
}

function annotations({ log }: StepResult, kind: 'error' | 'warning'): Annotation[] {
  const lines = log.matchAll(new RegExp(`^::${kind} title=([^:]*)::(.*)$`, 'gm'));
  return [...lines].map(([, title = '', text = '']) => ({ title, text }));
}

export function number(run: StepResult, output: string): number {
  return Number(run.outputs[output]);
}

export function titles(annotated: readonly Annotation[]): string[] {
  return annotated.map(({ title }) => title);
}

/** Requests to the activity log so far. */
export function asked(emulator: Emulator): { start: number; end: number }[] {
  return emulator.requestsTo('power-bi').map(({ query }) => ({
    start: Date.parse(query.startDateTime?.slice(1, -1) ?? ''),
    end: Date.parse(query.endDateTime?.slice(1, -1) ?? '') + 1,
  }));
}

/** First instant of the hour that lies so many hours before the one that is on. */
export function hourBack(back: number, now = Date.now()): number {
  return (Math.floor(now / HOUR) - back) * HOUR;
}

export function iso(instant: number): string {
  return new Date(instant).toISOString();
}

export function between(start: number, end: number): Record<string, string> {
  return { 'start-time': iso(start), 'end-time': iso(end) };
}

let nextId = 0;

/** Events one minute apart from `start` on, with ids of their own. */
export function eventsFrom(
  start: number,
  count: number,
  more: Record<string, unknown> = {},
): ActivityEvent[] {
  return Array.from({ length: count }, (_, at) => {
    nextId += 1;
    const time = iso(start + at * MINUTE).slice(0, 19);
    return { Id: `event-${nextId}`, CreationTime: time, Activity: 'ViewReport', ...more };
  });
}

/** How often each event id stands in the table. */
export function idCounts(emulator: Emulator): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { ActivityId } of emulator.table) {
    counts.set(String(ActivityId), (counts.get(String(ActivityId)) ?? 0) + 1);
  }
  return counts;
}

/** The table holds each event that the source shows of a range once, and nothing else. */
export function expectOnce(emulator: Emulator, start: number, end: number): void {
  const ids = emulator.eventsIn(start, end).map(({ Id }) => String(Id));
  expect(emulator.table.map(({ ActivityId }) => String(ActivityId)).sort()).toEqual(ids.sort());
}
