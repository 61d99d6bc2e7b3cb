import { type Position, writeContinuation } from '../tenant/continuation.ts';
import type { ActivityEvent } from '../tenant/event.ts';
import type { EventSource } from '../tenant/event-source.ts';
import { HOUR_MS } from '../tenant/events.ts';
import { writeFilter } from '../tenant/filter.ts';
import { mix } from '../tenant/random.ts';
import type { Answer } from '../wire/exchange.ts';
import type { Fault } from '../wire/fault.ts';

/** A cluster host, as the documentation's sample of a continuation URI has one. */
const CLUSTER = 'https://wabi-test-redirect.analysis.windows.net/v1.0/myorg/admin/activityevents';

/** How pages are cut. */
export interface Paging {
  source: EventSource;
  pageSize: number;
  emptyPages: boolean;
}

/** The first position of a window. */
export function firstPosition(from: number, to: number, asOf: number, filter: Position['filter']): Position {
  return { from, to, asOf, filter, hour: hourOf(from), offset: 0, afterGap: false };
}

/**
 * One page. Pages never cross a UTC hour; some are empty and yet carry a token; the last one has none, and
 * its lastResultSet is false all the same.
 * https://learn.microsoft.com/en-us/power-bi/enterprise/service-admin-auditing
 */
export function pageAnswer(
  paging: Paging,
  at: Position,
  fault: Fault | undefined,
  token: string | undefined,
): Answer {
  const slice = sliceAt(paging, at);
  const page = fault?.duplicates === true ? withPageBefore(paging, at, slice) : slice;
  const given = fault?.repeatToken === true && token !== undefined ? encodeURIComponent(token) : undefined;
  const continuationToken = given ?? (slice.next === undefined ? null : writeContinuation(slice.next));
  const condition = writeFilter(at.filter);
  const tail = condition === '' ? '' : `&$filter=${condition}`;
  const uri =
    continuationToken === null ? null : `${CLUSTER}?continuationToken='${continuationToken}'${tail}`;
  const end = JSON.stringify({ continuationUri: uri, continuationToken, lastResultSet: false });
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: [Buffer.from('{"activityEventEntities":['), page.text, Buffer.from(`],${end.slice(1)}`)],
    rows: page.rows,
  };
}

interface Slice {
  text: Buffer;
  rows: number;
  next: Position | undefined;
}

function sliceAt(paging: Paging, at: Position): Slice {
  const nothing = Buffer.alloc(0);
  if (at.hour > at.to) return { text: nothing, rows: 0, next: undefined };
  if (!at.afterGap && paging.emptyPages && mix(at.hour, at.offset, 11) % 7 === 0) {
    return { text: nothing, rows: 0, next: { ...at, afterGap: true } };
  }
  const { text, rows, total } = cut(paging, at);
  const offset = at.offset + rows;
  if (offset < total) return { text, rows, next: { ...at, offset, afterGap: false } };
  const next = { ...at, hour: at.hour + HOUR_MS, offset: 0, afterGap: false };
  // Like the documentation's sample, some windows end in a page with nothing on it.
  const endsEmpty = paging.emptyPages && mix(at.hour, 5) % 5 === 0;
  return { text, rows, next: next.hour <= at.to || endsEmpty ? next : undefined };
}

function cut({ source, pageSize }: Paging, at: Position): { text: Buffer; rows: number; total: number } {
  const whole = source.rendered(at.hour, at.from, at.to, at.asOf, at.filter);
  if (whole !== undefined) {
    const total = whole.ends.length;
    const last = Math.min(at.offset + pageSize, total);
    if (last <= at.offset) return { text: Buffer.alloc(0), rows: 0, total };
    const start = at.offset === 0 ? 0 : (whole.ends[at.offset - 1] ?? 0) + 1;
    return { text: whole.text.subarray(start, whole.ends[last - 1]), rows: last - at.offset, total };
  }
  const events = source.page(at.hour, at.from, at.to, at.asOf, at.filter);
  const page = events.slice(at.offset, at.offset + pageSize);
  return { text: textOf(page), rows: page.length, total: events.length };
}

/** The page together with the one before it, or with itself where there is none before. */
function withPageBefore(paging: Paging, at: Position, slice: Slice): Slice {
  const { source, pageSize } = paging;
  const before = Math.max(0, at.offset - pageSize);
  const hour = at.offset > 0 ? at.hour : at.hour - HOUR_MS;
  const events = hour < hourOf(at.from) ? [] : source.page(hour, at.from, at.to, at.asOf, at.filter);
  const earlier = at.offset > 0 ? events.slice(before, at.offset) : events.slice(-pageSize);
  const text = earlier.length > 0 ? textOf(earlier) : slice.text;
  const rows = earlier.length > 0 ? earlier.length : slice.rows;
  const texts = [text, slice.text].filter(({ length }) => length > 0);
  const joined = texts.length < 2 ? texts : [texts[0] ?? slice.text, Buffer.from(','), slice.text];
  return { text: Buffer.concat(joined), rows: texts.length < 2 ? rows : rows + slice.rows, next: slice.next };
}

function textOf(events: readonly ActivityEvent[]): Buffer {
  return Buffer.from(JSON.stringify(events).slice(1, -1), 'utf8');
}

function hourOf(instant: number): number {
  return Math.floor(instant / HOUR_MS) * HOUR_MS;
}
