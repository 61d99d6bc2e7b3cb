import type { LandedRow } from './services/landing.ts';
import type { ActivityEvent } from './tenant/event.ts';
import type { Settings } from './tenant/settings.ts';
import type { LoggedRequest } from './wire/exchange.ts';
import type { Fault } from './wire/fault.ts';
import type { Service } from './wire/request.ts';
import type { Row } from './wire/rows.ts';

/** A running emulator. */
export interface Emulator {
  readonly port: number;
  /** https://localhost:PORT */
  readonly url: string;
  /** PEM file for NODE_EXTRA_CA_CERTS, in a temporary folder that goes at close. */
  readonly caFile: string;
  readonly ca: string;
  /** CONNECT proxy that leads the real host names here. */
  readonly proxyUrl: string;
  /** Plain http: metadata service of a virtual machine, and below `/msi/token` that of App Service. */
  readonly imdsUrl: string;
  readonly now: () => number;
  /** What a runner sets, with addresses on this machine. */
  readonly env: Record<string, string>;
  /** What a runner sets, with the real host names, reached by the proxy. */
  readonly proxyEnv: Record<string, string>;
  /** What an agent of Azure Pipelines sets, in the same two ways; the connection `CONNECTION_ID` is the input's. */
  readonly agentEnv: Record<string, string>;
  readonly agentProxyEnv: Record<string, string>;
  /** What leads the managed identity library to `imdsUrl`, as a virtual machine and as App Service. */
  readonly imdsEnv: Record<string, string>;
  readonly appServiceEnv: Record<string, string>;
  /** Action inputs for a run with `env`, and for one with `proxyEnv`; sign-in is by GitHub OIDC. */
  readonly inputs: Record<string, string>;
  readonly proxyInputs: Record<string, string>;
  /** Inputs that let a run read its table back, with `env` and with `proxyEnv`; to be given beside those above. */
  readonly proofInputs: Record<string, string>;
  readonly proxyProofInputs: Record<string, string>;

  /** What the administrators have set up; change at will. */
  readonly configure: Settings;

  /** Rows as they stand in the table, seen by queries or not yet, and as they were posted; both empty with `keepRows: false`. */
  readonly table: readonly LandedRow[];
  readonly posted: readonly Row[];
  /** Rows acknowledged, those that were lost afterwards included. */
  readonly rowCount: number;
  /** Bodies acknowledged by 204 of which nothing was stored, and array elements that are no objects. */
  readonly swallowed: number;
  readonly swallowedElements: number;
  /** Values of undeclared columns, values of a wrong type, and both by column. */
  readonly droppedColumns: number;
  readonly droppedColumnNames: Readonly<Record<string, number>>;
  readonly droppedValues: number;
  readonly droppedValueNames: Readonly<Record<string, number>>;
  readonly truncatedValues: number;
  /** Rows whose posted TimeGenerated was replaced. */
  readonly rewrittenTimes: number;

  /** ID tokens that were presented again after their exchange. */
  readonly reusedAssertions: number;
  /** Access tokens issued, by resource. */
  readonly tokensIssued: Readonly<Record<string, number>>;

  readonly requests: readonly LoggedRequest[];
  readonly maxConcurrent: Readonly<Record<Service, number>>;
  /** CONNECT targets that the proxy was asked for. */
  readonly connects: readonly string[];
  requestsTo(service: Service): LoggedRequest[];
  /**
   * Waits until nobody is connected and all that arrived has been dealt with. After a sender was killed: what it had
   * sent is still read, and stored.
   */
  idle(): Promise<void>;

  fault(fault: Fault): void;
  clearFaults(): void;
  /** Rows that somebody else sends to the same stream, received now unless told otherwise. */
  addRows(rows: readonly Row[], receivedAt?: number): void;
  /** Deletes rows of the table. @returns how many */
  deleteRows(gone: (row: LandedRow) => boolean): number;
  /**
   * Files events under `filedAt`, else under their CreationTime; the source shows them from
   * `visibleAt` of the emulator clock on.
   */
  addEvents(events: readonly ActivityEvent[], visibleAt?: number, filedAt?: number): void;
  /** What the source would show now of `startMs <= time < endMs`. */
  eventsIn(startMs: number, endMs: number): ActivityEvent[];
  /** Renders the hours of a range beforehand, so that a load test does not wait for it. */
  prerender(startMs: number, endMs: number): void;
  /** A GitHub ID token and an access token, for tests that make their own requests. */
  idToken(audience?: string): string;
  accessToken(resource: string): string;
  close(): Promise<void>;
}
