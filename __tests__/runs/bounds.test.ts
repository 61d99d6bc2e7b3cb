/** An answer without end, or one that inflates to gigabytes, neither ends the process nor holds the run. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  createDefaultHttpClient,
  createEmptyPipeline,
  createPipelineRequest,
} from '@azure/core-rest-pipeline';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { bodyOf } from '../../src/http/body.ts';
import { BOUNDS, bind } from '../../src/http/bounds.ts';
import { silencePolicy } from '../../src/http/silence.ts';
import {
  between,
  closeAll,
  eventsFrom,
  HOUR,
  hourBack,
  number,
  openTenant,
  step,
  titles,
} from '../support/steps.ts';

afterAll(closeAll);

const START = hourBack(30);
const WINDOW = between(START, START + 3 * HOUR);
const MB = 2 ** 20;
const json = { 'content-type': 'application/json' };
/** What inflates to so many MB; a valid beginning, so that it is the size that counts. */
const bomb = (megabytes: number) => ({
  body: gzipSync(
    Buffer.concat([Buffer.from('{"error":{"code":"Large"},"x":"'), Buffer.alloc(megabytes * MB, 0x61)]),
  ),
  headers: { ...json, 'content-encoding': 'gzip' },
});

describe('an answer that inflates to more than its kind is ever', () => {
  it.each([
    [
      'a page',
      { service: 'power-bi' as const, status: 200, ...bomb(600) },
      'Hours not collected',
      'an answer of more than 256 MB',
    ],
    [
      'a refusal of the source',
      { service: 'power-bi' as const, status: 400, ...bomb(600) },
      'Hours not collected',
      'HTTP 400',
    ],
    [
      'a token',
      { service: 'entra' as const, status: 200, ...bomb(300) },
      'Microsoft Entra not reached',
      'an answer of more than 1 MB',
    ],
    [
      'a refusal of the destination',
      { service: 'ingestion' as const, status: 403, ...bomb(600) },
      'Destination refused%3A no permission on the data collection rule',
      'HTTP 403',
    ],
    [
      'an ID token',
      { service: 'oidc' as const, status: 200, ...bomb(300) },
      'GitHub ID token request failed',
      'an answer of more than 1 MB',
    ],
  ])('%s: the step ends with outputs and a reason, in bounded memory', async (_what, fault, title, why) => {
    const emulator = await openTenant();
    for (let hour = 0; hour < 3; hour += 1) emulator.addEvents(eventsFrom(START + hour * HOUR, 10));
    const first = new Date(START).toISOString().slice(0, 13);
    const isFirst = ({ query }: { query: Record<string, string> }) =>
      query.startDateTime?.includes(first) ?? false;
    const isSource = fault.service === 'power-bi';
    emulator.fault({ ...fault, ...(isSource ? { match: isFirst, times: Number.POSITIVE_INFINITY } : {}) });
    const run = await step(emulator, WINDOW, { measurePeak: true });
    expect(titles(run.errors)).toEqual([title]);
    expect(run.errors[0]?.text).toContain(why);
    // The bound of a page, doubled while it grows, and what a process takes anyway.
    expect(run.peakKb).toBeLessThan(fault.service === 'power-bi' && fault.status === 200 ? 900_000 : 330_000);
    if (fault.service === 'power-bi') expect(number(run, 'activities-ingested')).toBe(20);
  });
});

describe('an answer that drips', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Asks a service that sends a byte every few milliseconds and never ends. */
  async function dripping(status: number, ms: number): Promise<{ status: number; body: string }> {
    const server = createServer((_, response) => {
      response.writeHead(status);
      const timer = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(timer));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const pipeline = createEmptyPipeline();
    pipeline.addPolicy(silencePolicy);
    const request = createPipelineRequest({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      allowInsecureConnection: true,
      timeout: 60_000,
      streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
    });
    bind(request, { bytes: MB, ms });
    const response = await pipeline.sendRequest(createDefaultHttpClient(), request);
    return { status: response.status, body: bodyOf(response).toString('utf8') };
  }

  it('with 200 is given up once it took longer than its kind ever takes', async () => {
    await expect(dripping(200, 300)).rejects.toMatchObject({ code: 'no whole answer within 0.3 s' });
  });

  it.each([201, 400, 403, 503])('with %i counts by its status, whatever body follows', async (status) => {
    const answer = await dripping(status, 300);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(/^x*$/);
  });

  it('has bounds for each kind, none of which is the deadline', () => {
    for (const { bytes, ms } of Object.values(BOUNDS)) {
      expect(bytes).toBeLessThanOrEqual(256 * MB);
      expect(ms).toBeLessThanOrEqual(10 * 60_000);
    }
  });
});
