import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../src/time/clock.ts';

/** A clock that goes on only when somebody sleeps, or when it is set: weeks pass in seconds. */
export class LeapingClock implements Clock {
  at: number;

  constructor(at: number) {
    this.at = at;
  }

  now(): number {
    return this.at;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = this.at + ms;
    await setImmediate();
    signal?.throwIfAborted();
    // Whole milliseconds, as every clock of the services has them.
    this.at = Math.max(this.at, Math.ceil(until));
  }
}
