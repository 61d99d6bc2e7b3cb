import { existsSync, readFileSync, renameSync } from 'node:fs';
import { Checkpoint, type Header, VERSION } from './checkpoint.ts';
import { forgetUnconfirmed } from './hour-proof.ts';
import { decode, type Record } from './log-record.ts';

export interface LoadOptions {
  readonly path: string;
  readonly fingerprint: string;
  /** Fingerprints under which the same log was kept before; such a file is taken on. */
  readonly alsoTaken?: readonly string[];
  readonly now: number;
  /** Read, never write: a dry run. */
  readonly readOnly: boolean;
  /** Told why a file was set aside, as a sentence. */
  readonly onSetAside: (why: string) => void;
}

/**
 * Reads a state file. One that is damaged, of another configuration or of a newer version is set aside under another
 * name, or left where it is in a dry run.
 * @returns undefined where there is none to go on from
 */
export function load(options: LoadOptions): Checkpoint | undefined {
  const { path, fingerprint, alsoTaken = [] } = options;
  if (!existsSync(path)) return undefined;
  const decoded = decode(readFileSync(path));
  if (!decoded.ok) return setAside(options, 'damaged', 'is damaged');
  const checkpoint = new Checkpoint();
  try {
    const header = headerOf(decoded.records);
    if (header === undefined) return setAside(options, 'damaged', 'is damaged');
    if (header.version > VERSION) return setAside(options, 'newer', 'was written by a newer version');
    if (header.fingerprint !== fingerprint && !alsoTaken.includes(header.fingerprint)) {
      return setAside(
        options,
        'other-configuration',
        'belongs to another tenant, source, filter, rule or stream',
      );
    }
    for (const record of decoded.records) checkpoint.apply(record);
    for (const { proof } of checkpoint.hours.values()) forgetUnconfirmed(proof);
    return checkpoint;
  } catch {
    return setAside(options, 'damaged', 'is damaged');
  }
}

function headerOf(records: readonly Record[]): Header | undefined {
  const first = records[0];
  return first?.kind === 'header' ? (JSON.parse(first.payload.toString('utf8')) as Header) : undefined;
}

function setAside({ path, now, readOnly, onSetAside }: LoadOptions, kind: string, why: string): undefined {
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  let aside = `${path}.${kind}-${stamp}`;
  for (let more = 2; existsSync(aside); more += 1) aside = `${path}.${kind}-${stamp}-${more}`;
  if (!readOnly) renameSync(path, aside);
  const where = readOnly ? 'left where it is (dry run)' : `kept as ${aside}`;
  onSetAside(`The state file ${path} ${why}: ${where}, and this run is a first run.`);
  return undefined;
}
