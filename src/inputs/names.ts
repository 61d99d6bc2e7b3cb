/**
 * Every input, as the Action writes it. action.yml, task.json, the README and the tests are made of this list or held to it;
 * tools/contract.ts has what there is to say of each.
 */
// biome-ignore format: a list
export const INPUT_NAMES = [
  'tenant-id', 'client-id', 'azure-subscription', 'client-secret', 'client-certificate',
  'managed-identity', 'key-vault-url', 'key-vault-secret-name', 'cloud', 'source', 'fallback',
  'workspace-ids', 'activity', 'user-id', 'lookback-hours', 'start-time', 'end-time', 'dcr-endpoint',
  'dcr-immutable-id', 'stream-name', 'state-file', 'rejected-file', 'recheck', 'replay-file', 'deadline-minutes',
  'concurrency', 'dry-run', 'authority-host', 'power-bi-url', 'fabric-url', 'workspace-id', 'table-name',
  'proof-wait-seconds', 'resend-missing', 'log-analytics-url', 'pseudonym-key', 'omit-columns', 'failure-issue', 'github-token',
] as const;

export type InputName = (typeof INPUT_NAMES)[number];

/** Inputs that one host has and the other has not. */
export const GITHUB_ONLY: readonly InputName[] = ['failure-issue', 'github-token'];
export const AZURE_PIPELINES_ONLY: readonly InputName[] = ['azure-subscription'];

const KNOWN: ReadonlySet<string> = new Set(INPUT_NAMES);

/** `tenant-id` as `tenantId`. */
export function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Our own words with the inputs that they quote written the host's way. Not for text that holds a value from outside: it
 * might be named like an input.
 */
export function withNames(text: string, written: (name: string) => string): string {
  return text.replaceAll(/(["`])([a-z-]+)\1/g, (quoted, mark: string, name: string) =>
    KNOWN.has(name) ? `${mark}${written(name)}${mark}` : quoted,
  );
}

/** A fault "NAME: expected …" or "NAME and NAME: expected …", with its names written the host's way. */
export function withLeadingNames(fault: string, written: (name: string) => string): string {
  return fault.replace(/^[a-z-]+(?: and [a-z-]+)*(?=: expected )/, (names) =>
    names
      .split(' and ')
      .map((name) => (KNOWN.has(name) ? written(name) : name))
      .join(' and '),
  );
}
