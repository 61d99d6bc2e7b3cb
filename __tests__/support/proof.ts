/** Runs that read the table back. */
import type { StepResult } from '../../emulator/runner.ts';
import type { Emulator, EmulatorOptions } from '../../emulator/server.ts';
import { ACTIVITY_STREAM } from '../../emulator/tenant/activity-stream.ts';
import { HOUR, number, openTenant, type Step, step } from './steps.ts';

export interface ProofTenant {
  readonly emulator: Emulator;
  /** Lets the services' clock go on. */
  readonly later: (hours: number) => void;
  /** How far that clock is ahead of the runner's, in ms. */
  readonly ahead: () => number;
  /** A run that does not wait for its rows, unless it says so. */
  readonly run: (inputs?: Record<string, string>) => Promise<Step>;
}

/** A tenant whose workspace can be read. @param inputs of all of its runs */
export async function openProof(
  inputs: Record<string, string> = {},
  options: EmulatorOptions = {},
): Promise<ProofTenant> {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const emulator = await openTenant({ stream: ACTIVITY_STREAM, now, ...options });
  return {
    emulator,
    later: (hours) => {
      ahead += hours * HOUR;
    },
    ahead: () => ahead,
    run: (more = {}) =>
      step(emulator, {
        ...emulator.proofInputs,
        'proof-wait-seconds': '0',
        ...inputs,
        ...more,
      }),
  };
}

/** Events proven, pending, missing, given up. */
export function counts(run: StepResult): number[] {
  return ['events-proven', 'events-pending', 'events-missing', 'events-given-up'].map((name) =>
    number(run, name),
  );
}

/** How many queries of each shape were asked, by the name in their first line. */
export function queriesBy(emulator: Emulator): Record<string, number> {
  const names = emulator
    .requestsTo('log-analytics')
    .map(({ queryText = '' }) => /^\/\/ proof:(\w+) 1\n/.exec(queryText)?.[1] ?? 'other');
  const counted: Record<string, number> = {};
  for (const name of names) counted[name] = (counted[name] ?? 0) + 1;
  return counted;
}
