/** What a reader of the summary has to see at once, scene by scene, on both hosts. */
import { describe, expect, it } from '@jest/globals';
import { ActionError } from '../../../src/errors.ts';
import type { RunContext } from '../../../src/host.ts';
import { nothingProved } from '../../../src/report/proved.ts';
import type { RunRecord } from '../../../src/report/run-record.ts';
import { HOUR, MINUTE } from '../../../src/time/clock.ts';
import type { Scene } from '../../../tools/picture/scenes/scene.ts';
import {
  HOSTS,
  type HostName,
  SCENES,
  summaryOfRun,
  summaryOfScene,
} from '../../../tools/picture/scenes/scenes.ts';
import { hoursAgo, miss, plan, runOver, STARTED, send } from '../../../tools/picture/scenes/synthetic-run.ts';

/** A run over 25 whole hours, 300 events an hour, all of it well. */
function goodRun(): RunRecord {
  const [end = 0] = hoursAgo(0);
  return runOver({ start: end - 25 * HOUR, end }, { eventsOf: () => 300 });
}

function told(record: RunRecord, host: HostName, context: Partial<RunContext> = {}): string {
  return summaryOfRun(record, 3 * MINUTE, host, context);
}

const scenes = new Map(Object.values(SCENES).flatMap((all) => all.map((scene) => [scene.name, scene])));

function shown(name: string, host: HostName): string {
  return summaryOfScene(scenes.get(name) as Scene, host);
}

/** The first line of each scene: is it fine, how much, what is missing. */
const HEADLINES: Readonly<Record<string, string>> = {
  hourly: '✅ Complete: 815 activity events ingested',
  'first-run': '✅ Complete: 8,880 activity events ingested',
  'nothing-new': '✅ Complete: nothing new',
  recovered: '✅ Complete: 1,405 activity events ingested, 2 missing hours recovered',
  'dry-run': '✅ Dry run: 8,880 activity events collected, nothing uploaded',
  replay: '✅ Complete: 120 activity events ingested',
  'long-run': '✅ Complete: 247,837 activity events ingested',
  'hour-missing': '❌ 1 of 25 hours missing; 8,830 events ingested',
  'hours-missing': '❌ 2 of 25 hours missing; 8,770 events ingested',
  'day-missing': '❌ 31 of 49 hours missing; 8,005 events ingested',
  'hours-lost': '⚠️ Incomplete: 208,320 events ingested, 1 hour lost',
  'catching-up': '⚠️ Incomplete: 58,168 events ingested so far, 450 hours to go',
  'out-of-time': '❌ Out of time, 35 hours to go; 23,833 events ingested',
  'rows-kept': '❌ 4 rows refused for good; 8,876 events ingested, 4 not',
  'rows-not-kept': '❌ 61 rows refused for good; 8,819 events ingested, 61 not',
  'uploads-failed': '❌ Uploads failed; 6,555 events ingested, 2,325 not',
  'everything-refused': '❌ Destination refuses everything; none of 8,880 events ingested',
  'inputs-refused': '❌ Inputs refused',
  'sign-in-refused': '❌ No federated credential matches',
  'source-refused': '❌ Activity log refused',
  'workspace-records': '⚠️ No activity log: 38 workspace records instead',
  'destination-refused':
    '❌ Destination refused: no permission on the data collection rule; none of 8,880 events ingested',
  proved: '✅ Complete: 8,880 new events, all 8,880 seen in the table',
  'proof-pending': '✅ Complete: 8,880 activity events ingested, 359 not seen in the table yet',
  'proof-missing': '⚠️ 15 events missing from the table; 8,880 activity events ingested',
  'proof-resent': '✅ Complete: 8,880 new events, all 8,880 seen in the table',
  'proof-given-up': '✅ Complete: 8,880 activity events ingested, 7 events of the window given up',
  'table-unreadable': '✅ Complete: 8,880 activity events ingested, not proved',
  'no-events': '⚠️ Complete, and not a single event',
  'quiet-hours': '✅ Complete: 8,280 activity events ingested',
  'many-notices': '✅ Complete: 35,640 activity events ingested',
};

describe.each(Object.keys(HOSTS) as HostName[])('the summary on %s', (host) => {
  const dialect = HOSTS[host];
  const isGitHub = dialect === undefined;
  const written = (name: string) => dialect?.inputs.written(name) ?? name;

  it.each([...scenes.values()])('of the scene $name says at once how it went', (scene) => {
    const text = summaryOfScene(scene, host);
    expect(text.split('\n')[0]).toBe(`## ${HEADLINES[scene.name]}`);
    expect(text).not.toMatch(/undefined|NaN|Infinity|\[object/);
    if (text.startsWith('## ❌')) expect(text).toContain('**What to do:** ');
    for (const [head = ''] of text.matchAll(/^\|.*\|$(?=\n\|[ :-]+\|)/gm))
      expect(head.split(/(?<!\\)\|/).length - 2).toBeLessThanOrEqual(6);
    // Names, words and signs of the other host.
    if (isGitHub) expect(text).not.toMatch(/\bagent\b|pipeline\b/);
    else expect(text).not.toMatch(/mermaid|^> |<details>|\b(?:runner|workflow)\b/m);
    if (!isGitHub) expect(text).not.toMatch(/["`][a-z]+(?:-[a-z]+)+["`]/);
  });

  it('counts an hour as done only where it was collected', () => {
    const record = goodRun();
    miss(record, 'HTTP 500', ...hoursAgo(9, 5));
    send(record);
    const text = told(record, host);
    expect(text).toMatch(/^## ❌ 2 of 25 hours missing; 6,900 events ingested\n/);
    expect(text).toContain('| 23 of 25 (2 missing) |');
    expect(text).not.toContain('25 of 25');
    expect(text).toMatch(/^(?:> )?- 2026-11-20T07:00Z to 08:00Z: HTTP 500$/m);
  });

  it('has five columns of counts, which is what a narrow page holds, and the duration above them', () => {
    const record = goodRun();
    send(record);
    const text = told(record, host);
    expect(text).toContain('| Collected | New | Repeats | Failed | Hours |\n');
    expect(text).toContain('| 7,500 | 7,500 | 0 | 0 | 25 of 25 |\n');
    expect(text).toContain(
      '\n2026-11-19T11:00Z to 2026-11-20T12:00Z (UTC) · from the Power BI activity log · took 3 min\n',
    );
  });

  it('names a replay, and no hours where workspaces stand in', () => {
    expect(shown('replay', host)).toContain(`\nFrom the file of \`${written('replay-file')}\` · took 6 s\n`);
    expect(shown('workspace-records', host)).toContain('\nFrom the list of workspaces · took 7 s\n');
  });

  it('gives no advice that is followed already', () => {
    expect(shown('hours-missing', host)).toMatch(/Run again for the hours named here/);
    const text = shown('hour-missing', host);
    expect(text).toMatch(/the next run asks for these hours again by itself/);
    expect(text).not.toMatch(/start-?time|state-?file/i);
  });

  it('takes missing hours together that follow each other for one reason, and names each once', () => {
    const text = shown('day-missing', host);
    const gap = '2026-11-18T20:00Z to 2026-11-20T03:00Z: ECONNRESET (7 attempts)';
    expect(text).toContain(`- ${gap}\n`);
    expect(text.split('2026-11-18T20:00Z')).toHaveLength(2);
    expect(text).not.toContain('### Missing');
    const record = goodRun();
    miss(record, 'HTTP 500', ...hoursAgo(2, 4, 6, 8, 10, 12));
    send(record);
    const many = told(record, host);
    expect(many).toContain('- and 1 more\n');
    expect(many).toContain('### Missing\n');
    expect(many).toContain('| 2026-11-20T10:00Z to 11:00Z | HTTP 500 |');
  });

  it('lists what each source said where none lets the app in', () => {
    expect(shown('source-refused', host)).toMatch(
      /\*\*Activity log refused\.\*\*\n(?:>)?\n(?:> )?- power-bi: HTTP 401 PowerBINotAuthorizedException\n(?:> )?- fabric: HTTP 403 /,
    );
  });

  it('says when a gap was closed', () => {
    const record = goodRun();
    const missed = hoursAgo(9, 5);
    plan(record, { missed });
    send(record);
    expect(told(record, host)).toMatch(
      /^## ✅ Complete: 7,500 activity events ingested, 2 missing hours recovered\n/,
    );
    miss(record, 'HTTP 500', ...hoursAgo(9));
    expect(told(record, host)).not.toContain('recovered');
  });

  it('shows refused rows first, and says whether they were kept', () => {
    const lost = shown('rows-not-kept', host);
    expect(lost).toContain('61 rows, **not kept in a file**.');
    expect(lost.indexOf('### Refused')).toBeLessThan(lost.indexOf('| Collected |'));
    expect(lost).toContain('| 10 | 1 | `');
    expect(lost).toContain('and 51 rows more');
    const kept = shown('rows-kept', host);
    expect(kept).toContain(`4 rows, kept in the file of \`${written('rejected-file')}\`.`);
    expect(kept).toContain(`run once with that path as "${written('replay-file')}"`);
    const record = goodRun();
    record.files = { ...record.files, keepsRejected: true };
    send(record, { refused: 4 });
    record.delivered.faults.push(new ActionError('rejected-file', 'ENOSPC'));
    expect(told(record, host)).toContain('**not kept in a file**');
  });

  it('says how far all runs are and when they will be done, while older hours are caught up', () => {
    const text = shown('catching-up', host);
    expect(text).toContain('**All runs so far: 223 of 673 hours (33 %).**');
    expect(text).toContain(
      'At this pace 3 more runs do the rest, by about 2026-11-20T16:07Z if they keep coming every 60 min.',
    );
  });

  it('draws no chart of a handful of events', () => {
    const record = goodRun();
    record.collected.counts.hours.clear();
    record.collected.counts.hours.set(STARTED - HOUR, 3);
    send(record);
    expect(told(record, host)).not.toMatch(/mermaid|New events by/);
  });

  it('of hours in the table has no column without a number', () => {
    expect(shown('proof-missing', host)).toContain(
      [
        '| Hour (UTC) | Seen | Not yet | Missing |',
        '| :--- | ---: | ---: | ---: |',
        '| 2026-11-20T03:00Z | 47 of 50 | 0 | 3 |',
        '| 2026-11-20T04:00Z | 28 of 40 | 0 | 12 |',
        '| 2026-11-20T12:00Z | 212 of 232 | 20 | 0 |',
      ].join('\n'),
    );
    expect(shown('proof-resent', host)).toContain('| Hour (UTC) | Seen | Twice |');
  });

  it('counts one as one', () => {
    const record = goodRun();
    record.collected.counts.hours.clear();
    record.collected.counts.hours.set(STARTED - HOUR, 1);
    send(record);
    expect(told(record, host)).toMatch(/^## ✅ Complete: 1 activity event ingested\n/);
    const [hour = 0] = hoursAgo(1);
    const seen = { hour, events: 1, seen: 1, pending: 0, missing: 0, givenUp: 0, repeats: 0 };
    record.proved = { ...nothingProved(), isAvailable: true, hours: [seen] };
    expect(told(record, host)).toMatch(/^## ✅ Complete: 1 new event, seen in the table\n/);
    const refused = goodRun();
    send(refused, { refused: 1 });
    expect(told(refused, host)).toContain('1 row was refused one by one');
  });

  it('begins each notice with the title under which it can be looked up', () => {
    const text = shown('many-notices', host);
    for (const title of ['The clock is off', 'Schedule too dense', 'Events of settled hours', 'Values cut'])
      expect(text).toMatch(new RegExp(`\\*\\*(?:\\[${title}\\]\\(\\S+\\)|${title})\\.\\*\\* [A-Z0-9]`));
  });

  it('takes quiet hours together that follow each other', () => {
    expect(shown('quiet-hours', host)).toContain(
      'No event in 2026-11-20T08:00Z to 10:00Z (UTC), where there',
    );
    const record = goodRun();
    record.collected.quietHours.push(...hoursAgo(2, 4, 6, 8, 10, 12));
    send(record);
    expect(told(record, host)).toContain('2026-11-20T08:00Z to 09:00Z, and 1 more (UTC)');
  });

  it('names the inputs of a remedy as the host does, in a notice too', () => {
    expect(shown('table-unreadable', host)).toContain(`("${written('workspace-id')}")`);
  });
});

describe('the summary at GitHub', () => {
  it('links to the troubleshooting entries where the page of the project is known', () => {
    const docs = 'https://github.com/example-org/collector/blob/v1/docs';
    const record = goodRun();
    send(record, { refused: 1 });
    record.fault = new ActionError('destination-forbidden', 'HTTP 403');
    record.notices.push({ code: 'clock', text: 'x' });
    const text = told(record, 'github');
    expect(text).toContain(`(${docs}/troubleshooting.md#rows-refused-for-good)`);
    expect(text).toContain(
      `(${docs}/troubleshooting.md#destination-refused-no-permission-on-the-data-collection-rule)`,
    );
    expect(text).toContain(`**[The clock is off](${docs}/troubleshooting.md#the-clock-is-off).**`);
  });

  const barsOf = (text: string) => /^ {2}bar \[(.*)\]$/m.exec(text)?.[1]?.split(', ') ?? [];

  it('leaves hours out of the chart of which nothing is known, and names those missing', () => {
    const record = goodRun();
    miss(record, 'HTTP 500', ...hoursAgo(9));
    for (const hour of hoursAgo(2)) {
      record.collected.wholeHours.delete(hour);
      record.collected.counts.hours.delete(hour);
    }
    send(record);
    const text = told(record, 'github');
    expect(barsOf(text)).toEqual(Array.from({ length: 23 }, () => '300'));
    expect(text).toMatch(/title "New events by hour \(UTC\), at most \d+, missing: 03:00"/);
  });

  it('has a title that its chart holds, however many hours are missing', () => {
    const [, title = ''] = /title "(.*)"/.exec(shown('day-missing', 'github')) ?? [];
    expect(title).toBe('New events by hour (UTC), at most 920, missing: 20:00, 21:00 and 29 more');
  });

  it('draws an hour without events that was asked for as zero', () => {
    const record = goodRun();
    for (const hour of hoursAgo(2)) record.collected.counts.hours.delete(hour);
    send(record);
    expect(told(record, 'github')).toMatch(/bar \[.*300, 0, 300\]/);
  });

  it('has no label twice on the axis, the hour a day later among them', () => {
    const axis = /x-axis \[(.*)\]/.exec(shown('first-run', 'github'))?.[1] ?? '';
    const labels = axis.split(', ').map((label) => label.replaceAll(/["\u200b]/g, ''));
    const named = labels.filter((label) => label !== '');
    expect([labels.length, labels[0], labels.at(-1)]).toEqual([25, '12:00', '']);
    expect(new Set(named).size).toBe(named.length);
  });
});

describe('the chart of text', () => {
  it('says which hours are missing', () => {
    const record = goodRun();
    miss(record, 'HTTP 500', ...hoursAgo(9));
    send(record);
    const text = told(record, 'azure-pipelines');
    expect(text).toMatch(/^ {6}03:00 +missing$/m);
    expect(text).toMatch(/^ {6}04:00 +300 +█+$/m);
  });

  it('says of an outage in one line how long it was', () => {
    const text = shown('day-missing', 'azure-pipelines');
    expect(text).toMatch(/^ {6}20:00 +missing, 31 hours\n11-20 03:00 +50 /m);
    expect(text.match(/ missing, /g)).toHaveLength(1);
  });

  it('names the day where it begins, and fits a narrow page', () => {
    const text = shown('first-run', 'azure-pipelines');
    expect(text).toMatch(/^```\n11-19 12:00 +588 +█+\n {6}13:00 /m);
    expect(text).toMatch(/^11-20 00:00 /m);
    for (const { name } of scenes.values())
      for (const line of shown(name, 'azure-pipelines').match(/^.*█.*$/gm) ?? [])
        expect(line.length).toBeLessThanOrEqual(50);
  });
});

it('a list of batches that stands open is short', () => {
  const text = shown('long-run', 'azure-pipelines');
  expect(text.match(/^\| \d+ \| 775 \|/gm)).toHaveLength(5);
  expect(text).toContain('and 315 more\n');
});

it('names the troubleshooting entry where the page of the project is not known', () => {
  const record = goodRun();
  miss(record, 'HTTP 500', ...hoursAgo(9));
  expect(told(record, 'azure-pipelines')).toContain(
    'More on it: "Hours not collected" in `docs/troubleshooting.md`.',
  );
});
