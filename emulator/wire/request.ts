import type { IncomingHttpHeaders } from 'node:http';

/** The services that the action calls; `foreign` is any host to which it should not have spoken. */
export type Service =
  | 'entra'
  | 'oidc'
  | 'power-bi'
  | 'fabric'
  | 'ingestion'
  | 'log-analytics'
  | 'vault'
  | 'imds'
  | 'foreign';

/** A request as a service sees it: query values percent-decoded once, the body as it came over the wire. */
export interface ServiceRequest {
  service: Service;
  method: string;
  /** Host name without port, lower case. */
  host: string;
  /** Scheme, host and port that the client addressed. */
  origin: string;
  path: string;
  query: Readonly<Record<string, string>>;
  /** True when a query parameter was given twice or is not valid percent-encoding. */
  malformedQuery: boolean;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Emulator clock. */
  at: number;
}

/** A header as one text, whatever node made of it. */
export function headerOf({ headers }: ServiceRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
