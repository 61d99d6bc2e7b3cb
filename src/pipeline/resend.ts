import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { isMissing, note } from '../checkpoint/hour-proof.ts';
import type { HourState } from '../checkpoint/hour-state.ts';
import type { CheckpointWriter } from '../checkpoint/writer.ts';
import { Batcher } from '../destination/batch.ts';
import { inBatches } from '../destination/batches.ts';
import type { TableReader } from '../destination/table-reader.ts';
import type { Uploader } from '../destination/uploader.ts';
import { ActionError } from '../errors.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Proved } from '../report/proved.ts';
import { keyOf } from '../rows/event-key.ts';
import { KeySet } from '../rows/key-set.ts';
import { mapEvent, rowJson } from '../rows/map.ts';
import { activityName, type ReadyRow } from '../rows/rows.ts';
import { openSource, type SourceServices } from '../sources/open.ts';
import { collectWindows } from '../sources/windows.ts';
import { HOUR } from '../time/clock.ts';
import { parseInstant } from '../time/instant.ts';
import { historyStart, hourOf } from '../time/window.ts';
import type { Proof } from './prove.ts';

/** Most rows sent again in one run, and the most of the events of the hours looked at. */
const MOST = 10_000;
const MOST_SHARE = 0.1;
/** Bytes of rows held until they are sent again; the others follow in the next run. */
const HELD = 8 * 2 ** 20;

export interface ResendOptions {
  readonly inputs: Inputs;
  readonly proof: Proof;
  readonly reader: TableReader;
  readonly writer: CheckpointWriter;
  readonly checkpoint: Checkpoint;
  readonly services: Omit<SourceServices, 'onRequest'>;
  readonly openUploader: () => Uploader;
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
  const { proof, reader, checkpoint, inputs } = options;
  const { now } = proof;
  if (now === undefined || !proof.isSighted) return;
  giveUp(options, now);
  const missing = missingRows(proof.unproven(), now);
  const count = missing.reduce((sum, { keys }) => sum + keys.size, 0);
  if (count === 0) return;
  const total = proof.hours().reduce((sum, { events }) => sum + events, 0);
  const most = Math.min(MOST, Math.floor(total * MOST_SHARE));
  if (count > most) {
    const detail = `${count} of ${total} events, where at most ${most} may be sent again`;
    proved.faults.push(new ActionError('too-many-missing', detail));
    return;
  }
  if (inputs.proof?.resendMissing !== true || inputs.dryRun || isAwaiting(proof.unproven())) return;
  if (await reader.isCapped()) return;
  // Looked for once more, whatever the hour they stand under there.
  const oldest = Math.min(...missing.map(({ state }) => state.hour));
  const there = await reader.some(union(missing), oldest);
  for (const { state } of missing) proof.seen(state, (high, low) => there.has(high, low));
  const left = missingRows(proof.unproven(), now);
  const rows = left.length === 0 ? [] : await collectAgain(left, options, proved);
  if (rows.length > 0) await sendAgain(rows, checkpoint.mark?.resendWorks !== true, options, proved);
}

/** Rows that were sent twice and are still absent are not looked for any more. */
function giveUp({ proof, writer }: ResendOptions, now: number): void {
  for (const { proof: of } of proof.unproven()) {
    for (const group of of.unproven) {
      if (group.sends !== 2 || !isMissing(group, now)) continue;
      of.givenUp += group.keys.size;
      proof.noteGivenUp(group);
      writer.noteResend(false);
    }
    of.unproven = of.unproven.filter((group) => group.sends !== 2 || !isMissing(group, now));
  }
}

function missingRows(states: readonly HourState[], now: number): Missing[] {
  return states
    .filter(({ hour }) => hour >= historyStart(now))
    .map((state) => ({
      state,
      keys: unionOf(
        state.proof.unproven
          .filter((group) => group.sends === 1 && isMissing(group, now))
          .map(({ keys }) => keys),
      ),
    }))
    .filter(({ keys }) => keys.size > 0);
}

/** Whether rows that were sent again were neither seen nor given up yet. */
function isAwaiting(states: readonly HourState[]): boolean {
  return states.some(({ proof }) => proof.unproven.some(({ sends }) => sends === 2));
}

/** Asks the source for the hours once more, and takes the rows out that are missing. */
async function collectAgain(
  missing: readonly Missing[],
  { inputs, services }: ResendOptions,
  proved: Proved,
): Promise<ReadyRow[]> {
  const byHour = new Map(missing.map(({ state, keys }) => [state.hour, keys]));
  const windows = missing.map(({ state: { hour } }) => ({ start: hour, end: hour + HOUR }));
  const onRequest = () => {
    proved.requests += 1;
  };
  const opened = await openSource(inputs, windows, { ...services, onRequest }, () => undefined);
  if (opened.kind !== 'activity') return [];
  const { api, link, windows: asked } = opened.candidate;
  const found = new Map<string, ReadyRow>();
  let bytes = 0;
  for await (const item of collectWindows(api, asked, link, inputs.concurrency, opened.first)) {
    if (item.kind !== 'page') continue;
    for (const event of item.events) {
      const { CreationTime } = event;
      const createdAt = typeof CreationTime === 'string' ? parseInstant(CreationTime) : undefined;
      const hour = hourOf(createdAt ?? Math.max(item.window.start, item.window.end - 1));
      if (!byHour.has(hour)) continue;
      const key = keyOf(event, hour);
      if (key.byContent || !byHour.get(hour)?.has(key.high, key.low) || bytes > HELD) continue;
      const row = mapEvent(event, createdAt, api.name, services.time.now());
      const json = rowJson(row, { values: 0, rows: 0 });
      bytes += json.length;
      found.set(`${hour} ${key.high} ${key.low}`, { json, key, operation: activityName(event) });
    }
  }
  return [...found.values()];
}

async function sendAgain(
  rows: readonly ReadyRow[],
  isFirst: boolean,
  { writer, checkpoint, openUploader }: ResendOptions,
  proved: Proved,
): Promise<void> {
  const batch = isFirst ? firstBatch(rows) : rows;
  // Noted before: a run that is killed in between must not make it a third time.
  if (!writer.resending(batch.map(({ key }) => key))) return;
  for (const { key, operation = '' } of batch) {
    const group = checkpoint.hours.get(key.hour)?.proof.unproven.at(-1);
    if (group !== undefined) note(group.operations, operation);
  }
  const pages = (async function* () {
    yield batch;
  })();
  for await (const { status, batch: sent, requestId } of openUploader().deliver(
    inBatches(pages, new Batcher()),
  )) {
    if (status === 'delivered') proved.resent += sent.keys.length;
    for (const hour of new Set(sent.keys.map((key) => key.hour))) {
      const group = checkpoint.hours.get(hour)?.proof.unproven.at(-1);
      if (group !== undefined) note(group.requestIds, requestId);
    }
    if (status === 'failed') writer.notResent(sent.keys);
  }
}

/** As many rows as fit one request. */
function firstBatch(rows: readonly ReadyRow[]): readonly ReadyRow[] {
  const batcher = new Batcher();
  const end = rows.findIndex((row) => batcher.add(row) !== undefined);
  return end < 0 ? rows : rows.slice(0, end);
}

function union(missing: readonly Missing[]): KeySet {
  return unionOf(missing.map(({ keys }) => keys));
}

function unionOf(sets: readonly KeySet[]): KeySet {
  const all = new KeySet();
  for (const set of sets) for (const key of set.keys()) all.add(...key);
  return all;
}
