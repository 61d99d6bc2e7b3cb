/** The names that workflow authors rely on, copied from the contract: what differs from them is a breaking change. */

export interface ContractInput {
  readonly name: string;
  readonly required?: true;
  /** The value that action.yml gives, where leaving the input out means just that value. */
  readonly byDefault?: string;
}

export const INPUTS: readonly ContractInput[] = [
  { name: 'tenant-id', required: true },
  { name: 'client-id' },
  { name: 'client-secret' },
  { name: 'client-certificate' },
  { name: 'managed-identity', byDefault: 'false' },
  { name: 'key-vault-url' },
  { name: 'key-vault-secret-name' },
  { name: 'cloud', byDefault: 'public' },
  { name: 'source', byDefault: 'auto' },
  { name: 'fallback', byDefault: 'true' },
  { name: 'workspace-ids' },
  { name: 'activity' },
  { name: 'user-id' },
  { name: 'lookback-hours', byDefault: '24' },
  { name: 'start-time' },
  { name: 'end-time' },
  { name: 'dcr-endpoint', required: true },
  { name: 'dcr-immutable-id', required: true },
  { name: 'stream-name', byDefault: 'Custom-FabricUserActivity_CL' },
  { name: 'state-file' },
  { name: 'rejected-file' },
  { name: 'recheck', byDefault: 'due' },
  { name: 'replay-file' },
  { name: 'deadline-minutes', byDefault: '330' },
  { name: 'concurrency', byDefault: '4' },
  { name: 'dry-run', byDefault: 'false' },
  { name: 'authority-host' },
  { name: 'power-bi-url' },
  { name: 'fabric-url' },
  { name: 'workspace-id' },
  { name: 'table-name' },
  { name: 'proof-wait-seconds', byDefault: '60' },
  { name: 'resend-missing', byDefault: 'true' },
  { name: 'log-analytics-url' },
  { name: 'pseudonym-key' },
  { name: 'omit-columns' },
  { name: 'failure-issue', byDefault: 'false' },
  { name: 'github-token' },
];

/** Every output is set however the step ends. */
export const OUTPUTS: readonly string[] = [
  'source',
  'fallback-used',
  'fallback-reason',
  'window-start',
  'window-end',
  'complete',
  'activities-collected',
  'duplicates-skipped',
  'activities-ingested',
  'activities-failed',
  'batches-sent',
  'batches-failed',
  'bytes-sent',
  'source-requests',
  'batch-summary',
  'proof',
  'events-proven',
  'events-pending',
  'events-missing',
  'events-given-up',
  'rows-resent',
  'repeats-in-table',
];
