import type { ServiceRequest } from './request.ts';

/** What a request to the query API asks, or undefined where it asks nothing. */
export function queryTextOf({ body, query }: ServiceRequest): string | undefined {
  const asked = queryBodyOf(body)?.query ?? query.query;
  return typeof asked === 'string' ? asked : undefined;
}

/** The properties of a JSON body, or undefined where it has none. */
export function queryBodyOf(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
