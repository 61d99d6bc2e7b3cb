/** What there is to say of each input and output; action.yml, task.json and the tables of documents are written from it. */
import {
  AZURE_PIPELINES_ONLY,
  camelCase,
  GITHUB_ONLY,
  type InputName,
  withNames,
} from '../src/inputs/names.ts';

/** Of the Action and the task: GitHub's Marketplace takes fewer than 125 characters. */
export const DESCRIPTION =
  'Collects Microsoft Fabric and Power BI user activity into Azure Log Analytics: nothing lost, nothing sent twice.';

export const GROUPS = {
  signIn: 'Sign-in',
  destination: 'Destination',
  source: 'What to collect',
  window: 'Window',
  progress: 'Progress and limits',
  proof: 'Proof of delivery',
  privacy: 'Privacy',
  addresses: 'Addresses',
} as const;

export interface Input {
  /** Markdown; other inputs are named in backticks, as the Action writes them. */
  readonly says: string;
  /** Where the task has something else to say; inputs as the task writes them. */
  readonly inTask?: string;
  /** In the task's form, as all that follows but for what is required and the default. */
  readonly label: string;
  readonly group?: keyof typeof GROUPS;
  readonly type?: 'boolean' | 'multiLine' | 'connectedService:AzureRM';
  readonly options?: readonly string[];
  readonly required?: true;
  readonly byDefault?: string;
  readonly inTaskByDefault?: string;
}

export const INPUTS: Readonly<Record<InputName, Input>> = {
  'azure-subscription': {
    says: 'Azure Resource Manager service connection that signs in: workload identity federation, service principal with secret or certificate, or managed identity, as the connection says. The other ways to sign in take its place.',
    label: 'Azure service connection',
    group: 'signIn',
    type: 'connectedService:AzureRM',
  },
  'tenant-id': {
    says: 'Entra tenant: a GUID or a verified domain name.',
    inTask:
      'Entra tenant: a GUID or a verified domain name. Comes from `azureSubscription` where that is given; given as well, it has to agree.',
    label: 'Tenant',
    group: 'signIn',
    required: true,
  },
  'client-id': {
    says: 'Application (client) id, a GUID. Required, except with `managed-identity: true`, where it selects a user-assigned identity.',
    inTask:
      'Application (client) id, a GUID. Comes from `azureSubscription` where that is given; given as well, it has to agree. With `managedIdentity: true` it selects a user-assigned identity.',
    label: 'Application (client) id',
    group: 'signIn',
  },
  'client-secret': {
    says: 'Sign in with this client secret. Without any secret, certificate, vault or managed identity, GitHub OIDC signs in.',
    inTask: 'Sign in with this client secret, from a secret variable.',
    label: 'Client secret',
    group: 'signIn',
  },
  'client-certificate': {
    says: 'Sign in with a certificate: PEM that holds private key and certificate.',
    label: 'Client certificate',
    group: 'signIn',
    type: 'multiLine',
  },
  'managed-identity': {
    says: 'Sign in with the managed identity of a self-hosted runner in Azure.',
    inTask:
      'Sign in with the managed identity of a self-hosted agent in Azure, without a service connection.',
    label: 'Managed identity',
    group: 'signIn',
    byDefault: 'false',
    type: 'boolean',
  },
  'key-vault-url': {
    says: '`https://NAME.vault.azure.net/` (or `.vault.usgovcloudapi.net`, `.vault.azure.cn`): the client secret is read from this vault, which is opened by GitHub OIDC, or by `client-certificate` or `managed-identity` where given.',
    inTask:
      '`https://NAME.vault.azure.net/` (or `.vault.usgovcloudapi.net`, `.vault.azure.cn`): the client secret is read from this vault, which is opened by `azureSubscription`, `clientCertificate` or `managedIdentity`.',
    label: 'Key Vault',
    group: 'signIn',
  },
  'key-vault-secret-name': {
    says: 'Name of the secret in the vault.',
    label: 'Secret in the Key Vault',
    group: 'signIn',
  },
  cloud: {
    says: '`public`, `gcc`, `gcc-high`, `dod` or `china`: sets the Entra authority, the Power BI host and scope.',
    label: 'Cloud',
    group: 'source',
    byDefault: 'public',
    options: ['public', 'gcc', 'gcc-high', 'dod', 'china'],
  },
  source: {
    says: '`auto`, `power-bi`, `fabric` or `workspaces`. `auto` takes the first that lets the app in, in this order.',
    label: 'Source',
    group: 'source',
    byDefault: 'auto',
    options: ['auto', 'power-bi', 'fabric', 'workspaces'],
  },
  fallback: {
    says: 'With `source: auto`: whether workspace records may stand in when no activity log is accessible; `false` fails the step instead.',
    label: 'Workspace records may stand in',
    group: 'source',
    byDefault: 'true',
    type: 'boolean',
  },
  'workspace-ids': {
    says: 'Only these workspaces, GUIDs separated by commas, spaces or new lines. Events that name no workspace are left out then.',
    label: 'Only these workspaces',
    group: 'source',
    type: 'multiLine',
  },
  activity: {
    says: 'Only this activity (operation) name.',
    label: 'Only this activity',
    group: 'source',
  },
  'user-id': {
    says: 'Only this user.',
    label: 'Only this user',
    group: 'source',
  },
  'lookback-hours': {
    says: 'Positive number of hours before `end-time`.',
    label: 'Hours to look back',
    group: 'window',
    byDefault: '24',
  },
  'start-time': {
    says: 'ISO 8601 instant to begin at, instead of `lookback-hours`. A time without a zone is UTC.',
    label: 'Start',
    group: 'window',
  },
  'end-time': {
    says: 'ISO 8601 instant to end before; now where it is not given.',
    label: 'End',
    group: 'window',
  },
  'dcr-endpoint': {
    says: 'Logs ingestion endpoint of the data collection rule or endpoint: `https://host` or the bare host.',
    label: 'Logs ingestion endpoint',
    group: 'destination',
    required: true,
  },
  'dcr-immutable-id': {
    says: 'Immutable id of the data collection rule: `dcr-` and 32 hexadecimal digits.',
    label: 'Immutable id of the data collection rule',
    group: 'destination',
    required: true,
  },
  'stream-name': {
    says: 'Stream of the rule, begins with `Custom-`.',
    label: 'Stream',
    group: 'destination',
    byDefault: 'Custom-FabricUserActivity_CL',
  },
  'state-file': {
    says: 'Path of the checkpoint that carries progress from run to run.',
    label: 'State file',
    group: 'progress',
  },
  'rejected-file': {
    says: 'Path to which rows that the service refused for good are written, gzipped NDJSON, so that nothing is lost; without it they are only counted.',
    label: 'File for refused rows',
    group: 'progress',
  },
  recheck: {
    says: 'With `state-file`: `due` asks for young hours again at growing distances (events arrive up to 24 hours late); `all` in every run.',
    label: 'Young hours again',
    group: 'progress',
    byDefault: 'due',
    options: ['due', 'all'],
  },
  'replay-file': {
    says: 'Path of a file that `rejected-file` wrote. Its rows are ingested instead of collecting; those that are accepted leave the file.',
    label: 'File of refused rows to send',
    group: 'progress',
  },
  'deadline-minutes': {
    says: 'When to stop cleanly, in minutes after the start. The step never runs longer, and never waits for a throttle that ends later.',
    inTask:
      'When to stop cleanly, in minutes after the start. The step never runs longer, and never waits for a throttle that ends later. Keep it below `timeoutInMinutes` of the job, which is 60 where none is given.',
    label: 'Deadline in minutes',
    group: 'progress',
    byDefault: '330',
    inTaskByDefault: '50',
  },
  concurrency: {
    says: 'How many source requests and how many uploads may be under way at once, each; 1 to 16.',
    label: 'Requests at once',
    group: 'progress',
    byDefault: '4',
  },
  'dry-run': {
    says: 'Do everything but upload rows: sign in, probe, collect, map, batch, report.',
    label: 'Dry run',
    group: 'progress',
    byDefault: 'false',
    type: 'boolean',
  },
  'authority-host': {
    says: 'Entra authority where it is not the one of `cloud`; https only.',
    label: 'Entra authority',
    group: 'addresses',
  },
  'power-bi-url': {
    says: 'Power BI address where it is not the one of `cloud`, for private endpoints and gateways; https only.',
    label: 'Power BI address',
    group: 'addresses',
  },
  'fabric-url': {
    says: 'Fabric address where it is not the one of `cloud`; https only.',
    label: 'Fabric address',
    group: 'addresses',
  },
  'workspace-id': {
    says: 'Id (GUID) of the Log Analytics workspace that holds the table. With it the run reads the table back, proves that every event is there, and sends nothing twice even without a checkpoint.',
    label: 'Log Analytics workspace id',
    group: 'proof',
  },
  'table-name': {
    says: 'Table that the rows end up in, where a transformation sends the stream to another one than `stream-name` without `Custom-`.',
    label: 'Table',
    group: 'proof',
  },
  'proof-wait-seconds': {
    says: 'How long the end of a run may wait for its own rows to become visible, 0 to 900.',
    label: 'Seconds to wait for rows',
    group: 'proof',
    byDefault: '60',
  },
  'resend-missing': {
    says: 'Whether rows that are proved missing are sent once more.',
    label: 'Send missing rows once more',
    group: 'proof',
    byDefault: 'true',
    type: 'boolean',
  },
  'log-analytics-url': {
    says: 'Query endpoint where it is not the one of the cloud of `dcr-endpoint`; https only.',
    label: 'Log Analytics address',
    group: 'addresses',
  },
  'pseudonym-key': {
    says: 'Secret of at least 32 characters: people appear as keyed pseudonyms in all that leaves the runner, the same person always as the same.',
    label: 'Key for pseudonyms',
    group: 'privacy',
  },
  'omit-columns': {
    says: "Columns that are not sent, separated by commas, spaces or new lines; `AdditionalFields.NAME` for one property. `TimeGenerated`, `CreationTime`, `ActivityId` and `RecordType` can't be omitted.",
    label: 'Columns not to send',
    group: 'privacy',
  },
  'failure-issue': {
    says: 'Keep one issue in this repository for red and incomplete runs: opened at the first, updated by the next, closed by the first good one. Needs `github-token` and `issues: write`.',
    label: 'Failure issue',
    byDefault: 'false',
  },
  'github-token': {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub's
    says: 'Token for `failure-issue`, such as `${{ github.token }}`. With it, scheduled runs also say when GitHub is about to disable the schedule for inactivity.',
    label: 'GitHub token',
  },
};

export const OUTPUTS: Readonly<Record<string, string>> = {
  source: 'Where the rows came from: `power-bi`, `fabric` or `workspaces`.',
  'fallback-used': '`true` only when workspace records stood in.',
  'fallback-reason': 'Whenever a source refused: which, and how (status and code).',
  'window-start':
    'Start of the window that this run asked for, ISO 8601 UTC, after clipping to what the service keeps.',
  'window-end': 'End of the window (exclusive), ISO 8601 UTC.',
  complete:
    '`true` when the whole window was collected from an activity log and every row was accepted or was there already.',
  'activities-collected': 'Events received that are within the window and the filters, repeats included.',
  'duplicates-skipped': 'Of these, events left out because the same event id was already seen.',
  'activities-ingested': 'Rows that the service acknowledged.',
  'activities-failed': 'Rows that were to be sent and were not acknowledged.',
  'batches-sent': 'Uploads acknowledged.',
  'batches-failed': 'Uploads refused, or failed after all attempts.',
  'bytes-sent': 'Bytes on the wire of the uploads acknowledged.',
  'source-requests': 'Requests made to the sources; the service documents 200 an hour.',
  'batch-summary':
    'JSON array with one entry for each batch (batch, rows, bytes, wireBytes, status, requestId); the first 500.',
  proof:
    'With `workspace-id`: `complete` (every event of the window is in the table, or given up), `pending` (some are too young to judge), `incomplete` (some are missing) or `unavailable` (the table could not be read).',
  'events-proven': 'Events of the window that were seen in the table, by this run or an earlier one.',
  'events-pending': 'Events of the window not seen yet and too young to judge.',
  'events-missing': 'Events of the window not seen though old enough.',
  'events-given-up': 'Events of the window not seen although they were sent twice.',
  'rows-resent': 'Rows that this run sent again because they were missing.',
  'repeats-in-table': 'Rows of the window beyond the first with the same event id.',
};

/** What the Action has, in the order of the list above. */
export function actionInputs(): [InputName, Input][] {
  return entries().filter(([name]) => !AZURE_PIPELINES_ONLY.includes(name));
}

/** What the task has, by the names that it has there. */
export function taskInputs(): [string, Input][] {
  const own = entries().filter(([name]) => !GITHUB_ONLY.includes(name));
  return own.map(([name, { inTask, inTaskByDefault, ...input }]) => {
    const says = inTask ?? inTaskWords(input.says);
    const byDefault = inTaskByDefault ?? input.byDefault;
    // The service connection knows it.
    const { required, ...rest } = input;
    const needed = required === true && name !== 'tenant-id' ? { required } : {};
    return [camelCase(name), { ...rest, ...needed, says, ...(byDefault === undefined ? {} : { byDefault }) }];
  });
}

export function taskOutputs(): [string, string][] {
  return Object.entries(OUTPUTS).map(([name, says]) => [camelCase(name), inTaskWords(says)]);
}

function inTaskWords(text: string): string {
  // `source: auto` names an input and its value.
  return withNames(text, camelCase);
}

function entries(): [InputName, Input][] {
  return Object.entries(INPUTS) as [InputName, Input][];
}
