import type { Window } from '../time/window.ts';

/**
 * The texts by which the table is read back. First lines, `let` names and columns are fixed, so that an auditor can tell them
 * apart where queries are logged. They hold hashes and times, no ids.
 */

/** What `Self` has to be in an answer: hashes and numbers come out as they do here. */
export const SELF = '78ae647dc5544d22:2024694909';

/** Whether the table can be seen at all, and the service's time. */
export function sightQuery(table: string): string {
  return `// proof:sight 1
${table}
| where TimeGenerated > ago(2d)
| summarize Rows = count(), Blank = countif(isempty(ActivityId)), NoTime = countif(isnull(CreationTime)), Oldest = min(TimeGenerated), LastIn = max(ingestion_time())
| extend Now = now()`;
}

/**
 * Fingerprints of hours: number of ids, and XOR and sum of the halves of their keys. The sum of 32-bit halves stays exact for
 * two million ids, in a long and in JSON. XOR alone cancels pairs, so ids are grouped first.
 * The filter on TimeGenerated only saves reading: rows lie there at their own time, or later (when more than two days old).
 */
export function hoursQuery(table: string, { start, end }: Window): string {
  return `// proof:hours 1
let From = datetime(${iso(start)});
let To = datetime(${iso(end)});
${table}
| where TimeGenerated >= From - 1d
| where RecordType != "WorkspaceAccess"
| extend At = coalesce(CreationTime, TimeGenerated)
| where At >= From and At < To
| summarize N = count() by Hour = bin(At, 1h), ActivityId
| extend H = iff(isempty(ActivityId), "", hash_sha256(ActivityId))
| extend Hi = tolong(strcat("0x", substring(H, 0, 8))), Lo = tolong(strcat("0x", substring(H, 8, 8)))
| summarize Rows = sum(N), Ids = countif(H != ""), Blank = sumif(N, H == ""), Repeats = sumif(N - 1, H != ""),
    XorHi = binary_all_xor(iff(H == "", 0, Hi)), XorLo = binary_all_xor(iff(H == "", 0, Lo)),
    SumHi = sumif(Hi, H != ""), SumLo = sumif(Lo, H != "")
    by Hour
| extend Self = strcat(substring(hash_sha256("World"), 0, 16), ":", tostring(tolong("0x78ae647d"))), Now = now()`;
}

/** Keys of whole hours. @param prefix first hexadecimal digit of the keys, where an hour is cut */
export function keysQuery(table: string, { start, end }: Window, prefix?: string): string {
  const cut = prefix === undefined ? '' : `\n| where K startswith_cs Prefix`;
  return `// proof:keys 1
let From = datetime(${iso(start)});
let To = datetime(${iso(end)});${prefix === undefined ? '' : `\nlet Prefix = "${prefix}";`}
${table}
| where TimeGenerated >= From - 1d
| where CreationTime >= From and CreationTime < To
| where isnotempty(ActivityId) and RecordType != "WorkspaceAccess"
| summarize N = count() by Hour = bin(CreationTime, 1h), K = substring(hash_sha256(ActivityId), 0, 16)${cut}
| project Hour, C = iff(N == 1, K, strcat(K, ":", tostring(N)))`;
}

/** Which of some keys are there, under whatever hour. @param since the oldest of their hours, ms since the epoch */
export function someQuery(table: string, keys: readonly string[], since: number): string {
  return `// proof:some 1
let Keys = dynamic(${JSON.stringify(keys)});
${table}
| where TimeGenerated >= datetime(${iso(since)}) - 1d
| where isnotempty(ActivityId)
| extend K = substring(hash_sha256(ActivityId), 0, 16)
| where K in (Keys)
| summarize N = count(), First = min(ingestion_time()) by K`;
}

/** What the data collection rule says of uploads; no texts of messages. */
export function errorsQuery(requestIds: readonly string[]): string {
  return `// proof:errors 1
DCRLogErrors
| where TimeGenerated > ago(28d)
| where ClientRequestId in (${requestIds.map((id) => JSON.stringify(id)).join(', ')})
| project TimeGenerated, OperationName, InputStreamId, ClientRequestId`;
}

/** Whether the workspace stopped taking data in, because its daily cap was reached. */
export function capQuery(): string {
  return `// proof:cap 1
Operation
| where TimeGenerated > ago(2d)
| where OperationCategory == "Data Collection Status" and Detail has "OverQuota"
| summarize N = count(), Last = max(TimeGenerated)`;
}

function iso(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}
