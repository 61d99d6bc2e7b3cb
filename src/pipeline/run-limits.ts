import { ActionError, DeadlineError } from '../errors.ts';
import { type Clock, MINUTE, SECOND } from '../time/clock.ts';
import type { Deadline, Wait } from '../time/deadline.ts';

/** How long uploads under way may go on after a cancellation: the runner kills the process some seconds later. */
const GRACE = 5 * SECOND;
/** Time kept back at the end: to upload what is collected, and to write checkpoint and summary. */
const UPLOAD_RESERVE = 20 * SECOND;
const CLOSING_RESERVE = 3 * SECOND;

/** What ends a run before its work is done. */
export interface RunLimits {
  /** Bounds sign-in and collecting. */
  readonly collecting: Deadline;
  /** Bounds uploads, which may go on a little longer. */
  readonly uploading: Deadline;
  /** Ends collecting and the taking up of uploads; the first reason counts. */
  readonly end: (reason: unknown) => void;
  /** Lets go of the timers. */
  readonly dispose: () => void;
}

/**
 * @param startedAt when the step began, ms since the epoch
 * @param deadlineMinutes how long it may run at the most
 * @param cancelled aborted when the runner wants the step to end
 * @param onWait told each wait that a service asks for
 */
export function createRunLimits(
  { clock, cancelled }: { readonly clock: Clock; readonly cancelled: AbortSignal },
  startedAt: number,
  deadlineMinutes: number,
  onWait: (wait: Wait) => void,
): RunLimits {
  const length = deadlineMinutes * MINUTE;
  const uploadsEnd = startedAt + length - Math.min(CLOSING_RESERVE, length / 10);
  const collectingEnds = uploadsEnd - Math.min(UPLOAD_RESERVE, length / 10);
  const collecting = new AbortController();
  const uploading = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const later = (at: number, act: () => void) => {
    // Longer than a timer can wait is longer than any job.
    timers.push(setTimeout(act, Math.min(Math.max(at - clock.now(), 0), 2 ** 31 - 1)).unref());
  };
  later(collectingEnds, () => collecting.abort(new DeadlineError()));
  later(uploadsEnd, () => uploading.abort(new DeadlineError()));
  const cancel = () => {
    collecting.abort(new ActionError('cancelled', 'the runner asked the step to end'));
    later(clock.now() + GRACE, () => uploading.abort(collecting.signal.reason));
  };
  cancelled.addEventListener('abort', cancel, { once: true });
  if (cancelled.aborted) cancel();
  return {
    collecting: { clock, at: collectingEnds, signal: collecting.signal, onWait },
    uploading: { clock, at: uploadsEnd, signal: uploading.signal, onWait },
    end: (reason) => collecting.abort(reason),
    dispose: () => {
      for (const timer of timers) clearTimeout(timer);
      cancelled.removeEventListener('abort', cancel);
    },
  };
}
