import { OutOfTimeError } from '../errors.ts';
import type { Clock } from './clock.ts';

/** A wait that somebody makes us take. */
export interface Wait {
  /** The service's name for the reader, such as "Microsoft Entra". */
  readonly service: string;
  /** "HTTP 429", "ECONNRESET": what it answered, or what came of the attempt. */
  readonly why: string;
  /** When it ends, ms since the epoch. */
  readonly until: number;
}

/** What bounds a wait: the clock, the deadline (ms since the epoch), and a signal whose reason says why it ended. */
export interface Pace {
  readonly clock: Clock;
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Told each wait when it begins. */
  readonly onWait?: (wait: Wait) => void;
}

/** Sleeps, unless the wait would end after the deadline. @throws OutOfTimeError that names who made us wait */
export async function wait(ms: number, pace: Pace, cause: Omit<Wait, 'until'>): Promise<void> {
  const until = pace.clock.now() + ms;
  if (until > pace.deadline) throw new OutOfTimeError({ ...cause, until });
  pace.onWait?.({ ...cause, until });
  await pace.clock.sleep(ms, pace.signal);
}
