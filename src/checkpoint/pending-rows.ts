import type { EventKey } from '../rows/event-key.ts';
import { hourOf, type Window } from '../time/window.ts';

interface PendingHour {
  pending: number;
  failed: boolean;
  parts: Window[];
}

/**
 * Rows under way, hour by hour: a part of an hour is final only once it was collected whole and every row of the hour is
 * acknowledged or kept. Each part is told once.
 */
export class PendingRows {
  readonly #hours = new Map<number, PendingHour>();

  /** A row of this hour will be delivered. */
  added({ hour }: EventKey): void {
    this.#hour(hour).pending += 1;
  }

  /**
   * Rows are no longer under way.
   * @param handled whether they need not be sent again: acknowledged, or kept safely
   * @returns the parts that became final by it
   */
  resolved(keys: readonly EventKey[], handled: boolean): Window[] {
    const touched = new Set<PendingHour>();
    for (const { hour } of keys) {
      const found = this.#hour(hour);
      found.pending -= 1;
      found.failed ||= !handled;
      touched.add(found);
    }
    return [...touched].flatMap(finalParts);
  }

  /** A part of an hour was collected whole, late enough to be final. @returns the parts that became final by it */
  hourCollected(part: Window): Window[] {
    const found = this.#hour(hourOf(part.start));
    found.parts.push(part);
    return finalParts(found);
  }

  #hour(hour: number): PendingHour {
    let found = this.#hours.get(hour);
    if (found === undefined) {
      found = { pending: 0, failed: false, parts: [] };
      this.#hours.set(hour, found);
    }
    return found;
  }
}

function finalParts(hour: PendingHour): Window[] {
  return hour.pending > 0 || hour.failed ? [] : hour.parts.splice(0);
}
