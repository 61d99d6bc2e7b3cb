import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Batch, Batcher } from '../../../src/destination/batch.ts';
import { ActionError, asActionError, DeadlineError, FAULTS } from '../../../src/errors.ts';
import type { Host, RunContext } from '../../../src/host.ts';
import { chart } from '../../../src/report/chart.ts';
import { type Conclusions, conclude } from '../../../src/report/conclusions.ts';
import { addDelivery, type BatchEntry } from '../../../src/report/delivered.ts';
import { outputsOf } from '../../../src/report/outputs.ts';
import { report } from '../../../src/report/report.ts';
import { newRunRecord, type Planned, type RunRecord } from '../../../src/report/run-record.ts';
import { summaryOf } from '../../../src/report/summary.ts';
import { Deduplicator } from '../../../src/rows/deduplicator.ts';
import type { ActivityEvent } from '../../../src/rows/event.ts';
import { rowsOf } from '../../../src/rows/rows.ts';
import { DAY, HOUR, MINUTE } from '../../../src/time/clock.ts';
import { hoursOf, type Window } from '../../../src/time/window.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const NOW = Date.parse('2026-11-20T12:34:56Z');
const MEBIBYTE = 1024 * 1024;
const CONTEXT: RunContext = {
  repository: 'example-org/compliance',
  workflow: 'Collect',
  runId: 4711,
  runAttempt: 1,
  event: 'schedule',
  runUrl: 'https://github.com/example-org/compliance/actions/runs/4711/attempts/1',
};

function batchOf(rows: number): Batch {
  const batcher = new Batcher(1_000_000);
  for (let low = 0; low < rows; low += 1)
    batcher.add({ json: '{"a":1}', key: { hour: 0, high: 0, low, byContent: false } });
  const batch = batcher.flush();
  if (batch === undefined) throw new Error('no rows');
  return batch;
}

const STATUS = { sent: 'delivered', refused: 'rejected', failed: 'failed', 'dry-run': 'dry-run' } as const;

/** What is planned for a window from which nothing was settled before. */
function planned(window: Window): Planned {
  return {
    window,
    hasOwnStart: false,
    hours: [...hoursOf(window)].length,
    windows: [...hoursOf(window)],
    missed: [],
    settled: 0,
    settledWanted: 0,
    caughtUp: 0,
    notDue: 0,
    nextDue: undefined,
    notices: [],
  };
}

/** A run over the last 24 hours from the activity log, as far as it is told. */
function recordOf(
  told: { ended?: [BatchEntry['status'], number][]; skipped?: number; unsent?: number } = {},
): RunRecord {
  const record = newRunRecord(NOW - MINUTE);
  const { ended = [], skipped = 0, unsent = 0 } = told;
  const { collected, delivered } = record;
  const window = { start: NOW - DAY, end: NOW };
  record.planned = planned(window);
  collected.source = 'power-bi';
  collected.isWhole = true;
  collected.hoursDone = 25;
  for (const { hour } of hoursOf(window)) collected.wholeHours.add(hour);
  collected.requests = 30;
  collected.counts.skipped = skipped;
  collected.counts.collected = skipped + unsent;
  for (const [at, [status, rows]] of ended.entries()) {
    collected.counts.collected += rows;
    const requestId = `00000000-0000-8000-8000-${String(at).padStart(12, '0')}`;
    addDelivery(delivered, { batch: batchOf(rows), wireBytes: 100 + at, requestId, status: STATUS[status] });
  }
  for (const { hour } of hoursOf(window)) collected.counts.hours.set(hour, 4);
  collected.counts.activities.set('ViewReport', 90);
  collected.counts.activities.set('ExportReport', 10);
  return record;
}

/** Leaves the first of the hours collected. */
function keepHours({ collected }: RunRecord, kept: number): void {
  for (const hour of [...collected.wholeHours].slice(kept)) collected.wholeHours.delete(hour);
}

/** Faults of the run, in the order in which they came. */
function fail(record: RunRecord, ...faults: ActionError[]): void {
  record.closed = { notices: [], faults: [...record.closed.faults, ...faults] };
}

function told(record: RunRecord): {
  conclusions: Conclusions;
  outputs: Record<string, string>;
  summary: string;
} {
  const conclusions = conclude(record);
  return {
    conclusions,
    outputs: outputsOf(record, conclusions),
    summary: summaryOf(record, conclusions, CONTEXT, NOW),
  };
}

/** A host that keeps all that is said to it. */
function listeningHost() {
  const said: string[] = [];
  const errors: { line: string; title: string }[] = [];
  const host: Host = {
    getInput: () => '',
    idTokenRequest: { url: undefined, token: undefined },
    clock: new VirtualClock(NOW),
    log: {
      info: (line) => said.push(line),
      warning: (line, title) => said.push(title, line),
      error: (line, title) => {
        errors.push({ line, title });
        said.push(title, line);
      },
      startGroup: (name) => said.push(name),
      endGroup: () => undefined,
    },
    mask: () => undefined,
    setOutput: (name, value) => said.push(name, value),
    writeSummary: async (markdown) => {
      said.push(markdown);
    },
    context: CONTEXT,
    cancelled: new AbortController().signal,
    proxyFaults: [],
  };
  return { host, said, errors };
}

describe('outputs', () => {
  it('are all that the contract names, also when nothing is known yet', () => {
    const outputs = told(newRunRecord(NOW)).outputs;
    expect(outputs).toMatchObject({
      source: '',
      'fallback-used': 'false',
      'fallback-reason': '',
      'window-start': '',
      'window-end': '',
      complete: 'false',
      'activities-collected': '0',
      'duplicates-skipped': '0',
      'activities-ingested': '0',
      'activities-failed': '0',
      'batches-sent': '0',
      'batches-failed': '0',
      'bytes-sent': '0',
      'batch-summary': '[]',
    });
  });

  it('tell a good run', () => {
    const { outputs } = told(
      recordOf({
        ended: [
          ['sent', 60],
          ['sent', 40],
        ],
        skipped: 5,
      }),
    );
    expect(outputs).toMatchObject({
      source: 'power-bi',
      'window-start': '2026-11-19T12:34:56.000Z',
      'window-end': '2026-11-20T12:34:56.000Z',
      complete: 'true',
      'activities-collected': '105',
      'duplicates-skipped': '5',
      'activities-ingested': '100',
      'activities-failed': '0',
      'batches-sent': '2',
      'batches-failed': '0',
      'bytes-sent': '201',
    });
    const [first] = JSON.parse(outputs['batch-summary'] ?? '');
    expect(first).toEqual({
      batch: 1,
      rows: 60,
      bytes: batchOf(60).body.length,
      wireBytes: 100,
      status: 'sent',
      requestId: '00000000-0000-8000-8000-000000000000',
    });
  });

  it('tell the refusals and the stand-in', () => {
    const record = recordOf({ ended: [['sent', 3]] });
    record.collected.source = 'workspaces';
    record.collected.isWhole = false;
    record.collected.fallbackUsed = true;
    record.collected.refusals.push('power-bi: HTTP 401 PowerBINotAuthorizedException', 'fabric: HTTP 404');
    expect(told(record).outputs).toMatchObject({
      source: 'workspaces',
      'fallback-used': 'true',
      'fallback-reason': 'power-bi: HTTP 401 PowerBINotAuthorizedException; fabric: HTTP 404',
      complete: 'false',
    });
  });

  const status = fc.constantFrom<BatchEntry['status'][]>('sent', 'refused', 'failed');
  const ended = fc.array(fc.tuple(status, fc.integer({ min: 1, max: 50 })), { maxLength: 20 });

  it('always add up: collected = ingested + failed + skipped', () => {
    fc.assert(
      fc.property(ended, fc.nat(100), fc.nat(100), (endings, skipped, unsent) => {
        const { outputs } = told(recordOf({ ended: endings, skipped, unsent }));
        const number = (name: string) => Number(outputs[name]);
        expect(number('activities-collected')).toBe(
          number('activities-ingested') + number('activities-failed') + number('duplicates-skipped'),
        );
        const rowsOfStatus = (wanted: string) =>
          endings.filter(([name]) => name === wanted).reduce((sum, [, rows]) => sum + rows, 0);
        expect(number('activities-ingested')).toBe(rowsOfStatus('sent'));
        expect(number('activities-failed')).toBe(rowsOfStatus('refused') + rowsOfStatus('failed') + unsent);
        expect(number('batches-sent') + number('batches-failed')).toBe(endings.length);
        expect(outputs.complete).toBe(String(number('activities-failed') === 0));
      }),
    );
  });

  it('have nothing ingested and nothing failed in a dry run', () => {
    const record = recordOf({ ended: [['dry-run', 10]] });
    record.dryRun = true;
    const { outputs } = told(record);
    expect(outputs).toMatchObject({
      complete: 'true',
      'activities-collected': '10',
      'activities-ingested': '0',
      'activities-failed': '0',
      'batches-sent': '0',
      'batches-failed': '0',
      'bytes-sent': '0',
    });
    expect(JSON.parse(outputs['batch-summary'] ?? '')).toMatchObject([{ rows: 10, status: 'dry-run' }]);
  });

  it('hold the first 500 batches of thousands', () => {
    const record = recordOf({ ended: Array.from({ length: 5000 }, () => ['sent', 1]) });
    const { outputs } = told(record);
    const entries: BatchEntry[] = JSON.parse(outputs['batch-summary'] ?? '');
    expect(entries.map(({ batch }) => batch)).toEqual(Array.from({ length: 500 }, (_, at) => at + 1));
    expect(outputs['batches-sent']).toBe('5000');
    expect(outputs['activities-ingested']).toBe('5000');
  });
});

describe('complete', () => {
  it.each<[string, (record: RunRecord) => void]>([
    [
      'an hour is missing',
      (record) =>
        record.collected.uncollected.push({
          window: { start: NOW - HOUR, end: NOW },
          why: 'HTTP 500',
          status: 500,
        }),
    ],
    [
      'the source was not read to its end',
      (record) => {
        record.collected.isWhole = false;
      },
    ],
    ['a row was refused', (record) => void endBatch(record, 'rejected')],
    ['an upload failed', (record) => void endBatch(record, 'failed')],
    [
      'time ran out',
      (record) => {
        record.outOfTime = 'the deadline came';
      },
    ],
    [
      'the run was cancelled',
      (record) => fail(record, new ActionError('cancelled', 'the runner asked the step to end')),
    ],
  ])('is false where %s', (_name, spoil) => {
    const record = recordOf({ ended: [['sent', 10]] });
    expect(told(record).outputs.complete).toBe('true');
    spoil(record);
    expect(told(record).outputs.complete).toBe('false');
  });

  function endBatch(record: RunRecord, status: 'rejected' | 'failed'): void {
    record.collected.counts.collected += 1;
    addDelivery(record.delivered, { batch: batchOf(1), wireBytes: 1, requestId: '', status });
  }
});

describe('the faults that are told', () => {
  const codes = (record: RunRecord) => [...told(record).conclusions.faults.keys()].sort();

  it.each<[string, RunRecord, string[]]>([
    ['nothing', recordOf({ ended: [['sent', 5]] }), []],
    [
      'refused rows',
      recordOf({
        ended: [
          ['sent', 5],
          ['refused', 1],
        ],
      }),
      ['rows-refused'],
    ],
    [
      'failed uploads',
      recordOf({
        ended: [
          ['sent', 5],
          ['failed', 5],
        ],
      }),
      ['uploads-failed'],
    ],
    [
      'both',
      recordOf({
        ended: [
          ['refused', 1],
          ['failed', 5],
        ],
      }),
      ['rows-refused', 'uploads-failed'],
    ],
  ])('are those of a run with %s', (_name, record, expected) => {
    expect(codes(record)).toEqual(expected);
  });

  it('are two where hours are missing and uploads failed, which are two things to mend', () => {
    const record = recordOf({
      ended: [
        ['sent', 5],
        ['failed', 5],
      ],
    });
    record.collected.uncollected.push({
      window: { start: NOW - HOUR, end: NOW },
      why: 'HTTP 500 (7 attempts)',
      status: 500,
    });
    expect(codes(record)).toEqual(['hours-missing', 'uploads-failed']);
  });

  it('are not doubled by rows that were left because of another fault', () => {
    const record = recordOf({
      ended: [
        ['sent', 5],
        ['failed', 5],
      ],
    });
    fail(record, new ActionError('everything-refused', '20 uploads refused in a row'));
    expect(codes(record)).toEqual(['everything-refused']);
  });

  it('are one for each kind, the first, on a single line that begins with its title and ends with its remedy', async () => {
    const record = recordOf({
      ended: [
        ['sent', 5],
        ['refused', 1],
      ],
    });
    for (let hour = 0; hour < 9; hour += 1) {
      record.collected.uncollected.push({
        window: { start: NOW - (hour + 1) * HOUR, end: NOW - hour * HOUR },
        why: 'HTTP 500',
        status: 500,
      });
    }
    fail(record, new ActionError('destination-forbidden', 'HTTP 403'));
    fail(record, new ActionError('destination-forbidden', 'HTTP 403 twice'));
    const { host, errors } = listeningHost();
    await report(record, conclude(record), host);
    expect(errors.map(({ title }) => title).sort()).toEqual(
      (['destination-forbidden', 'hours-missing', 'rows-refused'] as const)
        .map((code) => FAULTS[code].title)
        .sort(),
    );
    for (const { line, title } of errors) {
      expect(line.startsWith(`${title}: `)).toBe(true);
      expect(line).not.toContain('\n');
      expect(Object.values(FAULTS).some(({ remedy }) => line.endsWith(remedy))).toBe(true);
    }
    expect(errors.some(({ line }) => line.includes('twice'))).toBe(false);
  });

  it('do not include a day without events, which is a warning', () => {
    const record = recordOf();
    const { outputs, conclusions } = told(record);
    expect([...conclusions.faults]).toEqual([]);
    expect(outputs.complete).toBe('true');
    expect(conclusions.notices.get('no-events')).toMatch(/unusual/);
  });

  it.each<[string, (record: RunRecord) => void]>([
    [
      'less than 24 hours',
      (record) => {
        record.planned = planned({ start: NOW - DAY + 1, end: NOW });
      },
    ],
    [
      'a single event',
      (record) => {
        record.collected.counts.collected = 1;
        record.collected.counts.skipped = 1;
      },
    ],
    [
      'hours that are missing',
      (record) => {
        record.collected.isWhole = false;
      },
    ],
  ])('and no warning of a day without events comes with %s', (_name, change) => {
    const record = recordOf();
    change(record);
    expect(told(record).conclusions.notices.has('no-events')).toBe(false);
  });
});

describe('the summary', () => {
  it('of a good run says so, how much, from where and when, and what was busiest', () => {
    const { summary } = told(
      recordOf({
        ended: [
          ['sent', 60_000],
          ['sent', 40_000],
        ],
        skipped: 1234,
      }),
    );
    expect(summary).toMatch(/^## ✅ Complete: 100,000 activity events ingested\n/);
    expect(summary).toContain(
      '\n2026-11-19T12:34Z to 2026-11-20T12:34Z (UTC) · from the Power BI activity log · took 60 s\n',
    );
    expect(summary).toContain(`[run 4711](${CONTEXT.runUrl})`);
    expect(summary).toMatch(/\| 101,234 \| 100,000 \| 1,234 \| 0 \| 25 of 25 \|\n/);
    expect(summary).toContain('| ViewReport | 90 | 90.0 % |');
    expect(summary.indexOf('ViewReport')).toBeLessThan(summary.indexOf('ExportReport'));
    expect(summary).toContain('%%\nxychart-beta\n');
    expect(summary).toContain('`00000000-0000-8000-8000-000000000001`');
    expect(summary).not.toContain('[!CAUTION]');
    expect(summary).not.toContain('[!WARNING]');
  });

  it('of a run with missing hours names them and what to do', () => {
    const record = recordOf({ ended: [['sent', 10]] });
    record.collected.isWhole = false;
    record.collected.uncollected.push({
      window: { start: Date.parse('2026-11-20T03:00:00Z'), end: Date.parse('2026-11-20T04:00:00Z') },
      why: 'HTTP 500 (7 attempts)',
      status: 500,
    });
    const { summary } = told(record);
    expect(summary).toMatch(/^## ❌ 1 of 25 hours missing; 10 events ingested\n/);
    expect(summary).toContain('> [!CAUTION]\n> **Hours not collected.**');
    expect(summary).toContain(`**What to do:** ${FAULTS['hours-missing'].remedy}`);
    expect(summary).toContain('\n> - 2026-11-20T03:00Z to 04:00Z: HTTP 500 (7 attempts)\n');
    // Named once is enough.
    expect(summary).not.toContain('### Missing');
  });

  it('of hours that aged out says that they are lost', () => {
    const record = recordOf({ ended: [['sent', 10]] });
    record.collected.isWhole = false;
    record.collected.agedOut.push({ start: NOW - 28 * DAY, end: NOW - 28 * DAY + HOUR });
    const { summary } = told(record);
    expect(summary).toMatch(/^## ⚠️ Incomplete/);
    expect(summary).toContain('left the 28 days of history');
    expect(summary).toMatch(/\[!WARNING\]\n> \*\*Hours lost\.\*\* 1 h of the window had left/);
  });

  it('of a failed run names cause and remedy', () => {
    const record = newRunRecord(NOW);
    fail(record, new ActionError('source-refused', 'power-bi: HTTP 401 PowerBINotAuthorizedException'));
    const { summary } = told(record);
    expect(summary).toMatch(/^## ❌ Activity log refused\n/);
    expect(summary).toContain('power-bi: HTTP 401 PowerBINotAuthorizedException');
    expect(summary).toContain('Service principals can access read-only admin APIs');
    expect(summary).not.toContain('undefined');
    expect(summary).not.toContain('NaN');
  });

  it('of the stand-in says plainly what the records mean', () => {
    const record = recordOf({ ended: [['sent', 3]] });
    record.collected.source = 'workspaces';
    record.collected.fallbackUsed = true;
    record.collected.isWhole = false;
    record.collected.refusals.push('power-bi: HTTP 401 PowerBINotAuthorizedException', 'fabric: HTTP 404');
    record.collected.notices.push({
      code: 'fallback',
      text: 'They say that the app could read a workspace, not that anybody used it.',
    });
    const { summary } = told(record);
    expect(summary).toMatch(/^## ⚠️ No activity log: 3 workspace records instead\n/);
    expect(summary).toContain(
      '[!WARNING]\n> **Workspace records, not activity.** They say that the app could read a workspace, not that anybody used it.',
    );
    expect(summary).toContain('power-bi: HTTP 401 PowerBINotAuthorizedException; fabric: HTTP 404');
    expect(summary).not.toContain('mermaid');
    expect(summary).not.toContain('✅');
  });

  it('of a dry run says that nothing was uploaded', () => {
    const record = recordOf({ ended: [['dry-run', 10]] });
    record.dryRun = true;
    expect(told(record).summary).toMatch(/^## ✅ Dry run: 10 activity events collected, nothing uploaded\n/);
  });

  it('of an empty run says that there was nothing, and warns', () => {
    const record = recordOf();
    record.collected.counts.hours.clear();
    record.collected.counts.activities.clear();
    const { summary } = told(record);
    expect(summary).toMatch(/^## ⚠️ Complete, and not a single event\n/);
    expect(summary).toContain('Not a single event in 24 hours or more');
    expect(summary).not.toContain('mermaid');
    expect(summary).not.toContain('NaN');
  });

  it('of a run that ran out of time says that the next one goes on', () => {
    const record = recordOf({ ended: [['sent', 10]] });
    record.collected.isWhole = false;
    record.collected.hoursDone = 5;
    keepHours(record, 5);
    record.outOfTime = new DeadlineError({
      service: 'The activity log',
      why: 'HTTP 429',
      until: NOW + HOUR,
    }).message;
    record.files = { ...record.files, carriesOn: true };
    const { summary } = told(record);
    expect(summary).toMatch(/^## ⚠️ Incomplete: 10 events ingested so far, 20 hours to go\n/);
    expect(summary).toContain('20 of 25 hours are left');
    expect(summary).toContain('The next run goes on from here.');
  });

  it.each([
    [3, true],
    [1, false],
  ])('speaks of TimeGenerated where events are %i days old: %s', (days, speaks) => {
    const record = recordOf({ ended: [['sent', 10]] });
    record.collected.counts.hours.clear();
    record.collected.counts.hours.set(Math.floor((NOW - days * DAY) / HOUR) * HOUR, 10);
    expect(told(record).summary.includes('Query by `CreationTime`')).toBe(speaks);
  });

  it('says how many events name no workspace, where workspace-ids is given', () => {
    const record = recordOf({ ended: [['sent', 10]] });
    record.collected.counts.withoutWorkspace = 1234;
    expect(told(record).summary).toContain('1,234 events that name no workspace were left out');
  });

  it('says how much was cut', () => {
    const record = recordOf({ ended: [['sent', 10]] });
    record.collected.counts.truncations.values = 3;
    record.collected.counts.truncations.rows = 2;
    expect(told(record).summary).toMatch(/3 values in 2 rows/);
  });

  it('names workspaces that could not be read by id, ten of many', () => {
    const record = recordOf({ ended: [['sent', 10]] });
    for (let at = 0; at < 12; at += 1) {
      record.collected.unreadable.push({
        id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
        why: 'HTTP 403',
      });
    }
    const { summary } = told(record);
    expect(summary).toContain('00000000-0000-4000-8000-000000000009 (HTTP 403) and 2 more.');
  });

  it('stays under 1 MiB with 10,000 hours missing and 5,000 batches, and still says what it must', () => {
    const record = recordOf({ ended: Array.from({ length: 5000 }, () => ['sent', 2]) });
    record.collected.isWhole = false;
    for (let hour = 0; hour < 10_000; hour += 1) {
      record.collected.uncollected.push({
        window: { start: NOW - hour * HOUR, end: NOW - (hour - 1) * HOUR },
        // Neighbours that fail for one reason would be one gap.
        why: hour % 2 === 0 ? 'HTTP 503' : 'HTTP 500',
        status: 503,
      });
      record.collected.agedOut.push({ start: NOW - hour * HOUR, end: NOW - (hour - 1) * HOUR });
      record.collected.unreadable.push({ id: `${hour}`, why: 'HTTP 403' });
      record.collected.counts.activities.set(`Activity${hour}`, hour + 1000);
      record.collected.counts.hours.set(NOW - hour * HOUR, 1);
    }
    const { summary, outputs } = told(record);
    expect(Buffer.byteLength(summary)).toBeLessThan(MEBIBYTE / 4);
    expect(summary).toMatch(/^## ❌ [\d,]+ of 25 hours missing/);
    expect(summary).toContain('**Hours not collected.**');
    expect(summary).toContain('and 19,976 more\n');
    expect(summary).toContain('and 4,950 more');
    expect(summary).toContain('| Activity9999 |');
    const size = Object.values(outputs).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
    expect(size).toBeLessThan(MEBIBYTE);
  });

  it('stays under 1 MiB whatever an error has to say', () => {
    const record = newRunRecord(NOW);
    fail(record, new ActionError('inputs', `workspace-ids: ${'€'.repeat(MEBIBYTE)}`));
    expect(Buffer.byteLength(told(record).summary)).toBeLessThan(MEBIBYTE);
  });

  it('keeps its tables whole with a pipe in a cell', () => {
    const record = recordOf({ ended: [['sent', 10]] });
    record.collected.uncollected.push({
      window: { start: NOW - HOUR, end: NOW },
      why: 'a|b',
      status: undefined,
    });
    record.collected.agedOut.push({ start: NOW - 3 * HOUR, end: NOW - 2 * HOUR });
    const { summary } = told(record);
    expect(summary).toContain('| a\\|b |');
    const table = summary.slice(summary.indexOf('| Window (UTC)')).split('\n\n')[0] ?? '';
    for (const line of table.split('\n')) {
      const dividers = line.replaceAll('\\|', '').match(/\|/g) ?? [];
      expect([line, dividers.length]).toEqual([line, 3]);
    }
  });

  it('keeps alerts in one block, also where a detail has line breaks', () => {
    const record = newRunRecord(NOW);
    fail(record, new ActionError('unexpected', 'first\nsecond\r\nthird'));
    const { summary } = told(record);
    const block = summary.slice(summary.indexOf('> [!CAUTION]')).split('\n\n')[0] ?? '';
    for (const line of block.trimEnd().split(/\r?\n/)) expect(line.startsWith('>')).toBe(true);
  });
});

describe('the chart', () => {
  const series = (markdown: string) => {
    const list = (head: string) => {
      const line = markdown.split('\n').find((text) => text.trim().startsWith(head)) ?? '';
      return line.slice(line.indexOf('[') + 1, -1).split(', ');
    };
    return { labels: list('x-axis'), bars: list('bar').map(Number) };
  };
  const drawn = (start: number, end: number) => {
    const hours = new Map([...hoursOf({ start, end })].map(({ hour }, at) => [hour, at + 1]));
    return { markdown: chart(hours, { start, end }, NOW), hours };
  };
  const HOUR_START = Date.parse('2026-11-20T12:00:00Z');

  it.each([
    ['one hour', HOUR_START - HOUR, HOUR_START, 1],
    ['24 hours', HOUR_START - DAY, HOUR_START, 24],
    ['24 hours from the middle of one', NOW - DAY, NOW, 25],
    ['48 hours', HOUR_START - 2 * DAY, HOUR_START, 48],
  ])('has a bar for each hour of %s, each with a label of its own', (_name, start, end, count) => {
    const { markdown, hours } = drawn(start, end);
    const { labels, bars } = series(markdown);
    expect(markdown).toContain('by hour (UTC)');
    expect(bars).toEqual([...hours.values()]);
    expect(bars.length).toBe(count);
    // A label that comes twice would be one place on the axis, with two bars drawn over each other.
    expect(new Set(labels).size).toBe(labels.length);
    expect(labels.length).toBe(bars.length);
  });

  it('has a bar for each day of longer windows', () => {
    const { markdown, hours } = drawn(NOW - 28 * DAY, NOW);
    const { labels, bars } = series(markdown);
    expect(markdown).toContain('by day (UTC)');
    expect(bars.length).toBe(29);
    expect(new Set(labels).size).toBe(29);
    expect(bars.reduce((sum, bar) => sum + bar, 0)).toBe(
      [...hours.values()].reduce((sum, events) => sum + events, 0),
    );
  });

  it('draws hours without events as gaps of zero', () => {
    const hours = new Map([[HOUR_START - 2 * HOUR, 7]]);
    const { bars } = series(chart(hours, { start: HOUR_START - 4 * HOUR, end: HOUR_START }, NOW));
    expect(bars).toEqual([0, 0, 7, 0]);
  });

  it('draws nothing where there is nothing to draw', () => {
    expect(chart(new Map(), { start: HOUR_START - HOUR, end: HOUR_START }, NOW)).toBe('');
    expect(chart(new Map([[HOUR_START, 1]]), undefined, NOW)).toBe('');
    expect(chart(new Map([[HOUR_START, 1]]), { start: HOUR_START, end: NOW }, undefined)).toBe('');
  });
});

describe('privacy', () => {
  const PRIVATE = {
    Id: 'private-event-id',
    UserId: 'ana.private@example.test',
    UserKey: '100PRIVATEKEY',
    ClientIP: '203.0.113.77',
    UserAgent: 'PrivateAgent/1.0',
    ItemName: 'Private margin',
    WorkSpaceName: 'Private workspace',
    WorkspaceId: '00000000-0000-4000-8000-00000000f00d',
    ReportName: 'Private report',
    ObjectId: 'Private object',
    SharingInformation: [{ RecipientEmail: 'ben.private@example.test' }],
  };
  const hour = Math.floor(NOW / HOUR) * HOUR - HOUR;

  it('holds in log, annotations, outputs and summary, whatever stands in the events', async () => {
    const record = recordOf({ ended: [] });
    const events: ActivityEvent[] = [
      { ...PRIVATE, Activity: 'ViewReport' },
      { ...PRIVATE, Id: 'private-2', Activity: 'ana.private@example.test' },
      { ...PRIVATE, Id: 'private-3', Activity: '203.0.113.77', Operation: 'Private margin' },
      { ...PRIVATE, Id: 'private-4', Operation: 'Ana Private' },
      { ...PRIVATE, Id: 'private-5', Activity: { name: 'Private object' } },
      { ...PRIVATE, Id: 'private-6', Activity: 'ViewReport', Note: 'Private'.repeat(20_000) },
      { ...PRIVATE, Activity: 'ViewReport' },
    ].map((event) => ({ CreationTime: new Date(hour).toISOString(), ...event }));
    const context = {
      source: 'power-bi' as const,
      filter: { activity: undefined, userId: undefined, workspaceIds: new Set<string>() },
      inWindow: () => true,
      isSettled: () => false,
      deduplicator: new Deduplicator(),
      redact: undefined,
      now: () => NOW,
      counts: record.collected.counts,
    };
    const batcher = new Batcher();
    for (const row of rowsOf(events, { start: hour, end: hour + HOUR }, context)) batcher.add(row);
    const batch = batcher.flush();
    if (batch === undefined) throw new Error('no rows');
    expect(batch.body.toString()).toContain('ana.private@example.test');
    addDelivery(record.delivered, { batch, wireBytes: 1, requestId: '', status: 'rejected' });
    fail(record, new ActionError('unexpected', 'TypeError'));
    const { host, said } = listeningHost();
    await report(record, conclude(record), host);
    const everything = said.join('\n');
    expect(everything).toContain('ViewReport');
    expect(everything).toContain('(other)');
    expect(everything).toMatch(/1 value in 1 row\./);
    expect(everything).not.toMatch(/private|203\.0\.113|example\.test|f00d/i);
  });

  it('holds for an error that nobody expected: its text is not told', () => {
    const { message } = asActionError(new TypeError('cannot read ana.private@example.test'));
    expect(message).toContain('Unexpected error: TypeError');
    expect(message).not.toContain('example.test');
  });
});
