import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { isOld, type UnprovenRows } from '../checkpoint/hour-proof.ts';
import type { CheckpointWriter } from '../checkpoint/writer.ts';
import { openLogQuery } from '../destination/log-query.ts';
import { TableReader } from '../destination/table-reader.ts';
import { ActionError, DeadlineError } from '../errors.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { grouped } from '../report/markdown.ts';
import type { Notice } from '../report/notice.ts';
import { nothingProved, type Proved, sumsOf } from '../report/proved.ts';
import { MINUTE, SECOND } from '../time/clock.ts';
import type { Connections } from './connect.ts';
import type { Plan } from './plan.ts';
import { Proof } from './prove.ts';
import { type ResendOptions, resendMissing } from './resend.ts';
import type { RunLimits } from './run-limits.ts';
import { TableMemory } from './table-memory.ts';

/** How long a service that throttles may hold up a run whose rows are all delivered. */
const PATIENCE = 10 * MINUTE;

interface Reading {
  readonly inputs: Inputs;
  readonly plan: Plan;
  readonly writer: CheckpointWriter;
  readonly limits: RunLimits;
  readonly checkpoint: Checkpoint;
  readonly reader: TableReader;
  readonly waitMs: number;
  /** Until when the table may be asked. */
  readonly deadline: { at: number };
}

/** The table as a run reads it back: what earlier runs sent, and what is there in the end. */
export class ReadBack {
  /** Filled in by `prove`. */
  readonly proved: Proved = nothingProved();
  readonly #reading: Reading;
  readonly #proof: Proof;
  #hasSight = false;

  private constructor(reading: Reading) {
    this.#reading = reading;
    const { reader, writer, checkpoint, plan } = reading;
    this.#proof = new Proof(reader, writer, checkpoint, plan.window);
  }

  /** @returns undefined where the inputs name no table */
  static open(
    inputs: Inputs,
    plan: Plan,
    writer: CheckpointWriter,
    { credential, userAgent }: Connections,
    limits: RunLimits,
  ): ReadBack | undefined {
    const { checkpoint } = writer;
    if (inputs.proof === undefined || checkpoint === undefined) return undefined;
    const { tableName, waitSeconds } = inputs.proof;
    const deadline = { ...limits.uploading };
    const reader = new TableReader(openLogQuery(inputs.proof, credential, userAgent), tableName, deadline);
    const waitMs = inputs.dryRun ? 0 : waitSeconds * SECOND;
    return new ReadBack({ inputs, plan, writer, limits, checkpoint, reader, waitMs, deadline });
  }

  /**
   * What earlier runs sent of the hours that this run asks for, where nothing else says it.
   * @throws ActionError 'table-…'
   */
  async memory(): Promise<TableMemory | undefined> {
    const { reader, writer, plan } = this.#reading;
    if (plan.asked === undefined) return undefined;
    const memory = await TableMemory.open(reader, writer, plan.windows);
    this.#hasSight = memory !== undefined;
    return memory;
  }

  /** Proves what can be while the run goes on, so that memory stays flat. */
  relieve(): Promise<void> {
    return this.#proof.relieve();
  }

  /** Says what is known so far, for a run that does not come to the proof. */
  tell(): void {
    this.proved.hours = this.#proof.hours();
  }

  /** Proves what is there, sends once more what is missing for certain, and says what is not there. */
  async prove(sending: Pick<ResendOptions, 'services' | 'openUploader' | 'keepRejected'>): Promise<void> {
    const { proved } = this;
    const { inputs, plan, writer, limits, checkpoint, reader, waitMs, deadline } = this.#reading;
    const proof = this.#proof;
    // A run that reads workspaces, or nothing.
    if (plan.asked === undefined && proof.unproven().length === 0) {
      proved.isAvailable = true;
      return;
    }
    const { uploading, collecting } = limits;
    deadline.at = Math.min(uploading.at, uploading.clock.now() + waitMs + PATIENCE);
    try {
      await proof.settle(waitMs, collecting, this.#hasSight);
      proved.isAvailable = true;
      await resendMissing({ inputs, proof, reader, writer, checkpoint, ...sending }, proved);
      if (proved.resent > 0) await proof.settle(waitMs, collecting, false);
      proved.notices.push(...(await noticesOf(proof, reader, proved)));
    } catch (error) {
      proved.notices.push(unavailable(error));
    } finally {
      this.tell();
      proved.withoutId = writer.withoutId;
    }
  }
}

/** A table that can't be read is a notice and no fault. @throws what is no fault of the table */
function unavailable(error: unknown): Notice {
  if (error instanceof ActionError && error.code !== 'cancelled')
    return { code: 'proof-unavailable', text: error.message };
  if (error instanceof DeadlineError) {
    return { code: 'proof-unavailable', text: `${error.message}: the next run looks at the table again.` };
  }
  throw error;
}

async function noticesOf(proof: Proof, reader: TableReader, proved: Proved): Promise<Notice[]> {
  const notices: Notice[] = [];
  const { missing } = sumsOf({ ...proved, hours: proof.hours() });
  if (missing > 0) {
    const sent = proved.resent > 0 ? `; ${grouped(proved.resent)} were sent once more in this run` : '';
    const { now = 0 } = proof;
    const groups = proof.unprovenOfWindow().flatMap(({ proof: of }) => of.unproven);
    const reason = await reasonOf(
      groups.filter((group) => isOld(group, now)),
      reader,
    );
    const text = `${grouped(missing)} events that were acknowledged more than six hours ago are not in the table${sent}.${reason}`;
    notices.push({ code: 'missing', text });
  }
  const { givenUp } = proof;
  if (givenUp.length > 0) {
    const count = givenUp.reduce((sum, { keys }) => sum + keys.size, 0);
    const operations = [...new Set(givenUp.flatMap(({ operations: names }) => names))];
    const [only] = operations;
    const shared = operations.length === 1 && only !== undefined ? `, all of them ${only}` : '';
    const reason = await reasonOf(givenUp, reader);
    const text = `${grouped(count)} events never showed up though they were sent twice${shared}: a transformation of the data collection rule may leave them out. They are not sent again.${reason}`;
    notices.push({ code: 'given-up', text });
  }
  return notices;
}

async function reasonOf(groups: readonly UnprovenRows[], reader: TableReader): Promise<string> {
  const ids = [...new Set(groups.flatMap(({ requestIds }) => requestIds))].slice(0, 100);
  const errors = await reader.errorsOf(ids);
  if (errors.length > 0) return ` DCRLogErrors has errors of their uploads: ${errors.join(', ')}.`;
  return (await reader.isCapped()) ? ' The workspace reached its daily cap.' : '';
}
