import type { ActionError } from '../errors.ts';
import type { Truncations } from '../rows/truncate.ts';
import type { Notice } from './notice.ts';

/** What the table holds of an hour's events. */
export interface ProvedHour {
  /** First instant of the hour, ms since the epoch. */
  readonly hour: number;
  /** Events with an id that were acknowledged, in this run or an earlier one. */
  readonly events: number;
  readonly seen: number;
  readonly pending: number;
  readonly missing: number;
  readonly givenUp: number;
  /** Rows beyond the first with the same id. */
  readonly repeats: number;
}

/** What was read back. Written by the stage that proves, and by nothing else. */
export interface Proved {
  /** Of the window, oldest first, without hours that had no events. */
  hours: readonly ProvedHour[];
  /** Whether the table could be read. */
  isAvailable: boolean;
  /** Rows that were sent again. */
  resent: number;
  /** Rows that were refused for good when they were sent again. */
  refused: number;
  /** Rows acknowledged in this run that have no id to look for. */
  withoutId: number;
  /** Requests to the source for that. */
  requests: number;
  /** Values of these rows that were cut to the service's limits. */
  readonly truncations: Truncations;
  readonly notices: Notice[];
  readonly faults: ActionError[];
}

export type ProofStatus = '' | 'complete' | 'pending' | 'incomplete' | 'unavailable';

/** Sums over the hours of the window. */
export interface ProofSums {
  readonly seen: number;
  readonly pending: number;
  readonly missing: number;
  readonly givenUp: number;
  readonly repeats: number;
}

export function nothingProved(): Proved {
  return {
    hours: [],
    isAvailable: false,
    resent: 0,
    refused: 0,
    withoutId: 0,
    requests: 0,
    truncations: { values: 0, rows: 0 },
    notices: [],
    faults: [],
  };
}

export function sumsOf({ hours }: Proved): ProofSums {
  const sum = (of: keyof ProofSums) => hours.reduce((total, hour) => total + hour[of], 0);
  return {
    seen: sum('seen'),
    pending: sum('pending'),
    missing: sum('missing'),
    givenUp: sum('givenUp'),
    repeats: sum('repeats'),
  };
}

/** @param proved undefined where the table is not read back */
export function proofStatus(proved: Proved | undefined): ProofStatus {
  if (proved === undefined) return '';
  if (!proved.isAvailable) return 'unavailable';
  const { missing, pending } = sumsOf(proved);
  if (missing > 0) return 'incomplete';
  return pending > 0 ? 'pending' : 'complete';
}
