/** Queries of the table by raw requests. */
import type { Emulator } from '../../emulator/server.ts';
import { WORKSPACE_ID } from '../../emulator/tenant/log-analytics-settings.ts';
import { ask, bearer, type Reply, type Sent } from './raw-requests.ts';

export const LOG_ANALYTICS = 'https://api.loganalytics.io';
export const QUERY_PATH = `/v1/workspaces/${WORKSPACE_ID}/query`;

/** What the query API answers. */
export interface QueryAnswer {
  readonly tables: readonly {
    readonly name: string;
    readonly columns: readonly { readonly name: string; readonly type: string }[];
    readonly rows: readonly (readonly unknown[])[];
  }[];
  readonly error?: { readonly code: string; readonly message: string; readonly details: readonly unknown[] };
  readonly [more: string]: unknown;
}

/** One query, past the cache unless other headers say so. */
export function query(
  target: Emulator,
  text: string,
  sent: Sent & { timespan?: string } = {},
): Promise<Reply> {
  const { timespan, ...rest } = sent;
  const body = JSON.stringify({ query: text, timespan });
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-cache',
    ...bearer(target, LOG_ANALYTICS),
    ...sent.headers,
  };
  return ask(target, QUERY_PATH, { method: 'POST', body, ...rest, headers });
}

/** The body of an answer. @throws Error where the query was refused */
export function answerIn(reply: Reply): QueryAnswer {
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`);
  return JSON.parse(reply.text) as QueryAnswer;
}

/** The rows that a query gives. */
export async function rowsOf(target: Emulator, text: string): Promise<readonly (readonly unknown[])[]> {
  return answerIn(await query(target, text)).tables[0]?.rows ?? [];
}

/** The codes of an error, from the outermost to the innermost. */
export function codesOf({ text }: Reply): string[] {
  interface Failure {
    code: string;
    innererror?: Failure;
  }
  const codes: string[] = [];
  for (let at: Failure | undefined = (JSON.parse(text) as { error: Failure }).error; at; at = at.innererror)
    codes.push(at.code);
  return codes;
}
