/** What a reader of the summary has to see at once, scene by scene. */
import { describe, expect, it } from '@jest/globals';
import { ActionError } from '../../../src/errors.ts';
import type { RunContext } from '../../../src/host.ts';
import { dialectOf } from '../../../src/hosts/azure-pipelines/dialect.ts';
import { conclude } from '../../../src/report/conclusions.ts';
import { inHostWords } from '../../../src/report/host-words.ts';
import { newRunRecord, type RunRecord } from '../../../src/report/run-record.ts';
import { summaryOf } from '../../../src/report/summary.ts';
import { HOUR, MINUTE } from '../../../src/time/clock.ts';
import { hoursOf } from '../../../src/time/window.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const DOCS = 'https://github.com/example-org/collector/blob/v1/docs';

/** A run over the last 25 hours from the activity log, 300 events an hour, all of it well. */
function goodRun(hours = 25): RunRecord {
  const record = newRunRecord(NOW - 3 * MINUTE);
  const window = { start: NOW - hours * HOUR, end: NOW };
  const windows = [...hoursOf(window)];
  const settings = { hasOwnStart: false, settled: 0, settledWanted: 0, caughtUp: 0, notDue: 0 };
  const nothing = { missed: [], nextDue: undefined, notices: [] };
  record.planned = { window, windows, hours: windows.length, ...settings, ...nothing };
  const { collected, delivered } = record;
  collected.source = 'power-bi';
  collected.isWhole = true;
  collected.hoursDone = windows.length;
  collected.requests = 905;
  for (const { hour } of windows) {
    collected.wholeHours.add(hour);
    collected.counts.hours.set(hour, 300);
  }
  collected.counts.collected = 300 * windows.length;
  delivered.rows = 300 * windows.length;
  return record;
}

function miss(record: RunRecord, ...hours: string[]): void {
  for (const text of hours) {
    const hour = Date.parse(text);
    const { collected, delivered } = record;
    collected.uncollected.push({ window: { start: hour, end: hour + HOUR }, why: 'HTTP 500', status: 500 });
    collected.wholeHours.delete(hour);
    collected.counts.hours.delete(hour);
    collected.isWhole = false;
    collected.counts.collected -= 300;
    delivered.rows -= 300;
  }
}

function refuse(record: RunRecord, batches: number): void {
  for (let batch = 1; batch <= batches; batch += 1) {
    const requestId = `00000000-0000-8000-8000-${String(batch).padStart(12, '0')}`;
    const entry = { batch, rows: 2, bytes: 20, wireBytes: 10, status: 'refused' as const, requestId };
    record.delivered.rejectedRows += 2;
    record.delivered.rows -= 2;
    if (record.delivered.refused.length < 50) record.delivered.refused.push(entry);
  }
}

function summary(record: RunRecord, context: Partial<RunContext> = {}, onAzure = false): string {
  const dialect = onAzure ? dialectOf(undefined) : undefined;
  const known = { repository: '', workflow: '', runId: 1, runAttempt: 1, event: '', runUrl: '' };
  return summaryOf(record, inHostWords(conclude(record), dialect), { ...known, ...context }, NOW, dialect);
}

describe.each([
  ['GitHub', false],
  ['Azure Pipelines', true],
])('the summary on %s', (_, onAzure) => {
  const told = (record: RunRecord) => summary(record, {}, onAzure);

  it('counts an hour as done only where it was collected', () => {
    const record = goodRun();
    miss(record, '2026-11-20T03:00:00Z', '2026-11-20T07:00:00Z');
    const text = told(record);
    expect(text).toMatch(/^## ❌ 2 of 25 hours missing; 6,900 events ingested\n/);
    expect(text).toContain('| 23 of 25 (2 missing) |');
    expect(text).not.toContain('25 of 25');
    expect(text).toContain('| 2026-11-20T07:00Z to 08:00Z | HTTP 500 |');
  });

  it('has six columns of counts, the duration among them', () => {
    const text = told(goodRun());
    expect(text).toContain('| Collected | New | Repeats | Failed | Hours | Duration |');
    expect(text).toContain('| 7,500 | 7,500 | 0 | 0 | 25 of 25 | 3 min |');
  });

  it('gives no advice that is followed already', () => {
    const record = goodRun();
    miss(record, '2026-11-20T03:00:00Z');
    expect(told(record)).toMatch(/Run again for the hours named here/);
    record.files = { ...record.files, carriesOn: true };
    const text = told(record);
    expect(text).toMatch(/the next run asks for these hours again by itself/);
    expect(text).not.toMatch(/start-?time|state-?file/i);
  });

  it('says when a gap was closed', () => {
    const record = goodRun();
    const missed = [Date.parse('2026-11-20T03:00:00Z'), Date.parse('2026-11-20T07:00:00Z')];
    if (record.planned !== undefined) record.planned = { ...record.planned, missed };
    expect(told(record)).toMatch(
      /^## ✅ Complete: 7,500 activity events ingested, 2 missing hours recovered\n/,
    );
    miss(record, '2026-11-20T03:00:00Z');
    expect(told(record)).not.toContain('recovered');
  });

  it('shows refused rows first, and says whether they were kept', () => {
    const record = goodRun();
    refuse(record, 60);
    const lost = told(record);
    expect(lost).toMatch(/^## ❌ 120 rows refused for good; 7,380 events ingested, 120 not\n/);
    expect(lost).toContain('120 rows, **not kept in a file**.');
    expect(lost.indexOf('### Refused')).toBeLessThan(lost.indexOf('| Collected |'));
    expect(lost).toContain('and 20 rows more');
    record.files = { ...record.files, keepsRejected: true };
    const kept = told(record);
    const [rejected, replay] = onAzure ? ['rejectedFile', 'replayFile'] : ['rejected-file', 'replay-file'];
    expect(kept).toContain(`120 rows, kept in the file of \`${rejected}\`.`);
    expect(kept).toContain(`run once with that path as "${replay}"`);
    record.delivered.faults.push(new ActionError('rejected-file', 'ENOSPC'));
    expect(told(record)).toContain('**not kept in a file**');
  });

  it('says how far all runs are and when they will be done, while older hours are caught up', () => {
    const record = goodRun(600);
    record.files = { ...record.files, carriesOn: true, lastRunAt: NOW - 63 * MINUTE };
    if (record.planned !== undefined) record.planned = { ...record.planned, settled: 70 };
    record.outOfTime = 'the deadline came';
    record.collected.isWhole = false;
    for (const hour of [...record.collected.wholeHours].slice(150)) record.collected.wholeHours.delete(hour);
    record.collected.hoursDone = 150;
    const text = told(record);
    expect(text).toContain('**All runs so far: 220 of 670 hours (32 %).**');
    expect(text).toContain(
      'At this pace 3 more runs do the rest, by about 2026-11-20T15:00Z if they keep coming every 60 min.',
    );
  });

  it('draws no chart of a handful of events', () => {
    const record = goodRun();
    for (const hour of record.collected.wholeHours) record.collected.counts.hours.delete(hour);
    record.collected.counts.hours.set(NOW - HOUR, 3);
    expect(told(record)).not.toMatch(/mermaid|New events by/);
  });

  it('names the troubleshooting entry where the page of the project is not known', () => {
    const record = goodRun();
    miss(record, '2026-11-20T03:00:00Z');
    expect(told(record)).toContain('More on it: "Hours not collected" in `docs/troubleshooting.md`.');
  });
});

describe('the summary at GitHub', () => {
  it('links to the troubleshooting entry where the page of the project is known', () => {
    const record = goodRun();
    refuse(record, 1);
    record.fault = new ActionError('destination-forbidden', 'HTTP 403');
    const text = summary(record, { docsUrl: DOCS });
    expect(text).toContain(`(${DOCS}/troubleshooting.md#rows-refused-for-good)`);
    expect(text).toContain(
      `(${DOCS}/troubleshooting.md#destination-refused-no-permission-on-the-data-collection-rule)`,
    );
  });

  it('leaves hours out of the chart of which nothing is known, and names those missing', () => {
    const record = goodRun();
    miss(record, '2026-11-20T03:00:00Z');
    record.collected.wholeHours.delete(NOW - 2 * HOUR);
    record.collected.counts.hours.delete(NOW - 2 * HOUR);
    const text = summary(record);
    const bars = /^ {2}bar \[(.*)\]$/m.exec(text)?.[1]?.split(', ') ?? [];
    expect(bars).toEqual(Array.from({ length: 23 }, () => '300'));
    expect(text).toMatch(/title "New events by hour \(UTC\), at most \d+, missing: 03:00"/);
  });

  it('draws an hour without events that was asked for as zero', () => {
    const record = goodRun();
    record.collected.counts.hours.delete(NOW - 2 * HOUR);
    expect(summary(record)).toMatch(/bar \[.*300, 0, 300\]/);
  });
});

it('the chart of text says which hours are missing', () => {
  const record = goodRun();
  miss(record, '2026-11-20T03:00:00Z');
  const text = summary(record, {}, true);
  expect(text).toMatch(/^03:00 +missing$/m);
  expect(text).toMatch(/^04:00 +300 +█+$/m);
});
