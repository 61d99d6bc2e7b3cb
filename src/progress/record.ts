import { crc32 } from 'node:zlib';

/**
 * The checkpoint file is a chain of records: length, CRC-32 of the rest, kind, payload. A snapshot of the state stands
 * first and ends with its own mark; what happens afterwards is appended, one record at a time. A process that dies
 * while it appends leaves an incomplete last record, which is passed over: the state is the old or the new one.
 */
export interface Record {
  readonly kind: RecordKind;
  readonly payload: Buffer;
}

export const KINDS = {
  /** JSON: version and fingerprint of the configuration. */
  header: 1,
  /** An hour as it stands. */
  hour: 2,
  /** The snapshot ends here; events follow. */
  snapshotEnd: 3,
  /** Events of one hour that the service acknowledged. */
  acknowledged: 4,
  /** A part of an hour that was collected whole, late enough to be final. */
  final: 5,
  /** JSON: when a run began and how far back it reaches. */
  run: 6,
} as const;

export type RecordKind = keyof typeof KINDS;

const NAMES: ReadonlyMap<number, RecordKind> = new Map(
  Object.entries(KINDS).map(([name, kind]) => [kind, name as RecordKind]),
);

const HEAD = 9;

export function encode(record: Record): Buffer {
  const framed = Buffer.allocUnsafe(HEAD + record.payload.length);
  framed.writeUInt32LE(record.payload.length, 0);
  framed[8] = KINDS[record.kind];
  record.payload.copy(framed, HEAD);
  framed.writeUInt32LE(checksum(framed), 4);
  return framed;
}

/** The length counts too: a flipped bit in it must not pass for an incomplete record in the middle of others. */
function checksum(framed: Buffer): number {
  return crc32(framed.subarray(8), crc32(framed.subarray(0, 4)));
}

export type Decoded =
  | {
      readonly ok: true;
      readonly records: readonly Record[] /** Bytes of whole records. */;
      readonly length: number;
    }
  | { readonly ok: false };

/**
 * Reads a file's records. Not ok where a record is damaged, or the snapshot does not end; an incomplete record behind
 * the snapshot is an append that was cut short, and left out.
 */
export function decode(file: Buffer): Decoded {
  const records: Record[] = [];
  let at = 0;
  let snapshotEnded = false;
  while (at + HEAD <= file.length) {
    const end = at + HEAD + file.readUInt32LE(at);
    if (end > file.length) break;
    const framed = file.subarray(at, end);
    const kind = NAMES.get(framed[8] ?? 0);
    if (kind === undefined || checksum(framed) !== framed.readUInt32LE(4)) return { ok: false };
    records.push({ kind, payload: framed.subarray(HEAD) });
    snapshotEnded ||= kind === 'snapshotEnd';
    at = end;
  }
  return snapshotEnded ? { ok: true, records, length: at } : { ok: false };
}
