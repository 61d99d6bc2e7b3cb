import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { keepRejected, prepareRejected } from '../destination/rejected-file.ts';
import type { Ending } from '../destination/uploader.ts';
import { ActionError } from '../errors.ts';
import { type FileLock, lock } from '../files/file-lock.ts';
import { fileFault } from '../files/kept-file.ts';
import type { Host } from '../host.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { isFinalAt } from '../pipeline/plan.ts';
import type { Tally } from '../report/run-record.ts';
import type { EventKey } from '../rows/deduplicator.ts';
import { HOUR } from '../time/clock.ts';
import type { ServiceTime } from '../time/service-time.ts';
import { clipToHistory, type HourWindow, hoursOf, isWholeHour, type Window } from '../time/window.ts';
import type { Checkpoint } from './checkpoint.ts';
import { fingerprintOf, formerFingerprints } from './fingerprint.ts';
import { createLedger } from './pending-rows.ts';
import { isUnusuallyQuiet } from './quiet-hours.ts';
import { type Hindrance, StateFile } from './state-file.ts';

/** Keeps what a run has achieved, so that the next one can go on from there. */
export interface Track {
  /** Undefined without "state-file". */
  readonly checkpoint: Checkpoint | undefined;
  /** The oldest instant that runs before this one covered. */
  readonly covered: number | undefined;
  /** The run begins to collect this window. */
  readonly begin: (window: Window) => void;
  /** The same window by the services' clocks: what lies before their history no longer counts as covered. */
  readonly confirm: (window: Window, time: ServiceTime) => void;
  readonly taken: (key: EventKey) => void;
  readonly ended: (ending: Ending) => void;
  /** A window was collected whole; `askedAt` is when it was first asked for. */
  readonly collected: (window: Window, askedAt: number) => void;
  /** @throws ActionError 'state-locked' where another run has taken one of the files over */
  readonly ensureHeld: () => void;
  readonly close: () => void;
}

/**
 * Opens the files that "state-file" and "rejected-file" name.
 * @param onFault told what went wrong with them while the run is under way
 * @throws ActionError 'state-locked' or 'state-file'
 */
export async function openTrack(
  inputs: Inputs,
  host: Host,
  tally: Tally,
  onFault: (error: ActionError) => void,
): Promise<Track> {
  const { clock } = host;
  const locks: FileLock[] = [];
  const { rejectedFile, replayFile, dryRun } = inputs;
  const state = openState(inputs, host, tally);
  try {
    if (rejectedFile !== undefined && rejectedFile !== replayFile && !dryRun) {
      guardFile(rejectedFile, () => mkdirSync(dirname(rejectedFile), { recursive: true }));
      locks.push(lock(rejectedFile, 'the rejected file', 'rejected-file'));
      const aside = await prepareRejected(rejectedFile, clock.now());
      if (aside !== undefined)
        tally.warn('rejected-set-aside', `The file of rejected rows was damaged: kept as ${aside}.`);
    }
  } catch (error) {
    state?.close(Number.NEGATIVE_INFINITY);
    for (const { release } of locks) release();
    throw error;
  }
  /** Known once the services have told their time; until then nothing is given up for lost. */
  let time: ServiceTime | undefined;
  const ledger = createLedger((part) => guarded(() => state?.final(part)));

  function guarded(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      onFault(error);
      return false;
    }
  }

  /** Whether a batch's rows need not be sent again. */
  function isSafe({ status, batch, why }: Ending): boolean {
    if (status === 'sent') return true;
    if (status === 'failed' || rejectedFile === undefined || replayFile !== undefined) return false;
    return guarded(() => {
      for (const { ensureHeld } of locks) ensureHeld();
      keepRejected(rejectedFile, batch, why, { now: clock.now(), recorded: state !== undefined });
    });
  }

  function noteQuiet(hours: readonly HourWindow[]): void {
    const checkpoint = state?.checkpoint;
    if (checkpoint === undefined || inputs.activity !== undefined || inputs.userId !== undefined) return;
    for (const window of hours) {
      if (!isWholeHour(window) || tally.counts.hours.has(window.hour)) continue;
      if (!isUnusuallyQuiet(checkpoint, window.hour, time?.now() ?? clock.now())) continue;
      checkpoint.hour(window.hour).toldQuiet = true;
      tally.quietHours.push(window.hour);
    }
  }

  const covered = state?.checkpoint.mark?.since;
  return {
    checkpoint: state?.checkpoint,
    covered,
    begin: ({ start }) => {
      const now = clock.now();
      const before = state?.checkpoint.mark;
      tally.lastRunAt = before?.at;
      // Not clipped yet: the runner's clock alone must not make hours forgotten.
      const since = Math.min(before?.since ?? start, start);
      guarded(() =>
        state?.begin({ since, at: now, ...(before?.accepted === true ? { accepted: true } : {}) }),
      );
    },
    confirm: ({ start, end }, services) => {
      time = services;
      const mark = state?.checkpoint.mark;
      if (mark === undefined) return;
      // Told once as lost, and then no longer counted as covered.
      const reached = Math.min(covered ?? start, start);
      const since = clipToHistory({ start: reached, end }, services.now()).start;
      if (since !== mark.since) guarded(() => state?.begin({ ...mark, since }));
    },
    taken: (key) => ledger.taken(key),
    ensureHeld: () => {
      state?.ensureHeld();
      for (const { ensureHeld } of locks) ensureHeld();
    },
    ended: (ending) => {
      const { keys } = ending.batch;
      const mark = state?.checkpoint.mark;
      if (ending.status === 'sent' && mark !== undefined && mark.accepted !== true)
        guarded(() => state?.begin({ ...mark, accepted: true }));
      const safe = isSafe(ending);
      const fresh = keys.filter((key) => key.recorded !== true);
      const recorded = safe && guarded(() => state?.acknowledged(fresh));
      ledger.ended(keys, recorded);
    },
    collected: (window, askedAt) => {
      const hours = [...hoursOf(window)];
      noteQuiet(hours);
      for (const { hour, start, end } of hours) {
        if (isFinalAt(hour + HOUR, askedAt)) ledger.collected({ start, end });
      }
    },
    close: () => {
      const now = time === undefined ? Number.NEGATIVE_INFINITY : Math.min(time.now(), clock.now());
      let hindrance: Hindrance | undefined;
      guarded(() => {
        hindrance = state?.close(now);
      });
      for (const { release } of locks) release();
      if (hindrance !== undefined) {
        const holds = hindrance.lacking
          ? 'it stays valid, but lacks what was acknowledged last: the next run sends that again'
          : 'it stays valid, only longer';
        tally.warn(
          'state-not-compacted',
          `The state file could not be rewritten (${hindrance.code}); ${holds}.`,
        );
      }
    },
  };
}

function guardFile<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw fileFault(error, path, 'rejected-file');
  }
}

function openState(inputs: Inputs, host: Host, tally: Tally): StateFile | undefined {
  const { stateFile: path, dryRun } = inputs;
  if (path === undefined) return undefined;
  tally.carriesOn = true;
  return StateFile.open({
    path,
    fingerprint: fingerprintOf(inputs),
    alsoTaken: formerFingerprints(inputs),
    now: host.clock.now(),
    readOnly: dryRun,
    onSetAside: (why) => tally.warn('state-set-aside', why),
  });
}
