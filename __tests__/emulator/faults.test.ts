import { request as httpsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { log, type Page, window } from '../support/activity-log.ts';
import {
  ask,
  bearer,
  closeEmulatorsAtEnd,
  emulator,
  FABRIC,
  MONITOR,
  POWER_BI,
  UPLOAD_PATH,
} from '../support/raw-requests.ts';
import { upload } from '../support/raw-uploads.ts';

closeEmulatorsAtEnd();

describe('faults', () => {
  const hour = window('2026-11-20T07:00:00Z', '2026-11-20T07:59:59Z');

  it('answer in place of the service, so often, after so many, the first one first', async () => {
    const target = await emulator();
    target.fault({ service: 'power-bi', skip: 1, times: 2, status: 503, headers: { 'retry-after': '1' } });
    target.fault({
      service: 'power-bi',
      match: ({ query }) => query.startDateTime !== undefined,
      status: 500,
      body: { a: 1 },
    });
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await log(target, hour)).status);
    expect(statuses).toEqual([500, 503, 503, 200, 200]);
    target.fault({ service: 'power-bi', times: Number.POSITIVE_INFINITY, html: true });
    expect((await log(target, hour)).text).toMatch(/^<!DOCTYPE html>/);
    expect((await log(target, hour)).headers['content-type']).toMatch(/^text\/html/);
    target.clearFaults();
    expect((await log(target, hour)).status).toBe(200);
  });

  it('break connections before, within and instead of an answer', async () => {
    const target = await emulator({ eventsPerHour: 10 });
    target.fault({ service: 'power-bi', reset: true });
    await expect(log(target, hour)).rejects.toMatchObject({ code: 'ECONNRESET' });
    target.fault({ service: 'power-bi', cut: 100 });
    await expect(log(target, hour)).rejects.toMatchObject({ code: 'ECONNRESET' });
    target.fault({ service: 'power-bi', silent: true });
    const silent = log(target, hour).catch(() => 'ended');
    const slow = new Promise((resolve) => setTimeout(() => resolve('waiting'), 200));
    expect(await Promise.race([silent, slow])).toBe('waiting');
    expect(target.requests.map(({ status }) => status)).toEqual([0, 200, 0]);
    await target.close();
    expect(await silent).toBe('ended');
  });

  it('delay', async () => {
    const target = await emulator();
    target.fault({ service: 'power-bi', delayMs: 150, status: 502 });
    const before = performance.now();
    expect((await log(target, hour)).status).toBe(502);
    expect(performance.now() - before).toBeGreaterThanOrEqual(145);
  });

  it('expire all tokens', async () => {
    const target = await emulator();
    const headers = {
      powerBi: bearer(target, POWER_BI),
      fabric: bearer(target, FABRIC),
      monitor: bearer(target, MONITOR),
    };
    target.fault({ service: 'power-bi', expireTokens: true });
    expect(await log(target, hour, headers.powerBi)).toMatchObject({
      status: 403,
      text: expect.stringContaining('TokenExpired'),
    });
    expect(await ask(target, '/v1/workspaces', { headers: headers.fabric })).toMatchObject({ status: 401 });
    expect((await upload(target, '[{}]', { headers: headers.monitor })).status).toBe(401);
    expect((await log(target, hour)).status).toBe(200);
  });

  it('repeat a token, and repeat events', async () => {
    const target = await emulator({ eventsPerHour: 30, pageSize: 10, emptyPages: false });
    target.fault({ service: 'power-bi', repeatToken: true });
    const first = JSON.parse((await log(target, hour)).text) as Page;
    const next = `continuationToken='${first.continuationToken}'`;
    const repeated = JSON.parse((await log(target, next)).text) as Page;
    expect(repeated.continuationToken).toBe(first.continuationToken);
    target.fault({ service: 'power-bi', duplicates: true });
    const doubled = JSON.parse((await log(target, next)).text) as Page;
    expect(doubled.activityEventEntities).toEqual([
      ...first.activityEventEntities,
      ...repeated.activityEventEntities,
    ]);
    expect(doubled.continuationToken).not.toBe(first.continuationToken);
  });

  it('store rows and lose the answer', async () => {
    const target = await emulator();
    target.fault({ service: 'ingestion', storeThen: 'reset' });
    target.fault({ service: 'ingestion', storeThen: 503 });
    await expect(upload(target, '[{"a":1}]')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await upload(target, '[{"a":2}]')).status).toBe(503);
    expect(target.posted).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('are over only when what a sender left behind is stored', async () => {
    const target = await emulator({ uploadDelayMs: 300, now: Date.now });
    const headers = { 'content-type': 'application/json', ...bearer(target, MONITOR) };
    const options = { ca: target.ca, port: target.port, path: UPLOAD_PATH, method: 'POST', agent: false };
    const sent = httpsRequest({ ...options, headers });
    sent.on('error', () => undefined);
    sent.end('[{"a":1}]');
    while (target.requests.every(({ wireBytes }) => wireBytes === 0)) await pause(5);
    sent.destroy();
    while (target.requests.some(({ finishedAt }) => finishedAt === undefined)) await pause(5);
    expect(target.posted).toEqual([]);
    await target.idle();
    expect(target.posted).toEqual([{ a: 1 }]);
    expect(target.requests).toMatchObject([{ rows: 1, settledAt: expect.any(Number) }]);
  });

  it('reject rows', async () => {
    const target = await emulator();
    const times = Number.POSITIVE_INFINITY;
    target.fault({ service: 'ingestion', times, rejectRows: ({ bad }) => bad === true });
    const headers = { 'content-encoding': 'gzip' };
    expect((await upload(target, gzipSync('[{"a":1},{"bad":true}]'), { headers })).status).toBe(400);
    expect((await upload(target, '[{"a":1}]')).status).toBe(204);
    expect(target.posted).toEqual([{ a: 1 }]);
  });

  it('leave a trace of how many requests ran at once', async () => {
    const target = await emulator();
    target.fault({ service: 'ingestion', times: 3, silent: true });
    const sent = Array.from({ length: 3 }, () => upload(target, '[{}]').catch(() => undefined));
    while (target.requests.length < 3) await pause(5);
    expect(target.maxConcurrent.ingestion).toBe(3);
    await target.close();
    await Promise.all(sent);
    expect(target.maxConcurrent['power-bi']).toBe(0);
  });
});
