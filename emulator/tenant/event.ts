/** One audit record as the source gives it. Real ones may lack anything, their id included. */
export interface ActivityEvent {
  Id?: string;
  CreationTime?: string;
  [property: string]: unknown;
}

/** The instant of an event in milliseconds, always read as UTC, or undefined where it has none. */
export function instantOf(event: ActivityEvent): number | undefined {
  const text = event.CreationTime;
  if (typeof text !== 'string') return undefined;
  const instant = Date.parse(/Z$|[+-]\d\d:\d\d$/i.test(text) ? text : `${text}Z`);
  return Number.isNaN(instant) ? undefined : instant;
}
