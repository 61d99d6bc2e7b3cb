import type { ActivityApi } from './activity-pages.ts';

export interface ActivityFilter {
  readonly activity: string | undefined;
  readonly userId: string | undefined;
}

/**
 * The documented activity log. Values are OData literals in single quotes; a window lies within one UTC day and its
 * end is inclusive, so the half-open window ends a millisecond earlier.
 * (https://learn.microsoft.com/en-us/rest/api/power-bi/admin/get-activity-events)
 * A continuation is followed by its token on the configured host: the URI in the answer may name another one, to
 * which the bearer token must not go.
 */
export function powerBiActivity(url: string, filter: ActivityFilter): ActivityApi {
  const address = `${url}/v1.0/myorg/admin/activityevents`;
  const filtered = filterOf(filter);
  return {
    name: 'power-bi',
    firstUrl: ({ start, end }) =>
      `${address}?startDateTime='${new Date(start).toISOString()}'&endDateTime='${new Date(end - 1).toISOString()}'${filtered}`,
    nextUrl: (_window, token) => `${address}?continuationToken='${token}'${filtered}`,
  };
}

function filterOf({ activity, userId }: ActivityFilter): string {
  const terms = [
    activity === undefined ? undefined : `Activity eq '${literal(activity)}'`,
    userId === undefined ? undefined : `UserId eq '${literal(userId)}'`,
  ].filter((term) => term !== undefined);
  return terms.length === 0 ? '' : `&$filter=${encodeURIComponent(terms.join(' and '))}`;
}

function literal(text: string): string {
  return text.replaceAll("'", "''");
}
