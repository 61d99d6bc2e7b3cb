import { parseInstant } from '../time/instant.ts';

/** A row of a query's answer by the names of its columns. */
export type AnswerRow = Readonly<Record<string, unknown>>;

/** 0 where there is no number. */
export function numberIn(row: AnswerRow | undefined, column: string): number {
  const value = Number(row?.[column] ?? 0);
  return Number.isFinite(value) ? value : 0;
}

/** ms since the epoch; undefined where there is no instant. */
export function instantIn(row: AnswerRow | undefined, column: string): number | undefined {
  const value = row?.[column];
  return typeof value === 'string' ? parseInstant(value) : undefined;
}
