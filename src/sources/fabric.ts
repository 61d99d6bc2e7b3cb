import type { ActivityApi } from './activity-pages.ts';

/**
 * The address that the replaced notebook called. It is not in the published specification
 * (https://github.com/microsoft/fabric-rest-api-specs) and answers 404 in every tenant seen; kept because existing
 * set-ups name it. Unquoted, and the whole window in one chain of pages.
 */
export function fabricActivity(url: string): ActivityApi {
  const address = `${url}/v1/admin/activities`;
  const range = (start: number, end: number) =>
    `?startDateTime=${new Date(start).toISOString()}&endDateTime=${new Date(end).toISOString()}`;
  return {
    name: 'fabric',
    firstUrl: ({ start, end }) => `${address}${range(start, end)}`,
    nextUrl: ({ start, end }, token) => `${address}${range(start, end)}&continuationToken=${token}`,
  };
}
