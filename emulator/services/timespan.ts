/** From and up to, but not including, in milliseconds. */
export interface Timespan {
  from: number;
  to: number;
}

const DURATION =
  /^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const UNITS_MS = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000];

/**
 * A `timespan`: a duration up to now, or start and end, one of which may be a duration. Undefined where it is none.
 * Whether its end belongs to it is not documented.
 * https://learn.microsoft.com/azure/azure-monitor/logs/api/request-format
 */
export function parseTimespan(text: string, now: number): Timespan | undefined {
  const parts = text.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2) return undefined;
  if (second === undefined) {
    const length = durationOf(first);
    return length === undefined ? undefined : { from: now - length, to: now + 1 };
  }
  const [start, end] = [instantOf(first), instantOf(second)];
  const from = start ?? (end === undefined ? undefined : minus(end, durationOf(first)));
  const to = end ?? (start === undefined ? undefined : minus(start, negative(durationOf(second))));
  return from === undefined || to === undefined || to < from ? undefined : { from, to };
}

function durationOf(text: string): number | undefined {
  const match = text === 'P' || text.endsWith('T') ? null : DURATION.exec(text);
  return match?.slice(1).reduce((sum, part, at) => sum + Number(part ?? 0) * (UNITS_MS[at] ?? 0), 0);
}

function instantOf(text: string): number | undefined {
  const zoned = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (zoned === null) return undefined;
  return Date.parse(zoned[4] === undefined && text.length > 10 ? `${text}Z` : text);
}

function minus(instant: number, length: number | undefined): number | undefined {
  return length === undefined ? undefined : instant - length;
}

function negative(length: number | undefined): number | undefined {
  return length === undefined ? undefined : -length;
}
