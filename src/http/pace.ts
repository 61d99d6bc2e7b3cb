import type { Clock } from '../clock.ts';
import { OutOfTimeError } from '../errors.ts';

/** What bounds a wait: the clock, the deadline (ms since the epoch), and a signal whose reason says why it ended. */
export interface Pace {
  readonly clock: Clock;
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** Sleeps, unless the wait would end after the deadline. */
export async function wait(ms: number, pace: Pace): Promise<void> {
  const until = pace.clock.now() + ms;
  if (until > pace.deadline) throw new OutOfTimeError(until);
  await pace.clock.sleep(ms, pace.signal);
}
