import { createHash } from 'node:crypto';
import { HOUR_MS } from './events.ts';
import type { ActivityFilter } from './filter.ts';

/** Where a reader stands in a window. All times in milliseconds. */
export interface Position {
  from: number;
  to: number;
  filter: ActivityFilter;
  /**
   * The source shows what it knew at the first request, so that offsets stay true while late events arrive.
   */
  asOf: number;
  hour: number;
  offset: number;
  /** True once the empty page before this position was given. */
  afterGap: boolean;
}

interface Written {
  StartDateTime: string;
  EndDateTime: string;
  FileName: string;
  FileOffset: number;
  Activity: string | null;
  UserId: string | null;
}

/**
 * A token as it lies in the JSON of a page: percent-encoded already. Two generations have been seen in the
 * wild, base64 of a small record with the hourly file, and an older one that begins with `+RID:`; both are
 * given out.
 */
export function writeContinuation(position: Position): string {
  const { filter } = position;
  const record: Written = {
    StartDateTime: new Date(position.from).toISOString(),
    EndDateTime: new Date(position.to).toISOString(),
    FileName: `${new Date(position.hour).toISOString().slice(0, 13)}_v1_001.csv`,
    FileOffset: position.offset,
    Activity: filter.activity ?? null,
    UserId: filter.userId ?? null,
  };
  const payload = `${JSON.stringify(record)},${position.asOf},${position.afterGap ? 1 : 0},,`;
  const text = Buffer.from(`${payload}${checksum(payload)}`, 'utf8').toString('base64');
  const old = (position.hour / HOUR_MS) % 3 === 0;
  return encodeURIComponent(old ? `+RID:~${text}#RT:1#TRC:${position.offset}` : text);
}

/** The position that a decoded token stands for, or undefined where it is not one of ours, unchanged. */
export function readContinuation(token: string): Position | undefined {
  const base64 = /^(?:\+RID:~)?([A-Za-z0-9+/]+=*)(?:#RT:1#TRC:\d+)?$/.exec(token)?.[1];
  if (base64 === undefined) return undefined;
  const match = /^((\{.*\}),(\d+),([01]),,)([0-9a-f]{16})$/.exec(
    Buffer.from(base64, 'base64').toString('utf8'),
  );
  if (match === null || checksum(match[1] ?? '') !== match[5]) return undefined;
  const record = JSON.parse(match[2] ?? '') as Written;
  const filter: ActivityFilter = {};
  if (record.Activity !== null) filter.activity = record.Activity;
  if (record.UserId !== null) filter.userId = record.UserId;
  return {
    from: Date.parse(record.StartDateTime),
    to: Date.parse(record.EndDateTime),
    filter,
    asOf: Number(match[3]),
    hour: Date.parse(`${record.FileName.slice(0, 13)}:00:00Z`),
    offset: record.FileOffset,
    afterGap: match[4] === '1',
  };
}

function checksum(payload: string): string {
  return createHash('sha256').update(`continuation ${payload}`).digest('hex').slice(0, 16);
}
