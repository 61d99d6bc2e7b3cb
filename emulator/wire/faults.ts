import type { Call, Service } from './exchange.ts';

/** A row as posted to the logs ingestion service. */
export type Row = Record<string, unknown>;

/** Something that goes wrong, and how often. The first registered fault that fits a request is taken. */
export interface Fault {
  service: Service;
  match?: (request: Call) => boolean;
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
  /** Ingestion: 400 for a body with a row like that. */
  rejectRows?: (row: Row) => boolean;
}

interface Armed {
  fault: Fault;
  toSkip: number;
  left: number;
}

/** The faults in wait, in the order in which they were registered. */
export class Faults {
  #armed: Armed[] = [];

  add(fault: Fault): void {
    this.#armed.push({ fault, toSkip: fault.skip ?? 0, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#armed = [];
  }

  /**
   * The fault that strikes this request, if any. `rowsOf` gives the rows of an upload, read only when needed.
   */
  take(call: Call, rowsOf: () => readonly Row[]): Fault | undefined {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (armed.left <= 0 || fault.service !== call.service) continue;
      if (fault.match !== undefined && !fault.match(call)) continue;
      // Only a request that carries a token can have it repeated.
      if (fault.repeatToken === true && call.query.continuationToken === undefined) continue;
      if (fault.rejectRows !== undefined && !rowsOf().some(fault.rejectRows)) continue;
      if (armed.toSkip > 0) {
        armed.toSkip -= 1;
        continue;
      }
      armed.left -= 1;
      return fault;
    }
    return undefined;
  }
}
