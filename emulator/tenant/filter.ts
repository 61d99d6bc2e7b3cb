import type { ActivityEvent } from './event.ts';

/** The one condition the activity log knows: an activity, a user, or both. */
export interface ActivityFilter {
  activity?: string;
  userId?: string;
}

/**
 * Reads a `$filter`: `Activity eq 'x'` and `UserId eq 'y'`, each once at most, joined by `and`; nothing else
 * is documented. A quote within a literal is doubled, as OData has it. Undefined where the text is not of
 * this form.
 */
export function parseFilter(text: string): ActivityFilter | undefined {
  const filter: ActivityFilter = {};
  const condition = /\s*(Activity|UserId)\s+eq\s+'((?:[^']|'')*)'\s*/y;
  for (;;) {
    const match = condition.exec(text);
    if (match === null) return undefined;
    const key = match[1] === 'Activity' ? 'activity' : 'userId';
    if (filter[key] !== undefined) return undefined;
    filter[key] = (match[2] ?? '').replaceAll("''", "'");
    if (condition.lastIndex === text.length) return filter;
    const joint = /and(?=\s)/y;
    joint.lastIndex = condition.lastIndex;
    if (!/\s/.test(text.charAt(joint.lastIndex - 1)) || !joint.test(text)) return undefined;
    condition.lastIndex = joint.lastIndex;
  }
}

/** The filter as the continuation URI carries it, raw spaces included. */
export function writeFilter(filter: ActivityFilter): string {
  const quote = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const conditions: string[] = [];
  if (filter.activity !== undefined) conditions.push(`Activity eq ${quote(filter.activity)}`);
  if (filter.userId !== undefined) conditions.push(`UserId eq ${quote(filter.userId)}`);
  return conditions.join(' and ');
}

/**
 * The reference asks for `viewreport` and gets `ViewReport`: activities are compared without regard to case.
 */
export function fits(event: ActivityEvent, filter: ActivityFilter): boolean {
  if (filter.activity !== undefined) {
    const { Activity } = event;
    if (typeof Activity !== 'string' || Activity.toLowerCase() !== filter.activity.toLowerCase())
      return false;
  }
  return filter.userId === undefined || event.UserId === filter.userId;
}
