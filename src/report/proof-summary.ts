import { counted, grouped, table } from './markdown.ts';
import { type Proved, proofStatus, sumsOf } from './proved.ts';

/** Hours shown; the outputs hold the sums. */
const SHOWN_HOURS = 48;

/** What is told of an hour, where any hour has some. */
const COLUMNS = [
  ['Not yet', 'pending'],
  ['Missing', 'missing'],
  ['Given up', 'givenUp'],
  ['Twice', 'repeats'],
] as const;

/**
 * The first line of a run that collected its whole window.
 * @param ingested rows acknowledged
 * @param proved undefined where the table is not read back
 */
export function proofHeadline(ingested: number, proved: Proved | undefined): string {
  const rows = `${counted(ingested, 'activity event')} ingested`;
  const isNew = ingested > 0;
  const plain = isNew ? `✅ Complete: ${rows}` : '✅ Complete: nothing new';
  if (proved === undefined) return plain;
  if (!proved.isAvailable) return `${plain}, not proved`;
  const { seen, pending, missing, givenUp } = sumsOf(proved);
  if (missing > 0) return `⚠️ ${counted(missing, 'event')} missing from the table; ${rows}`;
  if (pending > 0) return `${plain}, ${grouped(pending)} not seen in the table yet`;
  if (givenUp > 0) return `${plain}, ${counted(givenUp, 'event')} of the window given up`;
  if (isNew && proved.withoutId > 0) {
    const provable = grouped(ingested - proved.withoutId);
    return `✅ Complete: ${counted(ingested, 'new event')}, all ${provable} with an id seen in the table`;
  }
  if (ingested === 1) return '✅ Complete: 1 new event, seen in the table';
  if (isNew)
    return `✅ Complete: ${grouped(ingested)} new events, all ${grouped(ingested)} seen in the table`;
  return `${plain}, all ${counted(seen, 'event')} of the window seen in the table`;
}

/** What the table holds, by hour; nothing where all is well. */
export function proofTable(proved: Proved | undefined): string {
  if (proved === undefined || !proved.isAvailable) return '';
  const { givenUp, repeats } = sumsOf(proved);
  if (proofStatus(proved) === 'complete' && givenUp === 0 && repeats === 0) return '';
  const odd = proved.hours.filter(({ events, seen, repeats: more }) => events !== seen || more > 0);
  const columns = COLUMNS.filter(([, of]) => odd.some((hour) => hour[of] > 0));
  const rows = odd
    .slice(0, SHOWN_HOURS)
    .map((hour) => [
      `${new Date(hour.hour).toISOString().slice(0, 16)}Z`,
      `${grouped(hour.seen)} of ${grouped(hour.events)}`,
      ...columns.map(([, of]) => grouped(hour[of])),
    ]);
  const head = ['Hour (UTC)', 'Seen', ...columns.map(([name]) => name)];
  const hidden = odd.length > rows.length ? `\n\nand ${grouped(odd.length - rows.length)} more` : '';
  const well = proved.hours.length - odd.length;
  const others = well > 0 ? `\n\nAll events of ${counted(well, 'other hour')} were seen.` : '';
  return `### In the table\n\n${table(head, rows, 'right-but-first')}${hidden}${others}`;
}
