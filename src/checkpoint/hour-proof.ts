import { KeySet } from '../rows/key-set.ts';
import { HOUR } from '../time/clock.ts';

/** Events of an hour that were sent together and not seen in the table yet. */
export interface UnprovenRows {
  keys: KeySet;
  /** How often they were sent. */
  readonly sends: 1 | 2;
  /**
   * When they were acknowledged at the latest, by the clock of the query service, ms since the epoch: the first look at
   * the table afterwards. Undefined until then.
   */
  acknowledgedAt: number | undefined;
  /** Runs in which a whole answer did not have them. */
  absences: number;
  /** Whether this run counted its absence already. */
  isCounted: boolean;
  /** Uploads that they were in, the last of them, to look their errors up. */
  readonly requestIds: string[];
  /** Operations of rows that were sent again. */
  readonly operations: string[];
}

/** What is known of an hour's events in the table. Those that are proved or given up are only counted. */
export interface HourProof {
  proven: number;
  /** Of these, rows that were seen in another table than the one that is looked at now. */
  elsewhere: number;
  givenUp: number;
  /** Rows beyond the first with the same id, when the hour was last looked at. */
  repeats: number;
  unproven: UnprovenRows[];
}

/** An old SLA has nearly all rows indexed within this time; a newer upper bound is not documented. */
const OLD = 6 * HOUR;
/** Uploads and operations kept of each group of rows. */
const KEPT = 5;

export function newHourProof(): HourProof {
  return { proven: 0, elsewhere: 0, givenUp: 0, repeats: 0, unproven: [] };
}

export function unprovenRows(keys: KeySet, sends: 1 | 2): UnprovenRows {
  return {
    keys,
    sends,
    acknowledgedAt: undefined,
    absences: 0,
    isCounted: false,
    requestIds: [],
    operations: [],
  };
}

/** Notes a row as acknowledged by an upload, be it the first one or the one that sent it again. */
export function deliveredRow(proof: HourProof, high: number, low: number, requestId: string): void {
  const again = proof.unproven.find(({ sends, keys }) => sends === 2 && keys.has(high, low));
  if (again === undefined) expectRow(proof, high, low, requestId);
  else note(again.requestIds, requestId);
}

/**
 * Begins to look at another table. What was seen stays seen; what is still looked for, and what was sent by runs that looked at
 * no table, is looked for there.
 * @param ids all events of the hour that were acknowledged, where they are known one by one
 */
export function beginElsewhere(proof: HourProof, ids: KeySet): void {
  const { unproven } = proof;
  proof.repeats = 0;
  if (ids.size > proof.proven + proof.givenUp + pendingRows(proof)) {
    const all = ids.filter(() => true);
    Object.assign(proof, { ...newHourProof(), unproven: [unprovenRows(all, 1)] });
    return;
  }
  proof.elsewhere = proof.proven;
  proof.unproven = unproven.map(({ keys, sends }) => unprovenRows(keys, sends));
}

function expectRow(proof: HourProof, high: number, low: number, requestId: string): void {
  let group = proof.unproven.at(-1);
  if (group === undefined || group.sends !== 1 || group.acknowledgedAt !== undefined) {
    group = unprovenRows(new KeySet(), 1);
    proof.unproven.push(group);
  }
  group.keys.add(high, low);
  note(group.requestIds, requestId);
}

/** Moves rows to those that were sent twice. */
export function expectAgain(proof: HourProof, keys: KeySet): UnprovenRows {
  setAside(proof, keys);
  const again = unprovenRows(keys, 2);
  proof.unproven.push(again);
  return again;
}

/** The rows of an hour that were sent again last. */
export function lastSentAgain(proof: HourProof | undefined): UnprovenRows | undefined {
  return proof?.unproven.findLast(({ sends }) => sends === 2);
}

/** Moves rows back to those that were sent once; they stay missing. */
export function takeBack(proof: HourProof, keys: KeySet): void {
  for (const group of proof.unproven.filter(({ sends }) => sends === 2))
    group.keys = group.keys.filter((high, low) => !keys.has(high, low));
  proof.unproven = proof.unproven.filter((group) => group.keys.size > 0);
  // As missing as they were before: old, and absent in two runs.
  proof.unproven.push({ ...unprovenRows(keys, 1), acknowledgedAt: 0, absences: 2, isCounted: true });
}

/**
 * After a run that was killed while it sent rows once more: whether they were sent is not known. They count as sent once, and
 * as young as the others of that run, so that what was in flight has its time to show up.
 */
export function forgetUnconfirmed(proof: HourProof): void {
  proof.unproven = proof.unproven.map((group) =>
    group.sends === 2 && group.requestIds.length === 0 ? unprovenRows(group.keys, 1) : group,
  );
}

/** Keeps a few different ones. */
export function note(list: string[] | undefined, text: string): void {
  if (text !== '' && list !== undefined && list.length < KEPT && !list.includes(text)) list.push(text);
}

/** Takes out what the table has. @returns how many rows that were, and how many of them had been sent again */
export function prove(
  proof: HourProof,
  isThere: (high: number, low: number) => boolean,
): { seen: number; seenAgain: number } {
  let [seen, seenAgain] = [0, 0];
  for (const group of proof.unproven) {
    const before = group.keys.size;
    group.keys = group.keys.filter((high, low) => !isThere(high, low));
    seen += before - group.keys.size;
    if (group.sends === 2) seenAgain += before - group.keys.size;
  }
  proof.unproven = proof.unproven.filter((group) => group.keys.size > 0);
  proof.proven += seen;
  return { seen, seenAgain };
}

/** Notes that a whole answer did not have what is left: once a run. @param now by the query service's clock */
export function noteAbsence(proof: HourProof, now: number, counts: boolean): void {
  for (const group of proof.unproven) {
    group.acknowledgedAt ??= now;
    if (!counts || group.isCounted) continue;
    group.isCounted = true;
    group.absences += 1;
  }
}

/** Rows old enough that they should be there. */
export function isOld({ acknowledgedAt }: UnprovenRows, now: number): boolean {
  return acknowledgedAt !== undefined && now - acknowledgedAt >= OLD;
}

/** Whether rows are missing for certain: old enough, and absent in two runs. */
export function isMissing(group: UnprovenRows, now: number): boolean {
  return isOld(group, now) && group.absences >= 2;
}

/** Rows that were seen in the table that is looked at. */
export function seenRows({ proven, elsewhere }: HourProof): number {
  return proven - elsewhere;
}

/** Takes out rows that are kept elsewhere, and not looked for any more. */
export function setAside(proof: HourProof, gone: KeySet): void {
  for (const group of proof.unproven) group.keys = group.keys.filter((high, low) => !gone.has(high, low));
  proof.unproven = proof.unproven.filter((group) => group.keys.size > 0);
}

/** Rows of the hour that were sent and are neither proved nor given up. */
export function pendingRows({ unproven }: HourProof): number {
  return unproven.reduce((sum, { keys }) => sum + keys.size, 0);
}

type Kept = [
  sends: number,
  acknowledgedAt: number | null,
  absences: number,
  keys: number,
  requestIds: string[],
  operations: string[],
];

/** Behind an hour's other bytes: length of the description, the description as JSON, then the keys of each group. */
export function encodeHourProof(proof: HourProof): Buffer {
  const { proven, elsewhere, givenUp, repeats, unproven } = proof;
  if (proven === 0 && givenUp === 0 && repeats === 0 && unproven.length === 0) return Buffer.alloc(0);
  const groups = unproven.map(
    ({ sends, acknowledgedAt, absences, keys, requestIds, operations }): Kept => [
      sends,
      acknowledgedAt ?? null,
      absences,
      keys.size,
      requestIds,
      operations,
    ],
  );
  const head = Buffer.from(JSON.stringify([proven, givenUp, repeats, elsewhere, ...groups]));
  const buffer = Buffer.allocUnsafe(4 + head.length + 8 * pendingRows(proof));
  let at = buffer.writeUInt32LE(head.length, 0);
  at += head.copy(buffer, at);
  for (const { keys } of unproven) {
    for (const [high, low] of keys.keys()) at = buffer.writeUInt32LE(low, buffer.writeUInt32LE(high, at));
  }
  return buffer;
}

/** @throws RangeError or SyntaxError where the bytes are none that `encodeHourProof` wrote */
export function decodeHourProof(bytes: Buffer): HourProof {
  if (bytes.length === 0) return newHourProof();
  const headEnd = 4 + bytes.readUInt32LE(0);
  const [proven, givenUp, repeats, elsewhere, ...groups] = JSON.parse(bytes.toString('utf8', 4, headEnd)) as [
    number,
    number,
    number,
    number,
    ...Kept[],
  ];
  let at = headEnd;
  const unproven = groups.map(([sends, acknowledgedAt, absences, count, requestIds, operations]) => {
    const keys = new KeySet();
    for (let key = 0; key < count; key += 1, at += 8)
      keys.add(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4));
    return {
      keys,
      sends: sends === 2 ? (2 as const) : (1 as const),
      acknowledgedAt: acknowledgedAt ?? undefined,
      absences,
      isCounted: false,
      requestIds,
      operations,
    };
  });
  return { proven, elsewhere, givenUp, repeats, unproven };
}
