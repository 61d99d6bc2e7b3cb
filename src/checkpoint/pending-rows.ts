import type { EventKey } from '../rows/event-key.ts';
import { hourOf } from '../time/window.ts';
import type { AskedPart } from './hour-state.ts';

interface PendingHour {
  pending: number;
  failed: boolean;
  parts: AskedPart[];
}

/**
 * Rows under way, hour by hour: a part of an hour is done with only once it was collected whole and every row of the hour is
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
   * @returns the parts that are done with by it
   */
  resolved(keys: readonly EventKey[], handled: boolean): AskedPart[] {
    const touched = new Set<PendingHour>();
    for (const { hour } of keys) {
      const found = this.#hour(hour);
      found.pending -= 1;
      found.failed ||= !handled;
      touched.add(found);
    }
    return [...touched].flatMap(doneParts);
  }

  /** A part of an hour was collected whole. @returns the parts that are done with by it */
  hourCollected(part: AskedPart): AskedPart[] {
    const found = this.#hour(hourOf(part.start));
    found.parts.push(part);
    return doneParts(found);
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

function doneParts(hour: PendingHour): AskedPart[] {
  return hour.pending > 0 || hour.failed ? [] : hour.parts.splice(0);
}
