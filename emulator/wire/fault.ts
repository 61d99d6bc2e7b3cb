import type { ReadAccess } from '../tenant/log-analytics-settings.ts';
import type { Service, ServiceRequest } from './request.ts';
import type { Row } from './rows.ts';

/** Something that goes wrong, and how often. The first registered fault that fits a request is taken. */
export interface Fault {
  service: Service;
  match?: (request: ServiceRequest) => boolean;
  /** So many fitting requests pass first. */
  skip?: number;
  /** How often it strikes; default 1, Infinity allowed. */
  times?: number;
  /** Waits before anything else; goes together with any other effect. */
  delayMs?: number;
  /** Answers this instead of asking the service. */
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** Breaks the connection (TCP reset) before any answer. */
  reset?: boolean;
  /** Sends the headers with the full length, so many bytes of the body, then breaks the connection. */
  cut?: number;
  /** 200 with a page of HTML, as gateways and captive portals do. */
  html?: boolean;
  /** Never answers. */
  silent?: boolean;
  /** Ingestion: the rows are stored, but the sender does not learn of it. */
  storeThen?: 'reset' | 'silent' | 503;
  /** Power BI and Fabric activities: gives the token back that came with the request. */
  repeatToken?: boolean;
  /** Power BI and Fabric activities: the page also holds the events of the page before. */
  duplicates?: boolean;
  /** Every access token issued so far expires before the request is judged. */
  expireTokens?: boolean;
  /**
   * Ingestion: the rows are acknowledged and never stored, all of them or those that fit; with `logged` the rule's
   * errors say so, in these words.
   */
  lose?: { rows?: (row: Row) => boolean; logged?: string };
  /** Log Analytics: the answer holds so many rows and an error; severity 2 unless given, and 3 is a warning. */
  partial?: { rows: number; severity?: number };
  /** Log Analytics: what the query was answered before, if it was, with this Age; no request keeps the service from it. */
  age?: number;
  /** Log Analytics: what the reader sees at this request, whatever is set up. */
  readAccess?: ReadAccess;
  /** Ingestion: 400 for a body with a row like that. */
  rejectRows?: (row: Row) => boolean;
}
