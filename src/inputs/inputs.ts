import { ActionError } from '../errors.ts';
import { keptFile } from '../files/kept-file.ts';
import { CLOUDS, type Cloud } from './clouds.ts';
import type { HostInputs } from './connection.ts';
import { readIdentity } from './identity.ts';
import { type PrivacyInputs, readPrivacy } from './privacy.ts';
import { type ProofInputs, readProof } from './proof.ts';
import { GUID, InputReader, listed, plainHttpsUrl } from './reader.ts';
import { readSignIn, type SignIn } from './sign-in.ts';

export type SourceChoice = 'auto' | 'power-bi' | 'fabric' | 'workspaces';

/** Everything the run is asked to do: validated, with defaults and cloud applied. Nothing else reads inputs. */
export interface Inputs {
  readonly tenantId: string;
  /** Undefined only with a system-assigned managed identity. */
  readonly clientId: string | undefined;
  readonly signIn: SignIn;
  readonly cloud: Cloud;
  readonly source: SourceChoice;
  readonly fallback: boolean;
  /** Lower-case GUIDs; empty means all. */
  readonly workspaceIds: ReadonlySet<string>;
  readonly activity: string | undefined;
  readonly userId: string | undefined;
  readonly lookbackHours: number;
  /** Instants in ms since the epoch. */
  readonly startTime: number | undefined;
  readonly endTime: number | undefined;
  readonly dcrEndpoint: string;
  readonly dcrImmutableId: string;
  readonly streamName: string;
  readonly concurrency: number;
  readonly dryRun: boolean;
  readonly authorityHost: string;
  readonly powerBiUrl: string;
  readonly fabricUrl: string | undefined;
  readonly stateFile: string | undefined;
  readonly rejectedFile: string | undefined;
  readonly replayFile: string | undefined;
  readonly deadlineMinutes: number;
  /** Whether young hours are asked for again only when they are due. */
  readonly recheck: 'due' | 'all';
  /** How the table is read back; undefined where it is not. */
  readonly proof: ProofInputs | undefined;
  readonly privacy: PrivacyInputs;
}

/**
 * Reads and validates all inputs.
 * @param get an input's raw value by name, '' where it is not given
 * @param now ms since the epoch
 * @param proxyFaults what is wrong with the runner's proxy settings, told along with the rest
 * @param host how its inputs differ from GitHub's, where they do
 * @throws ActionError 'inputs' that lists every fault at once, each with the input's name, what was expected
 * and what was got (never the value of a secret)
 */
export function readInputs(
  get: (name: string) => string,
  now: number,
  proxyFaults: readonly string[] = [],
  host?: HostInputs,
): Inputs {
  const read = new InputReader(get, host);
  read.faults.push(...proxyFaults);

  const { tenantId, clientId, cloud } = readIdentity(read, host?.connection);
  const signIn = readSignIn(read, clientId, now, host);
  const source = read.oneOf<SourceChoice>('source', ['auto', 'power-bi', 'fabric', 'workspaces'], 'auto');
  const fabricUrl = read.httpsUrl('fabric-url') ?? CLOUDS[cloud].fabricUrl;
  if (fabricUrl === undefined && (source === 'fabric' || source === 'workspaces')) {
    read.fault(
      'source',
      `"fabric-url" with it, because no Fabric host is documented for cloud "${cloud}"`,
      `"${source}"`,
    );
  }
  const startTime = read.instant('start-time');
  const endTime = read.instant('end-time');
  if (endTime !== undefined && endTime > now) {
    read.fault(
      'end-time',
      `an instant not after now (${new Date(now).toISOString()})`,
      new Date(endTime).toISOString(),
    );
  }
  if (startTime !== undefined && startTime >= (endTime ?? now)) {
    const end = endTime === undefined ? 'now' : '"end-time"';
    read.fault('start-time', `an instant before ${end}`, new Date(startTime).toISOString());
  }

  const dcrEndpoint = readDcrEndpoint(read);
  const streamName =
    read.optional('stream-name', 'a stream name that begins with "Custom-"', (text) =>
      /^Custom-[\w-]+$/.test(text) ? text : undefined,
    ) ?? 'Custom-FabricUserActivity_CL';

  const inputs: Inputs = {
    tenantId,
    clientId,
    signIn,
    cloud,
    source,
    fallback: read.boolean('fallback', true),
    workspaceIds: readWorkspaceIds(read),
    activity: read.optional('activity', 'an activity name without control characters', printable),
    // A user's name has no place in the log, not even a refused one.
    userId: read.optional(
      'user-id',
      'a user id without control characters',
      printable,
      (text) => `a value of ${text.length} characters`,
    ),
    lookbackHours: read.positiveNumber('lookback-hours', 24, 'a positive number of hours'),
    startTime,
    endTime,
    dcrEndpoint,
    dcrImmutableId: read.matching('dcr-immutable-id', '"dcr-" and 32 hexadecimal digits', (text) =>
      /^dcr-[0-9a-f]{32}$/i.test(text) ? text : undefined,
    ),
    streamName,
    concurrency: read.integer('concurrency', 4, 1, 16),
    dryRun: read.boolean('dry-run', false),
    authorityHost: read.httpsUrl('authority-host') ?? CLOUDS[cloud].authorityHost,
    powerBiUrl: read.httpsUrl('power-bi-url') ?? CLOUDS[cloud].powerBiUrl,
    fabricUrl,
    stateFile: read.path('state-file'),
    rejectedFile: read.path('rejected-file'),
    replayFile: read.path('replay-file'),
    deadlineMinutes: read.positiveNumber(
      'deadline-minutes',
      host?.deadlineMinutes ?? 330,
      'a positive number of minutes',
    ),
    recheck: read.oneOf('recheck', ['due', 'all'], 'due'),
    proof: readProof(read, dcrEndpoint, streamName),
    privacy: readPrivacy(read),
  };
  if (host === undefined) {
    const hasToken = read.given('github-token');
    if (read.boolean('failure-issue', false) && !hasToken)
      read.fault('github-token', 'a token with "issues: write", with "failure-issue"', 'nothing');
  }
  read.faults.push(...sharedPaths(inputs));
  if (read.faults.length > 0) throw new ActionError('inputs', { points: read.faults });
  return inputs;
}

/** Paths of the files that a run reads and writes. */
export type FileInputs = Pick<Inputs, 'stateFile' | 'rejectedFile' | 'replayFile'>;

/** The state file cannot be one of the others as well. @returns the faults, as `read.faults` holds them */
function sharedPaths({ stateFile, rejectedFile, replayFile }: FileInputs): string[] {
  if (stateFile === undefined) return [];
  const others = { 'rejected-file': rejectedFile, 'replay-file': replayFile };
  return Object.entries(others)
    .filter(([, path]) => path === stateFile)
    .map(([name]) => `state-file and ${name}: expected two different paths, got the same`);
}

/**
 * The inputs with the files themselves in place of links to them, so that two names of one file are known as one.
 * @throws ActionError where something else than a regular file is there, or two inputs that may not share a file do
 */
export function withKeptFiles<T extends FileInputs>(inputs: T): T {
  const real = (path: string | undefined, fault: Parameters<typeof keptFile>[1]) =>
    path === undefined ? undefined : keptFile(path, fault);
  const files = {
    ...inputs,
    stateFile: real(inputs.stateFile, 'state-file'),
    rejectedFile: real(inputs.rejectedFile, 'rejected-file'),
    replayFile: real(inputs.replayFile, 'replay-file'),
  };
  const faults = sharedPaths(files);
  if (faults.length > 0) throw new ActionError('inputs', { points: faults });
  return files;
}

function readWorkspaceIds(read: InputReader): ReadonlySet<string> {
  const ids = read.list('workspace-ids');
  const wrong = ids.filter((id) => !GUID.test(id));
  if (wrong.length > 0)
    read.fault('workspace-ids', 'GUIDs separated by commas, spaces or new lines', listed(wrong));
  return new Set(ids.map((id) => id.toLowerCase()));
}

function readDcrEndpoint(read: InputReader): string {
  const expected = 'https://host or the bare host of a logs ingestion endpoint';
  return read.matching('dcr-endpoint', expected, (text) => {
    const url = plainHttpsUrl(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
    return url !== undefined && url === new URL(url).origin ? url : undefined;
  });
}

function printable(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u001f\u007f]/.test(text) ? undefined : text;
}
