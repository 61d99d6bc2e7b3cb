import { crc32 } from 'node:zlib';

/**
 * The checkpoint file is a chain of records: length and its complement, CRC-32 of the rest, kind, payload. A snapshot of the state stands
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
  /** Events that the service acknowledged, or that were kept. */
  acknowledged: 4,
  /** A part of an hour that was collected whole, late enough to be final. */
  final: 5,
  /** JSON: when a run began and how far back it reaches. */
  run: 6,
  /** Request id and events: acknowledged, and expected in the table. */
  delivered: 7,
  /** Events that were found in the table. */
  found: 8,
  /** Events that are sent once more. */
  resent: 9,
  /** A part of an hour that was asked for, and when; every row of it was delivered. */
  asked: 10,
} as const;

export type RecordKind = keyof typeof KINDS;

const NAMES: ReadonlyMap<number, RecordKind> = new Map(
  Object.entries(KINDS).map(([name, kind]) => [kind, name as RecordKind]),
);

/** Length, its complement, checksum of the rest, kind. */
const HEAD = 13;
const KIND_AT = 12;

export function encode(record: Record): Buffer {
  const { length } = record.payload;
  const framed = Buffer.allocUnsafe(HEAD + length);
  framed.writeUInt32LE(length, 0);
  framed.writeUInt32LE(~length >>> 0, 4);
  framed[KIND_AT] = KINDS[record.kind];
  record.payload.copy(framed, HEAD);
  framed.writeUInt32LE(crc32(framed.subarray(KIND_AT)), 8);
  return framed;
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
    const length = file.readUInt32LE(at);
    // The length has a check of its own: a damaged one must not pass for an append that was cut short, with all the
    // records behind it. Zeros to the end are room that a failing machine gave to an append and never filled.
    if (file.readUInt32LE(at + 4) !== ~length >>> 0) {
      if (file.subarray(at).every((byte) => byte === 0)) break;
      return { ok: false };
    }
    const end = at + HEAD + length;
    if (end > file.length) break;
    const framed = file.subarray(at, end);
    const kind = NAMES.get(framed[KIND_AT] ?? 0);
    if (kind === undefined || crc32(framed.subarray(KIND_AT)) !== framed.readUInt32LE(8))
      return { ok: false };
    records.push({ kind, payload: framed.subarray(HEAD) });
    snapshotEnded ||= kind === 'snapshotEnd';
    at = end;
  }
  return snapshotEnded ? { ok: true, records, length: at } : { ok: false };
}
