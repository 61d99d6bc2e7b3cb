import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { isMissing, lastSentAgain, note } from '../checkpoint/hour-proof.ts';
import type { HourState } from '../checkpoint/hour-state.ts';
import type { CheckpointWriter } from '../checkpoint/writer.ts';
import { Batcher } from '../destination/batch.ts';
import { inBatches } from '../destination/batches.ts';
import type { Delivery } from '../destination/delivery.ts';
import type { TableReader } from '../destination/table-reader.ts';
import type { Uploader } from '../destination/uploader.ts';
import { ActionError } from '../errors.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Proved } from '../report/proved.ts';
import { type KeySet, unionOf } from '../rows/key-set.ts';
import type { SourceServices } from '../sources/open.ts';
import { historyStart } from '../time/window.ts';
import { collectAgain, type FoundRow } from './collect-again.ts';
import type { Proof } from './prove.ts';

/** Most rows sent again in one run, and the most of the events of the hours looked at. */
const MOST = 10_000;
const MOST_SHARE = 0.1;

export interface ResendOptions {
  readonly inputs: Inputs;
  readonly proof: Proof;
  readonly reader: TableReader;
  readonly writer: CheckpointWriter;
  readonly checkpoint: Checkpoint;
  readonly services: Omit<SourceServices, 'onRequest'>;
  readonly openUploader: () => Uploader;
  /** Keeps rows that are refused for good. @returns whether they are safe */
  readonly keepRejected: (delivery: Delivery) => boolean;
}

/** Rows of an hour that are to be sent again. */
interface Missing {
  readonly state: HourState;
  readonly keys: KeySet;
}

/**
 * Sends rows once more that are missing for certain, as far as all conditions hold: the first time a single batch, and the
 * others once a run has seen it.
 * @param proved where it is counted
 * @throws ActionError of the source, DeadlineError, or the deadline's reason
 */
export async function resendMissing(options: ResendOptions, proved: Proved): Promise<void> {
  const { proof, reader, writer, checkpoint, inputs } = options;
  const { now } = proof;
  if (now === undefined || !proof.isSighted) return;
  if (!(await lookOnceMore(options, now))) return;
  giveUp(options, now);
  const missing = missingRows(proof.unprovenOfWindow(), now, [1]);
  const count = countOf(missing);
  if (count === 0) {
    // What is lost next may be lost for another reason.
    if (!isAwaiting(proof.unproven())) writer.noteResend(false);
    return;
  }
  const total = proof.hours().reduce((sum, { events }) => sum + events, 0);
  const most = Math.min(MOST, Math.floor(total * MOST_SHARE));
  if (count > most) {
    const detail = `${count} of ${total} events, where at most ${most} may be sent again`;
    proved.faults.push(new ActionError('too-many-missing', detail));
    return;
  }
  if (inputs.proof?.resendMissing !== true || inputs.dryRun || isAwaiting(proof.unproven())) return;
  if (await reader.isCapped()) return;
  const byHour = new Map(missing.map(({ state, keys }) => [state.hour, keys]));
  const rows = await collectAgain(byHour, inputs, options.services, proved);
  if (rows.length > 0) await sendAgain(rows, checkpoint.mark?.resendWorks !== true, options, proved);
}

/** Looks for the missing rows under whatever hour they stand in the table. @returns whether the answer can be believed */
async function lookOnceMore({ proof }: ResendOptions, now: number): Promise<boolean> {
  const all = missingRows(proof.unprovenOfWindow(), now, [1, 2]);
  // So many are not sent again anyway.
  const missing = countOf(all) > MOST ? missingRows(proof.unprovenOfWindow(), now, [2]) : all;
  return missing.length === 0 || (await proof.lookFor(missing));
}

/** Rows that were sent twice and are still absent are not looked for any more. */
function giveUp({ proof, writer }: ResendOptions, now: number): void {
  for (const { proof: of } of proof.unprovenOfWindow()) {
    for (const group of of.unproven) {
      if (group.sends !== 2 || !isMissing(group, now)) continue;
      of.givenUp += group.keys.size;
      proof.noteGivenUp(group);
      writer.noteResend(false);
    }
    of.unproven = of.unproven.filter((group) => group.sends !== 2 || !isMissing(group, now));
  }
}

/** @param sends how often they were sent so far */
function missingRows(states: readonly HourState[], now: number, sends: readonly number[]): Missing[] {
  return states
    .filter(({ hour }) => hour >= historyStart(now))
    .sort((a, b) => a.hour - b.hour)
    .map((state) => ({
      state,
      keys: unionOf(
        state.proof.unproven
          .filter((group) => sends.includes(group.sends) && isMissing(group, now))
          .map(({ keys }) => keys),
      ),
    }))
    .filter(({ keys }) => keys.size > 0);
}

/** Whether rows that were sent again were neither seen nor given up yet. */
function isAwaiting(states: readonly HourState[]): boolean {
  return states.some(({ proof }) => proof.unproven.some(({ sends }) => sends === 2));
}

async function sendAgain(
  rows: readonly FoundRow[],
  isFirst: boolean,
  { writer, checkpoint, openUploader, keepRejected }: ResendOptions,
  proved: Proved,
): Promise<void> {
  const batch = isFirst ? firstBatch(rows) : rows;
  // Noted before: a run that is killed in between must not make it a third time.
  if (!writer.resending(batch.map(({ key }) => key))) return;
  for (const { key, operation } of batch)
    note(lastSentAgain(checkpoint.hours.get(key.hour)?.proof)?.operations, operation);
  const pages = (async function* () {
    yield batch;
  })();
  for await (const delivery of openUploader().deliver(inBatches(pages, new Batcher()))) {
    const { status, batch: sent, requestId } = delivery;
    if (status === 'rejected') proved.refused += sent.keys.length;
    if (status === 'delivered') {
      proved.resent += sent.keys.length;
      writer.resent(sent.keys, requestId);
    } else if (status === 'rejected' && keepRejected(delivery)) {
      writer.setAside(sent.keys);
    } else {
      writer.notResent(sent.keys);
    }
  }
}

/** As many rows as fit one request. */
function firstBatch(rows: readonly FoundRow[]): readonly FoundRow[] {
  const batcher = new Batcher();
  const end = rows.findIndex((row) => batcher.add(row) !== undefined);
  return end < 0 ? rows : rows.slice(0, end);
}

function countOf(missing: readonly Missing[]): number {
  return missing.reduce((sum, { keys }) => sum + keys.size, 0);
}
