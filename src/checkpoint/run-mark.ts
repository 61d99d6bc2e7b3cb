import { DAY } from '../time/clock.ts';
import type { RunMark } from './records.ts';

/** For how long runs that do not read the table keep what another one is to look for. */
const UNREAD = 2 * DAY;

/** What is known when a run begins. */
export interface Begin {
  /** Where its window starts, ms since the epoch. */
  readonly start: number;
  /** By the runner's clock, ms since the epoch. */
  readonly now: number;
  /** Workspace and name of the table that it reads back, as a hash. */
  readonly table: string | undefined;
  /** Whether it is not known what earlier runs sent of the window. */
  readonly isUnknown: boolean;
}

/** The mark of a run that begins, after that of the run before. */
export function markOfBegin(before: RunMark | undefined, begin: Begin): RunMark {
  const { start, now, table, isUnknown } = begin;
  const unknownBefore =
    before?.unknownBefore ?? (isUnknown && table !== undefined ? (before?.since ?? now) : undefined);
  return {
    // Not clipped yet: the runner's clock alone must not make hours forgotten.
    since: Math.min(before?.since ?? start, start),
    at: now,
    ...(before?.accepted === true ? { accepted: true } : {}),
    ...tableOf(before, begin),
    ...(unknownBefore === undefined ? {} : { unknownBefore }),
    ...(before?.resendWorks === true ? { resendWorks: true } : {}),
  };
}

/**
 * The table in which rows are looked for. A run that does not read it leaves its rows to the next one that does, and what
 * earlier ones found out stands; but not for long, since such rows take room until they are seen.
 */
function tableOf(before: RunMark | undefined, { table, now }: Begin): Pick<RunMark, 'table' | 'tableAt'> {
  if (table !== undefined) return { table, tableAt: now };
  const { table: earlier, tableAt } = before ?? {};
  const isRecent = tableAt !== undefined && now - tableAt < UNREAD;
  return earlier !== undefined && isRecent ? { table: earlier, tableAt } : {};
}
