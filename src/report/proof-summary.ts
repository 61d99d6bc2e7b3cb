import { HOUR } from '../time/clock.ts';
import { describe } from '../time/window.ts';
import { grouped, table } from './markdown.ts';
import { type Proved, proofStatus, sumsOf } from './proved.ts';

/** Hours shown; the outputs hold the sums. */
const SHOWN_HOURS = 48;

/**
 * The first line of a run that collected its whole window.
 * @param ingested rows acknowledged
 * @param proved undefined where the table is not read back
 */
export function proofHeadline(ingested: number, proved: Proved | undefined): string {
  const rows = `${grouped(ingested)} activity events ingested`;
  const isNew = ingested > 0;
  const plain = isNew ? `✅ Complete: ${rows}` : '✅ Complete: nothing new';
  if (proved === undefined || !proved.isAvailable) return plain;
  const { seen, pending, missing, givenUp } = sumsOf(proved);
  if (missing > 0) return `⚠️ ${grouped(missing)} events missing from the table: ${rows}`;
  if (pending > 0) return `${plain}, ${grouped(pending)} not seen in the table yet`;
  if (givenUp > 0) return `${plain}, ${grouped(givenUp)} events of the window given up`;
  if (isNew && proved.withoutId > 0) {
    const provable = grouped(ingested - proved.withoutId);
    return `✅ Complete: ${grouped(ingested)} new events, all ${provable} with an id seen in the table`;
  }
  if (isNew)
    return `✅ Complete: ${grouped(ingested)} new events, all ${grouped(ingested)} seen in the table`;
  return `${plain}, all ${grouped(seen)} events of the window seen in the table`;
}

/** What the table holds, by hour; nothing where all is well. */
export function proofTable(proved: Proved | undefined): string {
  if (proved === undefined || !proved.isAvailable) return '';
  const { givenUp, repeats } = sumsOf(proved);
  if (proofStatus(proved) === 'complete' && givenUp === 0 && repeats === 0) return '';
  const odd = proved.hours.filter(({ events, seen, repeats: more }) => events !== seen || more > 0);
  const rows = odd
    .slice(0, SHOWN_HOURS)
    .map(({ hour, events, seen, pending, missing, givenUp: gone, repeats: more }) => [
      describe({ start: hour, end: hour + HOUR }),
      ...[events, seen, pending, missing, gone, more].map(grouped),
    ]);
  const head = ['Hour (UTC)', 'Events', 'Seen', 'Not yet', 'Missing', 'Given up', 'Repeated'];
  const hidden = odd.length > rows.length ? `\n\nand ${grouped(odd.length - rows.length)} more` : '';
  const well = proved.hours.length - odd.length;
  const others = well > 0 ? `\n\nAll events of ${grouped(well)} other hours were seen.` : '';
  return `### In the table\n\n${table(head, rows, 'right-but-first')}${hidden}${others}`;
}
