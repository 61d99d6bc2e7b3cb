/** Requests of the activity log. */
import { expect } from '@jest/globals';
import type { ActivityEvent, Emulator } from '../../emulator/server.ts';
import { ask, bearer, LOG_PATH, POWER_BI, type Reply } from './raw-requests.ts';

export interface Page {
  activityEventEntities: ActivityEvent[];
  continuationUri: string | null;
  continuationToken: string | null;
  lastResultSet: boolean;
}

export function log(
  target: Emulator,
  query: string,
  headers = bearer(target, POWER_BI),
  host?: string,
): Promise<Reply> {
  return ask(target, `${LOG_PATH}?${query}`, host === undefined ? { headers } : { headers, host });
}

export function window(start: string, end: string): string {
  return `startDateTime='${start}'&endDateTime='${end}'`;
}

/** All pages of a query. */
export async function pagesOf(target: Emulator, query: string): Promise<Page[]> {
  const pages: Page[] = [];
  for (let next = query; pages.length < 500; ) {
    const reply = await log(target, next);
    expect(reply.status).toBe(200);
    const page = JSON.parse(reply.text) as Page;
    pages.push(page);
    if (page.continuationToken === null) return pages;
    next = `continuationToken='${page.continuationToken}'`;
  }
  throw new Error('The pages do not end.');
}
