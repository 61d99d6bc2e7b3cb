import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { StreamDeclaration } from '../../emulator/server.ts';
import { countRows } from '../../emulator/wire/row-count.ts';
import {
  bearer,
  closeEmulatorsAtEnd,
  emulator,
  MONITOR,
  NOW,
  POWER_BI,
  RULE,
  type Sent,
  STREAM,
  UPLOAD_PATH,
} from '../support/raw-requests.ts';
import { upload } from '../support/raw-uploads.ts';

closeEmulatorsAtEnd();

describe('logs ingestion', () => {
  const row = { TimeGenerated: '2026-11-20T12:00:00Z', ActivityId: 'a1', Note: 'naïve' };

  it('acknowledges an array, plain and compressed', async () => {
    const target = await emulator();
    expect(await upload(target, JSON.stringify([row]))).toMatchObject({ status: 204, text: '' });
    const headers = { 'content-encoding': 'gzip' };
    expect((await upload(target, gzipSync(JSON.stringify([row, row])), { headers })).status).toBe(204);
    expect(target.rowCount).toBe(3);
    expect(target.posted).toEqual([row, row, row]);
    expect(target.table[0]).toEqual({ ...row, receivedAt: NOW });
    const [, second] = target.requestsTo('ingestion');
    expect(second).toMatchObject({ rows: 2, status: 204, headers: { 'content-encoding': 'gzip' } });
    expect(second?.bodyBytes).toBe(Buffer.byteLength(JSON.stringify([row, row])));
    expect(second?.wireBytes).not.toBe(second?.bodyBytes);
  });

  it.each([
    ['an object', JSON.stringify(row)],
    ['malformed JSON', '{"Time"=1}'],
    ['text that is not UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d])],
  ])('acknowledges %s and throws it away', async (_, body) => {
    const target = await emulator();
    expect((await upload(target, body)).status).toBe(204);
    expect([target.swallowed, target.rowCount]).toEqual([1, 0]);
  });

  const other = UPLOAD_PATH.replace('dcr-0', 'dcr-1');
  const refused: [string, string | Buffer, Sent & { path?: string }, number, string][] = [
    ['another rule', '[{}]', { path: other }, 404, 'NotFound'],
    ['another stream', '[{}]', { path: UPLOAD_PATH.replace('Fabric', 'X') }, 404, 'InvalidStream'],
    ['no version', '[{}]', { path: UPLOAD_PATH.replace(/\?.*/, '') }, 400, 'InvalidApiVersion'],
    ['another type', '[{}]', { headers: { 'content-type': 'text/plain' } }, 415, 'UnsupportedMediaType'],
    ['a broken gzip', 'no gzip', { headers: { 'content-encoding': 'gzip' } }, 400, 'InvalidContentEncoding'],
    ['1,048,577 bytes', `["${'a'.repeat(1_048_573)}"]`, {}, 413, 'ContentLengthLimitExceeded'],
    [
      '1,048,577 bytes inflated',
      gzipSync(`["${'a'.repeat(1_048_573)}"]`),
      { headers: { 'content-encoding': 'gzip' } },
      413,
      'ContentLengthLimitExceeded',
    ],
  ];
  it.each(refused)('refuses %s', async (_, body, sent, status, code) => {
    const target = await emulator();
    const reply = await upload(target, body, sent);
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.text)).toMatchObject({ error: { code } });
    expect(reply.headers['x-ms-error-code']).toBe(code);
    expect(target.rowCount).toBe(0);
  });

  it('takes 1,048,576 bytes, and answers nothing at all with 500', async () => {
    const target = await emulator();
    expect((await upload(target, `[{"a":"${'a'.repeat(1_048_576 - 10)}"}]`)).status).toBe(204);
    expect(target.truncatedValues).toBe(1);
    expect(await upload(target, '')).toMatchObject({ status: 500, text: '' });
  });

  it('wants the role, a valid token and its own cloud', async () => {
    const target = await emulator();
    const statusOf = async (headers: Record<string, string>, host?: string) =>
      (await upload(target, '[{}]', host === undefined ? { headers } : { headers, host })).status;
    expect(await statusOf({ authorization: 'Bearer no' })).toBe(401);
    expect(await statusOf(bearer(target, POWER_BI))).toBe(401);
    expect(
      await statusOf(bearer(target, 'https://monitor.azure.us'), 'a.usgovvirginia-1.ingest.monitor.azure.us'),
    ).toBe(204);
    expect(await statusOf(bearer(target, MONITOR), 'a.usgovvirginia-1.ingest.monitor.azure.us')).toBe(401);
    target.configure.roleGranted = false;
    const reply = await upload(target, '[{}]');
    expect(reply.status).toBe(403);
    expect(reply.text).toContain(
      `does not have access to ingest data for the data collection rule with immutable Id '${RULE}'.`,
    );
  });

  it('drops, truncates and rewrites without a word', async () => {
    const columns: StreamDeclaration['columns'] = {
      TimeGenerated: 'datetime',
      ActivityId: 'string',
      RecordType: 'int',
      Big: 'long',
      Share: 'real',
      IsSuccess: 'boolean',
      CreationTime: 'datetime',
      AdditionalFields: 'dynamic',
    };
    const target = await emulator({ stream: { name: STREAM, columns } });
    const good = { RecordType: 20, Big: 2 ** 40, Share: 0.5, IsSuccess: false, AdditionalFields: { a: [1] } };
    const bad = { ActivityId: 7, RecordType: '20', Big: 1.5, IsSuccess: 'true', CreationTime: 'yesterday' };
    const rows = [
      { TimeGenerated: '2026-11-18T12:34:56Z', CreationTime: '2026-11-18T12:34:56', ...good },
      { TimeGenerated: '2026-11-18T12:34:55Z', Extra: 1, activityid: 'case', ...bad },
      { TimeGenerated: '2026-11-21T12:34:57Z', ActivityId: `${'ä'.repeat(32_767)}xä` },
      { ActivityId: null },
    ];
    expect((await upload(target, JSON.stringify(rows))).status).toBe(204);
    const received = new Date(NOW).toISOString();
    expect(target.table).toEqual([
      { ...rows[0], receivedAt: NOW },
      { TimeGenerated: received, receivedAt: NOW },
      { TimeGenerated: received, ActivityId: `${'ä'.repeat(32_767)}x`, receivedAt: NOW },
      { TimeGenerated: received, receivedAt: NOW },
    ]);
    expect(target.droppedColumnNames).toEqual({ Extra: 1, activityid: 1 });
    expect([target.droppedColumns, target.droppedValues]).toEqual([2, 5]);
    expect([target.truncatedValues, target.rewrittenTimes]).toEqual([1, 2]);
    expect(target.posted).toEqual(rows);
  });

  it('counts rows without reading them', async () => {
    const target = await emulator({ keepRows: false });
    const rows = [{ a: '}{"\\', b: [{ c: {} }] }, {}, { d: '\\"' }];
    expect(countRows(Buffer.from(JSON.stringify(rows)))).toBe(3);
    expect(countRows(Buffer.from('{"a":1}'))).toBe(0);
    expect((await upload(target, JSON.stringify(rows))).status).toBe(204);
    expect([target.rowCount, target.table.length]).toEqual([3, 0]);
  });
});
