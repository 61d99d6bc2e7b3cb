import type { EventKey } from '../rows/deduplicator.ts';
import { hourOf, type Window } from '../time/window.ts';

/** Which parts became final, given what is collected and acknowledged so far. */
export interface Ledger {
  /** A row of this hour was taken in and will be uploaded. */
  taken(key: EventKey): void;
  /** Rows found their end: acknowledged, kept safely, or neither. */
  ended(keys: readonly EventKey[], safe: boolean): void;
  /** A part of an hour was collected whole, late enough to be final. */
  collected(part: Window): void;
}

interface HourAccount {
  pending: number;
  failed: boolean;
  parts: Window[];
}

/**
 * Keeps account of rows under way, hour by hour: a part is final only once it was collected whole and every row of its
 * hour is acknowledged.
 * @param onFinal told each part once
 */
export function createLedger(onFinal: (part: Window) => void): Ledger {
  const accounts = new Map<number, HourAccount>();
  const account = (hour: number) => {
    let found = accounts.get(hour);
    if (found === undefined) {
      found = { pending: 0, failed: false, parts: [] };
      accounts.set(hour, found);
    }
    return found;
  };
  const settle = (hour: HourAccount) => {
    if (hour.pending > 0 || hour.failed) return;
    for (const part of hour.parts.splice(0)) onFinal(part);
  };
  return {
    taken: ({ hour }) => {
      account(hour).pending += 1;
    },
    ended: (keys, safe) => {
      const touched = new Set<HourAccount>();
      for (const { hour } of keys) {
        const found = account(hour);
        found.pending -= 1;
        found.failed ||= !safe;
        touched.add(found);
      }
      for (const hour of touched) settle(hour);
    },
    collected: (part) => {
      const found = account(hourOf(part.start));
      found.parts.push(part);
      settle(found);
    },
  };
}
