import { createHash } from 'node:crypto';
import { fingerprintOf, formerFingerprints } from '../checkpoint/fingerprint.ts';
import type { OpenOptions } from '../checkpoint/state-file.ts';
import { CheckpointWriter } from '../checkpoint/writer.ts';
import { RejectedFile } from '../destination/rejected-file.ts';
import { ReplayFile } from '../destination/replay-file.ts';
import { type ActionError, asActionError } from '../errors.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { ProofInputs } from '../inputs/proof.ts';
import type { Notice } from '../report/notice.ts';
import type { KeptFilesRecord, RunRecord } from '../report/run-record.ts';

/** The files that are carried from run to run, held against other runs until they are closed. */
export interface KeptFiles {
  readonly checkpoint: CheckpointWriter;
  /** Where rows that the service rejects are kept; none in a dry run or a replay, whose rows stay where they are. */
  readonly rejected: RejectedFile | undefined;
  readonly replay: ReplayFile | undefined;
  readonly record: KeptFilesRecord;
  /** @throws ActionError 'state-locked' where another run has taken one of them over */
  readonly ensureHeld: () => void;
  /** Lets all of them go, whatever happens to one of them. @param now by the runner's clock, ms since the epoch */
  readonly close: (now: number) => Promise<RunRecord['closed']>;
}

/**
 * Opens the files that "state-file", "rejected-file" and "replay-file" name.
 * @param now by the runner's clock, ms since the epoch
 * @param onFault told what goes wrong with the state file while the run is under way
 * @throws ActionError 'state-locked', 'state-file', 'rejected-file' or 'replay-file'
 */
export async function openKeptFiles(
  inputs: Inputs,
  now: number,
  onFault: (error: ActionError) => void,
): Promise<KeptFiles> {
  const notices: Notice[] = [];
  const { dryRun, rejectedFile, replayFile } = inputs;
  const checkpoint = CheckpointWriter.open(
    stateOptions(inputs, now, notices),
    inputs.proof && tableHash(inputs.proof),
    onFault,
  );
  let rejected: RejectedFile | undefined;
  let replay: ReplayFile | undefined;
  try {
    if (rejectedFile !== undefined && replayFile === undefined && !dryRun)
      rejected = await RejectedFile.open(rejectedFile, now);
    if (rejected?.setAside !== undefined) {
      const text = `The file of rejected rows was damaged: kept as ${rejected.setAside}.`;
      notices.push({ code: 'rejected-set-aside', text });
    }
    if (replayFile !== undefined) replay = await ReplayFile.open(replayFile, dryRun);
  } catch (error) {
    checkpoint.close(Number.NEGATIVE_INFINITY);
    rejected?.close();
    throw error;
  }
  return {
    checkpoint,
    rejected,
    replay,
    record: {
      carriesOn: inputs.stateFile !== undefined,
      keepsRejected: rejected !== undefined,
      lastRunAt: checkpoint.lastRunAt,
      notices,
      faults: checkpoint.faults,
    },
    ensureHeld: () => {
      checkpoint.ensureHeld();
      rejected?.ensureHeld();
      replay?.ensureHeld();
    },
    close: async (closingAt) => {
      const faults: ActionError[] = [];
      await replay?.close(closingAt).catch((error: unknown) => faults.push(asActionError(error)));
      const failure = checkpoint.close(closingAt);
      rejected?.close();
      if (failure === undefined) return { notices: [], faults };
      const holds = failure.lacking
        ? 'it stays valid, but lacks what was acknowledged last: the next run sends that again'
        : 'it stays valid, only longer';
      const text = `The state file could not be rewritten (${failure.code}); ${holds}.`;
      return { notices: [{ code: 'state-not-compacted', text }], faults };
    },
  };
}

/** Rows are looked for where they were sent to: another table knows nothing of them. */
function tableHash({ workspaceId, tableName }: ProofInputs): string {
  return createHash('sha256').update(`${workspaceId}/${tableName}`).digest('hex').slice(0, 16);
}

function stateOptions(inputs: Inputs, now: number, notices: Notice[]): OpenOptions | undefined {
  if (inputs.stateFile === undefined) return undefined;
  return {
    path: inputs.stateFile,
    fingerprint: fingerprintOf(inputs),
    alsoTaken: formerFingerprints(inputs),
    now,
    readOnly: inputs.dryRun,
    onSetAside: (text) => notices.push({ code: 'state-set-aside', text }),
  };
}
