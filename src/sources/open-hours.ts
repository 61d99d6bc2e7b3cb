import { HOUR } from '../time/clock.ts';
import { hoursOf, type Window } from '../time/window.ts';

/**
 * How far from an hour that is still open the ids of collected hours are known, for a service that lists an event
 * under another hour than its own. Eight bytes and more for each event, so not for the whole window.
 */
const REMEMBERED = 6 * HOUR;

/** The hours that a run has still to collect. */
export class OpenHours {
  readonly #open = new Set<number>();

  constructor(windows: Iterable<Window>) {
    for (const window of windows) for (const { hour } of hoursOf(window)) this.#open.add(hour);
  }

  /** A window was collected, or is given up. */
  leave(window: Window): void {
    for (const { hour } of hoursOf(window)) this.#open.delete(hour);
  }

  /**
   * Whether nothing is asked for any more that might list an event of this hour. One hour that keeps the run waiting
   * holds back those around it, and not all that are collected meanwhile.
   */
  isDone(hour: number): boolean {
    for (let near = hour - REMEMBERED; near <= hour + REMEMBERED; near += HOUR) {
      if (this.#open.has(near)) return false;
    }
    return true;
  }
}
