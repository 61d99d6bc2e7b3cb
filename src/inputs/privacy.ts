import { COLUMNS } from '../rows/columns.ts';
import { type InputReader, listed } from './reader.ts';

/** What of the rows is not to leave the runner. */
export interface PrivacyInputs {
  readonly pseudonymKey: string | undefined;
  /** Columns by name, and `AdditionalFields.NAME`. */
  readonly omitColumns: ReadonlySet<string>;
}

/** A shorter key can be tried out: as many characters as a 128-bit key has hexadecimal digits. */
export const SHORTEST_KEY = 32;
/** Without these no event is told from another, and no row found. */
const NEEDED: ReadonlySet<string> = new Set(['TimeGenerated', 'CreationTime', 'ActivityId', 'RecordType']);
const NAMES: ReadonlySet<string> = new Set(COLUMNS.map(({ name }) => name));

/** The inputs of privacy by choice; faults are noted in `read`. */
export function readPrivacy(read: InputReader): PrivacyInputs {
  const pseudonymKey = read.optional(
    'pseudonym-key',
    `a secret of at least ${SHORTEST_KEY} characters`,
    (text) => ([...text].length >= SHORTEST_KEY ? text : undefined),
    (text) => `one of ${[...text].length}`,
  );
  const omitColumns = read.list('omit-columns');
  const unknown = omitColumns.filter((name) => !NAMES.has(name) && !/^AdditionalFields\../.test(name));
  if (unknown.length > 0)
    read.fault('omit-columns', 'names of columns, or AdditionalFields.NAME', listed(unknown));
  const needed = omitColumns.filter((name) => NEEDED.has(name));
  if (needed.length > 0)
    read.fault('omit-columns', `other columns than ${[...NEEDED].join(', ')}`, listed(needed));
  return { pseudonymKey, omitColumns: new Set(omitColumns) };
}
