import { ActionError, OutOfTimeError } from '../errors.ts';
import type { Host } from '../host.ts';
import { MINUTE, SECOND } from '../time/clock.ts';
import type { Pace, Wait } from '../time/deadline.ts';

/** How long uploads under way may go on after a cancellation: the runner kills the process some seconds later. */
const GRACE = 5 * SECOND;
/** Time kept back at the end: to upload what is collected, and to write checkpoint and summary. */
const UPLOAD_RESERVE = 20 * SECOND;
const CLOSING_RESERVE = 3 * SECOND;

/** What ends a run before its work is done. */
export interface Stop {
  /** Bounds sign-in and collecting. */
  readonly pace: Pace;
  /** Bounds uploads, which may go on a little longer. */
  readonly uploadPace: Pace;
  /** Ends collecting and the taking up of uploads; the first reason counts. */
  readonly now: (reason: unknown) => void;
  readonly signal: AbortSignal;
  /** Lets go of the timers. */
  readonly dispose: () => void;
}

/**
 * @param startedAt when the step began, ms since the epoch
 * @param deadlineMinutes how long it may run at the most
 * @param onWait told each wait that a service asks for
 */
export function createStop(
  host: Host,
  startedAt: number,
  deadlineMinutes: number,
  onWait: (wait: Wait) => void,
): Stop {
  const { clock } = host;
  const length = deadlineMinutes * MINUTE;
  const uploadDeadline = startedAt + length - Math.min(CLOSING_RESERVE, length / 10);
  const deadline = uploadDeadline - Math.min(UPLOAD_RESERVE, length / 10);
  const collecting = new AbortController();
  const uploading = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const later = (at: number, act: () => void) => {
    // Longer than a timer can wait is longer than any job.
    timers.push(setTimeout(act, Math.min(Math.max(at - clock.now(), 0), 2 ** 31 - 1)).unref());
  };
  later(deadline, () => collecting.abort(new OutOfTimeError()));
  later(uploadDeadline, () => uploading.abort(new OutOfTimeError()));
  const cancel = () => {
    collecting.abort(new ActionError('cancelled', 'the runner asked the step to end'));
    later(clock.now() + GRACE, () => uploading.abort(collecting.signal.reason));
  };
  host.cancelled.addEventListener('abort', cancel, { once: true });
  if (host.cancelled.aborted) cancel();
  return {
    pace: { clock, deadline, signal: collecting.signal, onWait },
    uploadPace: { clock, deadline: uploadDeadline, signal: uploading.signal, onWait },
    now: (reason) => collecting.abort(reason),
    signal: collecting.signal,
    dispose: () => {
      for (const timer of timers) clearTimeout(timer);
      host.cancelled.removeEventListener('abort', cancel);
    },
  };
}
