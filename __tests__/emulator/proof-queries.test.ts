/** The texts by which a table is proved, each asked over HTTP, and compared with what the client can compute itself. */
import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import { ACTIVITY_STREAM } from '../../emulator/tenant/activity-stream.ts';
import { eventsOfHour } from '../../emulator/tenant/events.ts';
import { query, rowsOf } from '../support/raw-queries.ts';
import { closeEmulatorsAtEnd, emulator, HOUR, NOW } from '../support/raw-requests.ts';
import { upload } from '../support/raw-uploads.ts';

closeEmulatorsAtEnd();

const FIRST = Date.parse('2026-11-20T08:00:00Z');
const SELF = '78ae647dc5544d22:2024694909';
const iso = (ms: number) => new Date(ms).toISOString().replace('.000', '');
const keyOf = (id: string) => createHash('sha256').update(id, 'utf8').digest('hex').slice(0, 16);

const idsOf = (hour: number, count: number): string[] =>
  eventsOfHour(hour, count, 3).map(({ Id }, at) => (at % 9 === 0 ? `größe-${Id}` : String(Id)));

function rowsWith(ids: readonly string[], hour: number): Record<string, unknown>[] {
  const at = iso(hour + 600_000);
  return ids.map((ActivityId) => ({ TimeGenerated: at, CreationTime: at, ActivityId, RecordType: '20' }));
}

/** What a client makes of the ids that it knows. */
function fingerprint(ids: readonly string[]) {
  let [xorHi, xorLo, sumHi, sumLo] = [0, 0, 0, 0];
  for (const id of new Set(ids)) {
    const key = keyOf(id);
    const [hi, lo] = [Number.parseInt(key.slice(0, 8), 16), Number.parseInt(key.slice(8), 16)];
    xorHi = (xorHi ^ hi) >>> 0;
    xorLo = (xorLo ^ lo) >>> 0;
    sumHi += hi;
    sumLo += lo;
  }
  return [xorHi, xorLo, sumHi, sumLo];
}

const hours = (from: number, to: number, more = '') => `// proof:hours 1
let From = datetime(${iso(from)});
let To = datetime(${iso(to)});
let Buckets = 8;
let Bucket = 3;
FabricUserActivity_CL
| where TimeGenerated >= From - 1d
| where RecordType != "WorkspaceAccess"
| extend At = coalesce(CreationTime, TimeGenerated)
| where At >= From and At < To
${more}| summarize N = count() by Hour = bin(At, 1h), ActivityId
| extend H = iff(isempty(ActivityId), "", hash_sha256(ActivityId))
| extend Hi = tolong(strcat("0x", substring(H, 0, 8))), Lo = tolong(strcat("0x", substring(H, 8, 8)))
| summarize Rows = sum(N), Ids = countif(H != ""), Blank = sumif(N, H == ""), Repeats = sumif(N - 1, H != ""),
    XorHi = binary_all_xor(iff(H == "", 0, Hi)), XorLo = binary_all_xor(iff(H == "", 0, Lo)),
    SumHi = sumif(Hi, H != ""), SumLo = sumif(Lo, H != "")
    by Hour
| extend Self = strcat(substring(hash_sha256("World"), 0, 16), ":", tostring(tolong("0x78ae647d"))), Now = now()`;

const keys = (more = '') => `// proof:keys 1
let From = datetime(${iso(FIRST)});
FabricUserActivity_CL
| where TimeGenerated >= From - 1d
| where CreationTime >= From and CreationTime < From + 1h
| where isnotempty(ActivityId) and RecordType != "WorkspaceAccess"
| summarize N = count() by K = substring(hash_sha256(ActivityId), 0, 16)
${more}| project C = iff(N == 1, K, strcat(K, ":", tostring(N)))`;

/** Two hours of events, one of them there twice, one without id, one workspace record. */
async function tenant(): Promise<{ target: Emulator; ids: string[][] }> {
  const target = await emulator({ stream: ACTIVITY_STREAM });
  const ids = [idsOf(FIRST, 40), idsOf(FIRST + HOUR, 30)];
  const [first = [], second = []] = ids;
  const workspace = { ...rowsWith(['workspace-access-1'], FIRST)[0], RecordType: 'WorkspaceAccess' };
  const { ActivityId: _, ...blank } = rowsWith([''], FIRST)[0] ?? {};
  const rows = [...rowsWith(first, FIRST), ...rowsWith(second, FIRST + HOUR), workspace, blank];
  expect((await upload(target, JSON.stringify([...rows, rows[0]]))).status).toBe(204);
  return { target, ids };
}

it('hours have the fingerprints that the client computes', async () => {
  const { target, ids } = await tenant();
  const [first = [], second = []] = ids;
  const found = await rowsOf(target, hours(FIRST, FIRST + 24 * HOUR));
  const now = '2026-11-20T12:34:56.0000000Z';
  expect(found).toEqual([
    ['2026-11-20T08:00:00.0000000Z', 42, 40, 1, 1, ...fingerprint(first), SELF, now],
    ['2026-11-20T09:00:00.0000000Z', 30, 30, 0, 0, ...fingerprint(second), SELF, now],
  ]);
  expect(target.requestsTo('log-analytics')[0]?.queryText).toMatch(/^\/\/ proof:hours 1\n/);
});

it('buckets of hours add up to the whole', async () => {
  const { target } = await tenant();
  const whole = await rowsOf(target, hours(FIRST, FIRST + HOUR));
  let [ids, xor, sum] = [0, 0, 0];
  for (let bucket = 0; bucket < 8; bucket += 1) {
    const text = hours(FIRST, FIRST + HOUR, '| where hash(ActivityId, Buckets) == Bucket\n');
    const [line] = await rowsOf(target, text.replace('Bucket = 3', `Bucket = ${bucket}`));
    ids += Number(line?.[2] ?? 0);
    xor = (xor ^ Number(line?.[5] ?? 0)) >>> 0;
    sum += Number(line?.[7] ?? 0);
  }
  expect([ids, xor, sum]).toEqual([whole[0]?.[2], whole[0]?.[5], whole[0]?.[7]]);
  // https://learn.microsoft.com/en-us/kusto/query/hash-function
  expect(await rowsOf(target, 'print hash("World", 100), hash(datetime("2015-01-01"), 100)')).toEqual([
    [51, 2],
  ]);
});

it('keys are those of the ids, with their number where it is not one', async () => {
  const { target, ids } = await tenant();
  const [first = []] = ids;
  const wanted = first.map((id, at) => (at === 0 ? `${keyOf(id)}:2` : keyOf(id)));
  expect((await rowsOf(target, keys())).flat().sort()).toEqual(wanted.sort());
  const zero = (await rowsOf(target, keys('| where K startswith_cs "0"\n'))).flat();
  expect(zero.sort()).toEqual(wanted.filter((key) => key.startsWith('0')));
});

it('some keys are looked for by name', async () => {
  const { target, ids } = await tenant();
  const [there = '', once = ''] = ids[0] ?? [];
  const text = `// proof:some 1
let Keys = dynamic(["${keyOf(there)}","${keyOf(once)}","0123456789abcdef"]);
FabricUserActivity_CL
| where isnotempty(ActivityId)
| extend K = substring(hash_sha256(ActivityId), 0, 16)
| where K in (Keys)
| summarize N = count(), First = min(ingestion_time()) by K`;
  const at = '2026-11-20T12:34:56.0000000Z';
  expect(await rowsOf(target, text)).toEqual([
    [keyOf(there), 2, at],
    [keyOf(once), 1, at],
  ]);
  const written = text.replace(/let Keys.*\n/, '').replace('(Keys)', `(dynamic(["${keyOf(once)}"]))`);
  expect(await rowsOf(target, written)).toEqual([[keyOf(once), 1, at]]);
});

it('repeats tell how far apart they came', async () => {
  const { target, ids } = await tenant();
  target.addRows(rowsWith((ids[1] ?? []).slice(0, 2), FIRST + HOUR), NOW - 3 * 60_000);
  const text = `FabricUserActivity_CL
| where TimeGenerated > ago(3d) and isnotempty(ActivityId)
| summarize N = count(), First = min(ingestion_time()), Last = max(ingestion_time()) by Hour = bin(CreationTime, 1h), ActivityId
| where N > 1
| summarize Events = count(), Extra = sum(N - 1), AtOnce = countif(Last - First < 2m) by Hour`;
  expect(await rowsOf(target, text)).toEqual([
    ['2026-11-20T08:00:00.0000000Z', 1, 1, 1],
    ['2026-11-20T09:00:00.0000000Z', 2, 2, 0],
  ]);
});

const SIGHT = `// proof:sight 1
FabricUserActivity_CL
| where TimeGenerated > ago(2d)
| summarize Rows = count(), Blank = countif(isempty(ActivityId)), NoTime = countif(isnull(CreationTime)), Oldest = min(TimeGenerated), LastIn = max(ingestion_time())
| extend Now = now()`;

it('the sight test has one line, of an empty table too, by the clock of the service', async () => {
  let ahead = 0;
  const target = await emulator({ stream: ACTIVITY_STREAM, now: () => NOW + ahead });
  expect(await rowsOf(target, SIGHT)).toEqual([[0, 0, 0, null, null, '2026-11-20T12:34:56.0000000Z']]);
  const [row] = rowsWith(['a'], FIRST);
  target.addRows([row ?? {}, { ...row, ActivityId: undefined, CreationTime: undefined }]);
  ahead = 5 * HOUR;
  expect(await rowsOf(target, SIGHT)).toEqual([
    [2, 1, 1, '2026-11-20T08:10:00.0000000Z', '2026-11-20T12:34:56.0000000Z', '2026-11-20T17:34:56.0000000Z'],
  ]);
});

it('the last row that came is found by its creation', async () => {
  const { target } = await tenant();
  const text = 'FabricUserActivity_CL | where TimeGenerated > ago(3d) | summarize max(CreationTime)';
  expect(await rowsOf(target, text)).toEqual([['2026-11-20T09:10:00.0000000Z']]);
});

it('a hundred thousand rows in three hundred hours are proved within seconds', async () => {
  const target = await emulator({ stream: ACTIVITY_STREAM });
  const from = FIRST - 299 * HOUR;
  for (let hour = from; hour <= FIRST; hour += HOUR) {
    target.addRows(rowsWith(idsOf(hour, 334), hour), hour + HOUR);
  }
  const started = performance.now();
  const text = hours(from, FIRST + HOUR);
  const reply = await query(target, text);
  expect((JSON.parse(reply.text) as { tables: [{ rows: unknown[][] }] }).tables[0].rows).toHaveLength(300);
  expect(await rowsOf(target, keys())).toHaveLength(334);
  expect(performance.now() - started).toBeLessThan(15_000);
});
