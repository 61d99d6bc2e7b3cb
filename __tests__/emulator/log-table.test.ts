/** What becomes of acknowledged rows: when they are seen, what a transformation makes of them, how they get lost. */
import { describe, expect, it } from '@jest/globals';
import { ACTIVITY_STREAM } from '../../emulator/tenant/activity-stream.ts';
import { kqlTables } from '../../infra/generate/schema.ts';
import { answerIn, codesOf, query, rowsOf } from '../support/raw-queries.ts';
import { closeEmulatorsAtEnd, emulator, NOW, STREAM } from '../support/raw-requests.ts';
import { upload } from '../support/raw-uploads.ts';

closeEmulatorsAtEnd();

const DAY = 86_400_000;
const TABLE = 'FabricUserActivity_CL';
const COUNT = `${TABLE} | count`;
const IDS = `${TABLE} | project ActivityId`;
const ERRORS = 'DCRLogErrors | project OperationName, InputStreamId, ClientRequestId';
const row = (ActivityId: string, more: Record<string, unknown> = {}) => ({
  TimeGenerated: '2026-11-20T08:10:00Z',
  CreationTime: '2026-11-20T08:10:00Z',
  ActivityId,
  Operation: 'ViewReport',
  ...more,
});
const tenant = (now = () => NOW) => emulator({ stream: ACTIVITY_STREAM, now });
const body = (...rows: object[]) => JSON.stringify(rows);

describe('rows', () => {
  it('are seen some time after they were acknowledged, by the clock and by the number of queries', async () => {
    let now = NOW;
    const target = await tenant(() => now);
    const { logAnalytics } = target.configure;
    logAnalytics.visibleAfterMs = 30_000;
    await upload(target, body(row('slow')));
    logAnalytics.visibleAfterMs = 0;
    logAnalytics.visibleAfterQueries = 2;
    await upload(target, body(row('later')));
    expect(target.table).toHaveLength(2);
    expect(await rowsOf(target, IDS)).toEqual([]);
    expect(await rowsOf(target, IDS)).toEqual([]);
    expect(await rowsOf(target, IDS)).toEqual([['later']]);
    now += 30_000;
    expect(await rowsOf(target, `${TABLE} | project ActivityId, I = ingestion_time()`)).toEqual([
      ['slow', '2026-11-20T12:35:26.0000000Z'],
      ['later', '2026-11-20T12:34:56.0000000Z'],
    ]);
  });

  it('keep their columns’ types, lose what is not declared, and get the time of arrival when they are old', async () => {
    const target = await tenant();
    const old = { TimeGenerated: '2026-11-10T08:10:00Z', CreationTime: '2026-11-10T08:10:00Z' };
    await upload(target, body(row('a', { ...old, UserId: 7, Nope: 1, AdditionalFields: { A: [1] } })));
    const columns = 'TimeGenerated, CreationTime, UserId, AdditionalFields.A[0]';
    expect(await rowsOf(target, `${TABLE} | project ${columns}`)).toEqual([
      ['2026-11-20T12:34:56.0000000Z', '2026-11-10T08:10:00.0000000Z', '', '1'],
    ]);
    expect([target.droppedColumnNames, target.droppedValueNames]).toEqual([{ Nope: 1 }, { UserId: 1 }]);
    expect(codesOf(await query(target, `${TABLE} | where Nope == 1`)).at(-1)).toBe('SEM0100');
  });

  it('come from others, too, at any time', async () => {
    const target = await tenant();
    target.addRows([row('foreign', { TimeGenerated: '2026-11-17T00:00:00Z' })], NOW - 3 * DAY);
    expect(target.table).toMatchObject([{ ActivityId: 'foreign', receivedAt: NOW - 3 * DAY }]);
    expect(target.posted).toEqual([]);
    expect(await rowsOf(target, `${TABLE} | project ActivityId, TimeGenerated`)).toEqual([
      ['foreign', '2026-11-17T00:00:00.0000000Z'],
    ]);
  });

  it('go: deleted, or older than the table keeps them', async () => {
    let now = NOW;
    const target = await tenant(() => now);
    target.addRows([row('a'), row('b'), row('c')]);
    expect(target.deleteRows(({ ActivityId }) => ActivityId === 'b')).toBe(1);
    expect(await rowsOf(target, IDS)).toEqual([['a'], ['c']]);
    target.configure.logAnalytics.retentionDays = 4;
    now += 3 * DAY;
    expect(await rowsOf(target, COUNT)).toEqual([[2]]);
    now += DAY;
    expect(await rowsOf(target, COUNT)).toEqual([[0]]);
  });

  it('are lost after their acknowledgement, all or some, with or without a word', async () => {
    const target = await tenant();
    target.fault({ service: 'ingestion', lose: {} });
    expect((await upload(target, body(row('a'), row('b')))).status).toBe(204);
    expect([target.rowCount, target.posted.length, target.table.length]).toEqual([2, 2, 0]);
    // The table of errors does not exist before the first one.
    expect(codesOf(await query(target, ERRORS)).at(-1)).toBe('SEM0100');
    target.fault({
      service: 'ingestion',
      lose: { rows: ({ ActivityId }) => ActivityId === 'd', logged: 'A record is malformed.' },
    });
    const headers = { 'x-ms-client-request-id': 'batch-2' };
    expect((await upload(target, body(row('c'), row('d')), { headers })).status).toBe(204);
    expect(await rowsOf(target, IDS)).toEqual([['c']]);
    expect(await rowsOf(target, ERRORS)).toEqual([['Ingestion', STREAM, 'batch-2']]);
  });

  it('are lost to the daily cap, which Operation tells once', async () => {
    const target = await tenant();
    target.configure.logAnalytics.overQuota = true;
    expect((await upload(target, body(row('a')))).status).toBe(204);
    expect((await upload(target, body(row('b')))).status).toBe(204);
    target.configure.logAnalytics.overQuota = false;
    expect((await upload(target, body(row('c')))).status).toBe(204);
    expect(await rowsOf(target, IDS)).toEqual([['c']]);
    const text =
      'Operation | where OperationCategory in ("Ingestion", "Data Collection Status") | project Detail';
    const told = await rowsOf(target, text);
    expect(told).toHaveLength(2);
    expect(String(told[0])).toContain('OverQuota');
  });
});

describe('a transformation', () => {
  it('filters, renames and alters before rows land', async () => {
    const target = await tenant();
    target.configure.transformKql = 'source | where Operation != "ExportReport"';
    await upload(target, body(row('A'), row('B', { Operation: 'ExportReport' })));
    target.configure.transformKql = 'source | extend ActivityId = tolower(ActivityId), TimeGenerated = now()';
    await upload(target, body(row('C')));
    target.configure.transformKql = 'source | project-rename EventId = ActivityId';
    await upload(target, body(row('D')));
    expect(await rowsOf(target, `${TABLE} | project ActivityId, TimeGenerated`)).toEqual([
      ['A', '2026-11-20T08:10:00.0000000Z'],
      ['c', '2026-11-20T12:34:56.0000000Z'],
      ['', '2026-11-20T08:10:00.0000000Z'],
    ]);
    expect(target.posted).toHaveLength(4);
    expect([target.droppedColumns, target.droppedValues]).toEqual([0, 0]);
  });

  it('that fails loses its upload, and the errors of the rule name it', async () => {
    const target = await tenant();
    target.configure.transformKql = 'source | extend X = Nope';
    const headers = { 'x-ms-client-request-id': 'batch-1' };
    expect((await upload(target, body(row('a')), { headers })).status).toBe(204);
    expect(target.table).toEqual([]);
    expect(await rowsOf(target, ERRORS)).toEqual([['Transformation', STREAM, 'batch-1']]);
  });

  it('may send to another table, which has the columns it is given', async () => {
    const target = await tenant();
    const { logAnalytics } = target.configure;
    logAnalytics.tableName = 'Elsewhere_CL';
    delete logAnalytics.columns.ActivityId;
    logAnalytics.columns.EventId = 'string';
    target.configure.transformKql = 'source | project-rename EventId = ActivityId';
    await upload(target, body(row('a')));
    expect(await rowsOf(target, 'Elsewhere_CL | project EventId, Type')).toEqual([['a', 'Elsewhere_CL']]);
    expect(codesOf(await query(target, COUNT)).at(-1)).toBe('SEM0100');
    expect(codesOf(await query(target, 'Elsewhere_CL | project ActivityId')).at(-1)).toBe('SEM0100');
  });
});

describe('the errors of the rule', () => {
  it('name refused and swallowed uploads, the same ones not without end', async () => {
    const target = await tenant();
    const sent = (id: string) => ({ headers: { 'x-ms-client-request-id': id } });
    await upload(target, '{}', sent('no-array'));
    await upload(target, `["${'a'.repeat(1_048_573)}"]`, sent('too-long'));
    target.fault({ service: 'ingestion', times: 8, rejectRows: () => true });
    for (let at = 0; at < 8; at += 1) await upload(target, body(row('a')), sent(`bad-${at}`));
    const logged = (await rowsOf(target, ERRORS)).map(([, , id]) => id);
    expect(logged).toEqual(['no-array', 'too-long', 'bad-0', 'bad-1', 'bad-2', 'bad-3', 'bad-4', '']);
  });

  it('go nowhere without a diagnostic setting', async () => {
    const target = await tenant();
    target.configure.ruleErrorsLogged = false;
    await upload(target, '{}');
    expect((await query(target, 'DCRLogErrors')).status).toBe(400);
  });

  it('have the columns that the queries of the repository read', async () => {
    const target = await tenant();
    await upload(target, '{}');
    const [table] = answerIn(await query(target, 'DCRLogErrors')).tables;
    const found = new Set(table?.columns.map(({ name }) => name));
    const declared = [...(kqlTables().DCRLogErrors ?? '').matchAll(/(\w+): /g)].map(([, name = '']) => name);
    const own = declared.slice(0, declared.indexOf('TenantId'));
    expect(own.filter((name) => !found.has(name))).toEqual([]);
    expect(own).toContain('ClientRequestId');
  });
});
