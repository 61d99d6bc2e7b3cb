/**
 * Every fault that can end or mark a run: the words its error line begins with, and what to do about it.
 * docs/troubleshooting.md has an entry for each title; a test holds the two together.
 */
export const FAULTS = {
  inputs: {
    title: 'Inputs refused',
    remedy:
      'Correct what is named here in the workflow, or in the environment of the runner; nothing was called.',
  },
  'oidc-permission': {
    title: 'No GitHub ID token',
    remedy:
      'Give the job "permissions: id-token: write" (workflows from forks and Dependabot do not get it), or choose another way to sign in.',
  },
  'oidc-request': {
    title: 'GitHub ID token request failed',
    remedy:
      "Check that the runner reaches GitHub's token service (HTTPS_PROXY, NO_PROXY, firewall) and run again.",
  },
  'id-token-refused': {
    title: 'No Azure DevOps ID token',
    remedy:
      "Start a new run, since a job's token ends with its job, and check that nothing (proxy, sign-in page) answers between agent and Azure DevOps; or choose another way to sign in.",
  },
  'connection-refused': {
    title: 'Service connection not open to this job',
    remedy:
      'Name the connection in "azure-subscription" of this very step, written out or by a template parameter, and permit it to this pipeline (Project settings > Service connections > the connection > Security).',
  },
  'id-token-request': {
    title: 'Azure DevOps ID token request failed',
    remedy: 'Check that the agent reaches Azure DevOps (proxy of the agent, firewall) and run again.',
  },
  'node-version': {
    title: 'Node too old',
    remedy:
      'Set the pipeline variable AGENT_USE_NODE24_WITH_HANDLER_DATA to true, or AGENT_USE_NODE24 for all tasks of the pipeline; the agent has to be of version 4.265.1 or later.',
  },
  'entra-secret-wrong': {
    title: 'Client secret refused',
    remedy:
      'Store the secret\'s Value, not its Secret ID (which looks like a GUID), of the app named by "client-id" as the repository secret.',
  },
  'entra-secret-expired': {
    title: 'Client secret expired',
    remedy: 'Create a new client secret and store its Value, or sign in with GitHub OIDC, which needs none.',
  },
  'entra-app-unknown': {
    title: 'App not found in the tenant',
    remedy: 'Check that "client-id" is the Application (client) ID of an app in the tenant of "tenant-id".',
  },
  'entra-tenant-unknown': {
    title: 'Tenant not found',
    remedy: 'Check "tenant-id", and that "cloud" is the cloud that this tenant lives in.',
  },
  'entra-federation': {
    title: 'No federated credential matches',
    remedy:
      'Add a federated credential to the app with exactly the issuer, subject and audience given here (letter case and @ids matter); a new one takes some minutes to work.',
  },
  'entra-assertion': {
    title: 'Sign-in assertion refused',
    remedy: "Check the runner's clock (NTP on self-hosted runners); the assertion is valid for minutes only.",
  },
  'entra-certificate': {
    title: 'Certificate refused',
    remedy: 'Upload the certificate of "client-certificate" to the app under Certificates & secrets.',
  },
  'entra-resource': {
    title: 'Resource unknown in the tenant',
    remedy:
      'Check that "cloud" fits the tenant, and that the service named here was used in this tenant at least once.',
  },
  'entra-refused': {
    title: 'Sign-in refused',
    remedy:
      'Look the AADSTS code up at https://login.microsoftonline.com/error, and check the sign-in inputs.',
  },
  'entra-unreachable': {
    title: 'Microsoft Entra not reached',
    remedy: 'Check network, proxy (HTTPS_PROXY, NO_PROXY) and "authority-host", and run again.',
  },
  'managed-identity': {
    title: 'Managed identity not available',
    remedy:
      'Run on a self-hosted runner in Azure with an identity assigned; "client-id" selects a user-assigned one and stays empty for the system-assigned one.',
  },
  'vault-forbidden': {
    title: 'Key Vault refused access',
    remedy:
      'Grant the signed-in identity "Key Vault Secrets User" on the vault, and let the vault\'s firewall admit the runner.',
  },
  'vault-secret-missing': {
    title: 'Key Vault secret not found',
    remedy: 'Check "key-vault-url" and "key-vault-secret-name", and that the secret is enabled.',
  },
  'vault-unreachable': {
    title: 'Key Vault not reached',
    remedy: 'Check "key-vault-url", network and proxy, and run again.',
  },
  'destination-forbidden': {
    title: 'Destination refused: no permission on the data collection rule',
    remedy:
      'Grant the app the role "Monitoring Metrics Publisher" on the data collection rule; a new assignment takes up to 30 minutes to work.',
  },
  'destination-network': {
    title: 'Destination refused: network rules',
    remedy:
      'The rule or its endpoint admits private networks only: run on a runner inside the network, with the private "dcr-endpoint", or allow public access.',
  },
  'destination-rule-unknown': {
    title: 'Destination refused: data collection rule not found',
    remedy:
      'Check "dcr-immutable-id" (it begins with dcr- and is not the resource id), and that "dcr-endpoint" and "stream-name" belong to this rule.',
  },
  'destination-token': {
    title: 'Destination refused: token not accepted',
    remedy:
      'Check that the Azure cloud of "dcr-endpoint" is the one the app signs in to: its host decides the audience of the token.',
  },
  'destination-unreachable': {
    title: 'Destination not reached',
    remedy:
      'Check "dcr-endpoint" (host name, private link), network, proxy and TLS inspection, and run again.',
  },
  'table-forbidden': {
    title: 'Table not readable: no permission on the workspace',
    remedy:
      'Grant the app "Log Analytics Data Reader" on the workspace ("workspace-id") with the condition of the template, or "Log Analytics Reader"; a new assignment takes up to an hour to work.',
  },
  'table-network': {
    title: 'Table not readable: network rules',
    remedy:
      'The workspace admits queries from private networks only: run on a runner inside the network, or allow queries from public networks in its network settings.',
  },
  'table-workspace-unknown': {
    title: 'Table not readable: workspace not found',
    remedy:
      'Check that "workspace-id" is the Workspace ID of the overview (a GUID, customerId) and not the resource id, and that "log-analytics-url" is of its cloud.',
  },
  'table-unknown': {
    title: 'Table not readable: table not found',
    remedy:
      'Check "workspace-id" and "table-name": the table that the data collection rule writes to, as its transformation names it. A table that was just made takes up to 15 minutes to be known.',
  },
  'table-columns': {
    title: 'Table not readable: columns missing or altered',
    remedy:
      'Let the transformation of the data collection rule keep ActivityId, CreationTime and RecordType as they are sent: without them no event can be told from another.',
  },
  'table-blind': {
    title: 'Table not readable: rows are hidden',
    remedy:
      'Rows that were seen before are not shown to the app: check its role and condition on the workspace, a protection level of the table, and a switch-over of the workspace. Nothing is sent again meanwhile.',
  },
  'table-unreachable': {
    title: 'Table not reached',
    remedy: 'Check network, proxy (HTTPS_PROXY, NO_PROXY) and "log-analytics-url", and run again.',
  },
  'too-many-missing': {
    title: 'Too many rows missing from the table',
    remedy:
      'Look for the cause first: the transformation and the errors of the data collection rule (DCRLogErrors), the daily cap of the workspace. Then run once with "start-time", "end-time" and another "state-file": it sends what the table lacks, and nothing twice.',
  },
  'source-refused': {
    title: 'Activity log refused',
    remedy:
      'Enable the tenant setting "Service principals can access read-only admin APIs" for a security group that holds the app, and remove admin-consent Power BI permissions from the app; changes take effect after 15 minutes or more.',
  },
  'source-undocumented': {
    title: 'Source not documented in this cloud',
    remedy: 'Use "source: power-bi", or give "fabric-url".',
  },
  'source-unreachable': {
    title: 'Source not reached',
    remedy: 'Check network, proxy (HTTPS_PROXY, NO_PROXY), "power-bi-url" and "fabric-url", and run again.',
  },
  'workspaces-refused': {
    title: 'Workspaces refused',
    remedy:
      'Enable the tenant setting "Service principals can use Fabric APIs" for a security group that holds the app, and give the app at least the Viewer role in the workspaces.',
  },
  'hours-missing': {
    title: 'Hours not collected',
    remedy:
      'Run again for the hours named here ("start-time", "end-time"); the others were collected and sent.',
  },
  'rows-refused': {
    title: 'Rows refused for good',
    remedy: 'Compare the columns and types of the stream in the data collection rule with docs/tables.md.',
  },
  'everything-refused': {
    title: 'Destination refuses everything',
    remedy:
      'Check "stream-name" and the stream declaration in the data collection rule against docs/tables.md.',
  },
  'uploads-failed': {
    title: 'Uploads failed',
    remedy: 'Check the health of Azure Monitor ingestion and the network, and run again for the same window.',
  },
  'state-locked': {
    title: 'File in use by another run',
    remedy:
      'Let one run at a time use the file: give the workflow a concurrency group, and each job of a matrix a file of its own.',
  },
  'state-file': {
    title: 'State file not usable',
    remedy:
      'Check that the folder of "state-file" can be written and has room. Uploading stopped, because what is not recorded would be sent again by the next run.',
  },
  'rejected-file': {
    title: 'Rejected rows could not be kept',
    remedy:
      'Check that the folder of "rejected-file" can be written and has room; the rows will be tried again in the next run.',
  },
  'replay-file': {
    title: 'Replay file not usable',
    remedy:
      'Give the path of a file that "rejected-file" wrote: gzipped, one JSON object with a row on each line.',
  },
  'out-of-time': {
    title: 'Out of time',
    remedy:
      'Give "state-file", so that the next run goes on where this one stopped, or a shorter window, or a later "deadline-minutes".',
  },
  cancelled: {
    title: 'Cancelled',
    remedy: 'Run again for the same window: what was not acknowledged is counted as failed.',
  },
  unexpected: {
    title: 'Unexpected error',
    remedy: 'This is a defect of the action: please report it with the run log.',
  },
} as const satisfies Record<string, { title: string; remedy: string }>;

export type FaultCode = keyof typeof FAULTS;

/** What a fault has to tell: the one line of a log runs it on, a page sets it out. */
export interface Detail {
  readonly text?: string;
  /** What is wrong, one by one. */
  readonly points?: readonly string[];
  /** What is to be copied to the letter, by its name. */
  readonly values?: Readonly<Record<string, string>>;
}

/**
 * A fault with what failed, why, and what to do. `message` is one line that begins with the fault's title,
 * because annotations show a first line only. `detail` never holds free text of a service or of an event.
 */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  readonly code: FaultCode;
  /** On one line. */
  readonly detail: string;
  readonly parts: Detail;
  readonly remedy: string;

  constructor(code: FaultCode, detail: string | Detail, options?: { cause?: unknown; remedy?: string }) {
    const remedy = options?.remedy ?? FAULTS[code].remedy;
    const parts = typeof detail === 'string' ? { text: detail } : detail;
    const line = lineOf(parts);
    super(`${FAULTS[code].title}: ${sentence(line)} ${remedy}`, { cause: options?.cause });
    this.code = code;
    this.detail = line;
    this.parts = parts;
    this.remedy = remedy;
  }
}

function lineOf({ text = '', points = [], values = {} }: Detail): string {
  const named = Object.entries(values).map(([name, value]) => `${name} "${value}"`);
  const sentence = [text, ...points].filter((part) => part !== '').join('; ');
  return [sentence, named.join(', ')].filter((part) => part !== '').join(' ');
}

/** Thrown where a wait would end after the deadline: not a fault, the run ends cleanly with what it has. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  /** @param wait the one that was not begun, because it would have ended after the deadline; none where time ran out */
  constructor(wait?: { readonly service: string; readonly why: string; readonly until: number }) {
    super(
      wait === undefined
        ? 'the deadline came'
        : `${wait.service} answers ${wait.why}, and the wait for it would have ended at ${new Date(wait.until).toISOString()}, after the deadline`,
    );
  }
}

/** Any thrown value as an ActionError: what is not one already is a defect, and says so. */
export function asActionError(thrown: unknown): ActionError {
  if (thrown instanceof ActionError) return thrown;
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  const place = thrown instanceof Error ? firstFrame(thrown) : '';
  return new ActionError('unexpected', `${name}${place}`, { cause: thrown });
}

function firstFrame(error: Error): string {
  const frame = /at [^\n]*?([\w.-]+\.[cm]?[jt]s:\d+:\d+)/.exec(error.stack ?? '')?.[1];
  return frame === undefined ? '' : ` at ${frame}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
