import type { UnprovenRows } from '../checkpoint/hour-proof.ts';
import { openLogQuery } from '../destination/log-query.ts';
import { TableReader } from '../destination/table-reader.ts';
import { ActionError, DeadlineError } from '../errors.ts';
import { grouped } from '../report/markdown.ts';
import { type Proved, sumsOf } from '../report/proved.ts';
import type { Notice } from '../report/run-record.ts';
import type { Connections } from './connect.ts';
import { Proof } from './prove.ts';
import { type ResendOptions, resendMissing } from './resend.ts';
import type { RunLimits } from './run-limits.ts';

type ReadBackOptions = Omit<ResendOptions, 'proof'> & {
  readonly window: { readonly start: number; readonly end: number } | undefined;
  readonly limits: RunLimits;
};

/** The table that the inputs name, ready to be read back; undefined where they name none. */
export function openTable(
  { proof }: ResendOptions['inputs'],
  { credential, userAgent }: Connections,
  { uploading }: RunLimits,
): TableReader | undefined {
  if (proof === undefined) return undefined;
  return new TableReader(openLogQuery(proof, credential, userAgent), proof.tableName, uploading);
}

/**
 * Reads the table back: proves what is there, sends once more what is missing for certain, and says what is not.
 * @param proved where it is told; a table that can't be read is a notice there, and no fault
 */
export async function readBack(options: ReadBackOptions, proved: Proved): Promise<void> {
  const { inputs, reader, writer, checkpoint, window, limits } = options;
  const waitMs = (inputs.proof?.waitSeconds ?? 0) * 1000;
  const proof = new Proof(reader, writer, checkpoint, window);
  try {
    await proof.settle(inputs.dryRun ? 0 : waitMs, limits.collecting);
    proved.isAvailable = true;
    await resendMissing({ ...options, proof }, proved);
    if (proved.resent > 0) await proof.settle(waitMs, limits.collecting);
    proved.notices.push(...(await noticesOf(proof, reader, proved)));
  } catch (error) {
    proved.notices.push(unavailable(error));
  } finally {
    proved.hours = proof.hours();
  }
}

/** @throws what is no fault of the table */
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
    const groups = proof.unproven().flatMap(({ proof: of }) => of.unproven);
    const reason = await reasonOf(groups, reader);
    const text = `${grouped(missing)} events that were acknowledged more than six hours ago are not in the table${sent}.${reason}`;
    notices.push({ code: 'missing', text });
  }
  const { givenUp } = proof;
  if (givenUp.length > 0) {
    const count = givenUp.reduce((sum, { keys }) => sum + keys.size, 0);
    const operations = [...new Set(givenUp.flatMap(({ operations }) => operations))];
    const [only] = operations;
    const shared = operations.length === 1 && only !== undefined ? `, all of them ${only}` : '';
    const text = `${grouped(count)} events never showed up though they were sent twice${shared}: a transformation of the data collection rule may leave them out. They are not sent again.${await reasonOf(givenUp, reader)}`;
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
