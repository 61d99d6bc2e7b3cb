/** What is worth drawing of an answer: who did how much, or what happened how often. */
import { type Bar, barChart } from './chart.ts';

/** Columns that count, and those that tell what was done: the first that an answer has is drawn. */
const COUNTS = ['Exports', 'Failed', 'Events'];
const KINDS = ['Setting', 'Reason', 'Operation'];
const SHOWN = 10;

/** @returns '' where nothing was found */
export function answerChart(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const [user, count] = [columns.indexOf('UserId'), firstOf(columns, COUNTS)];
  if (count >= 0 && user >= 0)
    return barChart(
      `${columns[count]} by user`,
      summed(rows, user, (row) => Number(row[count])),
    );
  const kind = firstOf(columns, KINDS);
  return kind < 0
    ? ''
    : barChart(
        `Rows by ${columns[kind]}`,
        summed(rows, kind, () => 1),
      );
}

function firstOf(columns: readonly string[], names: readonly string[]): number {
  return columns.indexOf(names.find((name) => columns.includes(name)) ?? '');
}

/** The largest first. */
function summed(
  rows: readonly (readonly string[])[],
  label: number,
  amountOf: (row: readonly string[]) => number,
): Bar[] {
  const sums = new Map<string, number>();
  for (const row of rows) {
    const name = row[label] || '(none)';
    sums.set(name, (sums.get(name) ?? 0) + amountOf(row));
  }
  return [...sums]
    .map(([name, value]) => ({ label: name, value }))
    .sort((a, b) => b.value - a.value)
    .slice(0, SHOWN);
}
