import { DeadlineError } from '../errors.ts';
import type { Clock } from './clock.ts';

/** A wait that a service asks for. */
export interface Wait {
  /** The service's name for the reader, such as "Microsoft Entra". */
  readonly service: string;
  /** "HTTP 429", "ECONNRESET": what it answered, or what came of the attempt. */
  readonly why: string;
  /** When it ends, ms since the epoch. */
  readonly until: number;
}

/** What bounds work and waits: an instant by a clock, and a signal whose reason says why they ended before. */
export interface Deadline {
  readonly clock: Clock;
  /** ms since the epoch */
  readonly at: number;
  readonly signal: AbortSignal;
  /** Told each wait when it begins. */
  readonly onWait?: (wait: Wait) => void;
}

/** Sleeps, unless the wait would end after the deadline. @throws DeadlineError that names the service */
export async function wait(ms: number, deadline: Deadline, cause: Omit<Wait, 'until'>): Promise<void> {
  const until = deadline.clock.now() + ms;
  if (until > deadline.at) throw new DeadlineError({ ...cause, until });
  deadline.onWait?.({ ...cause, until });
  await deadline.clock.sleep(ms, deadline.signal);
}
