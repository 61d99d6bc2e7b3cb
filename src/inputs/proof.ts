import { logAnalytics } from './clouds.ts';
import { GUID, type InputReader } from './reader.ts';

/** How the table is read back. */
export interface ProofInputs {
  /** Lower-case GUID, `customerId`. */
  readonly workspaceId: string;
  readonly tableName: string;
  /** How long the end of a run may wait for its own rows, in seconds. */
  readonly waitSeconds: number;
  readonly resendMissing: boolean;
  /** Address and scope of the query API. */
  readonly queryUrl: string;
  readonly queryScope: string;
}

/** The inputs of the proof; faults are noted in `read`. @returns undefined where the table is not read back */
export function readProof(
  read: InputReader,
  dcrEndpoint: string,
  streamName: string,
): ProofInputs | undefined {
  const workspaceId = read.optional('workspace-id', 'the id of a Log Analytics workspace, a GUID', (text) =>
    GUID.test(text) ? text.toLowerCase() : undefined,
  );
  const isName = (text: string) => /^[A-Za-z_]\w{0,254}$/.test(text);
  const expected = 'the name of a table: letters, digits and "_"';
  const tableName =
    read.optional('table-name', expected, (text) => (isName(text) ? text : undefined)) ??
    streamName.replace(/^Custom-/, '');
  const waitSeconds = read.integer('proof-wait-seconds', 60, 0, 900);
  const resendMissing = read.boolean('resend-missing', true);
  const url = read.httpsUrl('log-analytics-url');
  if (workspaceId === undefined) return undefined;
  if (!isName(tableName)) read.fault('table-name', `${expected}, as the stream's is none`, 'nothing');
  const { queryUrl, queryScope } = logAnalytics(dcrEndpoint);
  return { workspaceId, tableName, waitSeconds, resendMissing, queryUrl: url ?? queryUrl, queryScope };
}
