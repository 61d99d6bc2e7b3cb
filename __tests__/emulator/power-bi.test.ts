import { describe, expect, it } from '@jest/globals';
import { log, type Page, pagesOf, window } from '../support/activity-log.ts';
import {
  bearer,
  closeEmulatorsAtEnd,
  emulator,
  HOUR,
  MONITOR,
  NOW,
  POWER_BI,
} from '../support/raw-requests.ts';

closeEmulatorsAtEnd();

describe('the activity log', () => {
  const hour = window('2026-11-20T07:00:00.000Z', '2026-11-20T07:59:59.999Z');
  const literal = (target: string, value: string) => ({
    error: {
      code: 'BadRequest',
      message: 'Bad Request',
      details: [{ message: `Expected literal type token but found token '${value}'.`, target }],
    },
  });

  const range: [string, string][] = [
    ['over midnight', window('2026-11-19T23:00:00Z', '2026-11-20T00:00:00Z')],
    ['ending before it starts', window('2026-11-20T02:00:00Z', '2026-11-20T01:00:00Z')],
    ['28 days and a second ago', window('2026-10-23T12:34:55Z', '2026-10-23T13:00:00Z')],
    ['in another zone', window('2026-11-20T02:00:00%2B00:00', '2026-11-20T03:00:00%2B00:00')],
    ['of dates only', window('2026-11-20', '2026-11-20')],
  ];
  it.each(range)('refuses a window %s with 400 and nothing else', async (_, query) => {
    const reply = await log(await emulator(), query);
    expect([reply.status, reply.text]).toEqual([400, '']);
    expect(reply.headers['content-type']).toBe('application/octet-stream');
  });

  it.each([
    ['with fraction and Z', window('2026-11-20T02:00:00.000Z', '2026-11-20T02:59:59.999Z')],
    ['without Z', window('2026-11-20T02:00:00', '2026-11-20T02:59:59')],
    ['with encoded quotes', window('2026-11-20T02:00:00Z', '2026-11-20T02:59:59Z').replaceAll("'", '%27')],
    ['28 days old to the second', window('2026-10-23T12:34:56Z', '2026-10-23T13:00:00Z')],
  ])('takes a window %s', async (_, query) => {
    expect((await log(await emulator(), query)).status).toBe(200);
  });

  it('demands quotes', async () => {
    const target = await emulator();
    const dates = await log(target, 'startDateTime=2026-11-20T02:00:00Z&endDateTime=2026-11-20T03:00:00Z');
    expect(dates.status).toBe(400);
    expect(JSON.parse(dates.text)).toEqual(literal('startDateTime', '2026-11-20T02:00:00Z'));
    const token = await log(target, 'continuationToken=abc');
    expect(JSON.parse(token.text)).toEqual(literal('continuationToken', 'abc'));
  });

  it('wants either a token or both dates', async () => {
    const target = await emulator({ eventsPerHour: 3, pageSize: 2, emptyPages: false });
    const { continuationToken } = JSON.parse((await log(target, hour)).text) as Page;
    const token = `continuationToken='${continuationToken}'`;
    expect((await log(target, token)).status).toBe(200);
    expect((await log(target, `${token}&${hour}`)).status).toBe(400);
    expect((await log(target, "startDateTime='2026-11-20T02:00:00Z'")).status).toBe(400);
    expect((await log(target, '')).status).toBe(400);
  });

  it('takes a token encoded exactly once', async () => {
    const target = await emulator({ eventsPerHour: 2, pageSize: 1, emptyPages: false });
    // Hours divisible by three have tokens of the older form, which begin with a plus sign.
    for (const start of ['06', '07']) {
      const query = window(`2026-11-20T${start}:00:00Z`, `2026-11-20T${start}:59:59Z`);
      const token = (JSON.parse((await log(target, query)).text) as Page).continuationToken ?? '';
      expect(decodeURIComponent(token)).not.toBe(token);
      expect((await log(target, `continuationToken='${token}'`)).status).toBe(200);
      const again = encodeURIComponent(decodeURIComponent(token));
      expect((await log(target, `continuationToken=%27${again}%27`)).status).toBe(200);
      expect((await log(target, `continuationToken='${encodeURIComponent(token)}'`)).status).toBe(400);
      expect((await log(target, `continuationToken='${token.slice(0, -9)}A${token.slice(-8)}'`)).status).toBe(
        400,
      );
    }
  });

  it('pages a day by the hour, with empty pages, and ends without lastResultSet', async () => {
    const target = await emulator({ eventsPerHour: 25, pageSize: 10 });
    const pages = await pagesOf(target, window('2026-11-19T00:00:00Z', '2026-11-19T23:59:59.999Z'));
    const events = pages.flatMap((page) => page.activityEventEntities);
    const start = Date.parse('2026-11-19T00:00:00Z');
    expect(events).toEqual(target.eventsIn(start, start + 24 * HOUR));
    expect(events.length).toBe(600);
    for (const page of pages) {
      expect(page.activityEventEntities.length).toBeLessThanOrEqual(10);
      expect(
        new Set(page.activityEventEntities.map((event) => event.CreationTime?.slice(0, 13))).size,
      ).toBeLessThan(2);
      expect(page.lastResultSet).toBe(false);
    }
    const hidden = pages.slice(0, -1).filter((page) => page.activityEventEntities.length === 0);
    expect(hidden.length).toBeGreaterThan(0);
    expect(pages.at(-1)).toMatchObject({ continuationUri: null, continuationToken: null });
    expect(pages[0]?.continuationUri).toMatch(/^https:\/\/wabi-test-redirect\.analysis\.windows\.net\//);
  });

  it('costs a request an hour even when nothing happened', async () => {
    const target = await emulator({ emptyPages: false });
    expect(await pagesOf(target, window('2026-11-19T00:00:00Z', '2026-11-19T23:59:59Z'))).toHaveLength(24);
    expect(await pagesOf(target, window('2026-11-19T03:00:00Z', '2026-11-19T04:05:00Z'))).toHaveLength(2);
  });

  it('filters by activity and user, also on later pages', async () => {
    const target = await emulator({ eventsPerHour: 2000, pageSize: 50 });
    const start = Date.parse('2026-11-20T07:00:00Z');
    const viewed = target.eventsIn(start, start + HOUR).filter(({ Activity }) => Activity === 'ViewReport');
    const filter = (condition: string) => `${hour}&$filter=${encodeURIComponent(condition)}`;
    const pages = await pagesOf(target, filter("Activity eq 'viewreport'"));
    expect(pages.flatMap((page) => page.activityEventEntities)).toEqual(viewed);
    expect(pages[0]?.continuationUri).toMatch(/'&\$filter=Activity eq 'viewreport'$/);
    const user = String(viewed[0]?.UserId);
    const both = await pagesOf(target, filter(`Activity eq 'ViewReport' and UserId eq '${user}'`));
    const found = both.flatMap((page) => page.activityEventEntities);
    expect(found).toEqual(viewed.filter(({ UserId }) => UserId === user));
    expect((await log(target, filter("UserId eq 'o''hara@example.test'"))).status).toBe(200);
  });

  it.each([
    "Activity eq 'a' or Activity eq 'b'",
    "Activity ne 'a'",
    'Activity eq a',
    "Workload eq 'PowerBI'",
    "Activity eq 'a' and Activity eq 'b'",
    "UserId eq 'o'hara'",
    "Activity eq 'a'and UserId eq 'b'",
    "Activity eq 'a' and",
    '',
  ])('refuses the filter %s', async (condition) => {
    const reply = await log(await emulator(), `${hour}&$filter=${encodeURIComponent(condition)}`);
    expect(reply.status).toBe(400);
  });

  it('wants a token of its own resource', async () => {
    const target = await emulator();
    expect((await log(target, hour, {})).status).toBe(401);
    expect((await log(target, hour, { authorization: 'Bearer no' })).status).toBe(403);
    expect((await log(target, hour, bearer(target, MONITOR))).status).toBe(403);
    const gcc = bearer(target, 'https://analysis.usgovcloudapi.net/powerbi/api');
    expect((await log(target, hour, gcc)).status).toBe(200);
    expect((await log(target, hour, gcc, 'api.powerbigov.us')).status).toBe(200);
    expect((await log(target, hour, gcc, 'api.powerbi.com')).status).toBe(403);
  });

  it('refuses a service principal that is not allowed', async () => {
    const target = await emulator();
    target.configure.powerBiAllowed = false;
    const reply = await log(target, hour);
    expect(reply.status).toBe(401);
    const code = 'PowerBINotAuthorizedException';
    const inner = { code, parameters: {}, details: [], exceptionCulprit: 1 };
    expect(JSON.parse(reply.text)).toEqual({ error: { code, 'pbi.error': inner } });
  });

  it('tells an expired token from a wrong one', async () => {
    let now = NOW;
    const target = await emulator({ now: () => now, tokenLifetimeSeconds: 60 });
    const headers = bearer(target, POWER_BI);
    now += 60_000;
    const reply = await log(target, hour, headers);
    expect(reply.status).toBe(403);
    expect(JSON.parse(reply.text)).toMatchObject({ error: { code: 'TokenExpired' } });
  });

  it('throttles by a rolling hour', async () => {
    let now = NOW;
    const target = await emulator({ now: () => now, budget: 2 });
    expect((await log(target, hour)).status).toBe(200);
    now += 600_000;
    expect((await log(target, hour)).status).toBe(200);
    const reply = await log(target, hour);
    expect([reply.status, reply.headers['retry-after']]).toEqual([429, '3000']);
    const { message, ...rest } = JSON.parse(reply.text) as { message: string };
    expect(message).toMatch(/^You have exceeded the amount of requests .* Retry in 3000 seconds\.$/);
    expect(rest).toEqual({});
    now += 3_000_000;
    expect((await log(target, hour)).status).toBe(200);
    expect((await log(target, hour)).status).toBe(429);
  });

  it('shows late events from their time on, and keeps pages true meanwhile', async () => {
    let now = NOW;
    const target = await emulator({ now: () => now, eventsPerHour: 4, pageSize: 2, emptyPages: false });
    const first = JSON.parse((await log(target, hour)).text) as Page;
    target.addEvents([{ Id: 'late', CreationTime: '2026-11-20T07:10:00' }], NOW + 1000);
    target.addEvents([{ Note: 'no id, no time' }], undefined, Date.parse('2026-11-20T07:20:00Z'));
    const start = Date.parse('2026-11-20T07:00:00Z');
    expect(target.eventsIn(start, start + HOUR)).toHaveLength(5);
    now += 1000;
    expect(target.eventsIn(start, start + HOUR)).toHaveLength(6);
    const rest = await pagesOf(target, `continuationToken='${first.continuationToken}'`);
    expect(rest.flatMap((page) => page.activityEventEntities).some(({ Id }) => Id === 'late')).toBe(false);
    expect((await pagesOf(target, hour)).flatMap((page) => page.activityEventEntities)).toHaveLength(6);
  });

  it('shows nothing of the future', async () => {
    const target = await emulator({ eventsPerHour: 500 });
    const pages = await pagesOf(target, window('2026-11-20T12:00:00Z', '2026-11-20T23:59:59Z'));
    const events = pages.flatMap((page) => page.activityEventEntities);
    expect(events.length).toBeGreaterThan(200);
    expect(events.every(({ CreationTime = '' }) => CreationTime.slice(0, 19) <= '2026-11-20T12:34:56')).toBe(
      true,
    );
  });
});
