/** The demo's page opens from the disk, calls nothing, and shows text from the data as text. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { answerChart } from '../../demo/answer-chart.ts';
import { htmlOf } from '../../demo/markdown.ts';
import { pageOf } from '../../demo/page.ts';
import { eventsOfHour } from '../../demo/working-day.ts';
import { mermaidChart } from '../../src/report/chart.ts';
import { githubMarkdown } from '../../src/report/markdown-dialects.ts';

const page = pageOf({
  runs: [{ title: 'A <b>run', summary: '## ✅ Complete\n\nVersion 1', verdicts: ['✅ 1 of 1'] }],
  answers: [{ title: 'T', question: 'Q?', query: 'T | where a < 1', columns: ['A'], rows: [['<i>']] }],
  table: [{ UserId: '</script><script>alert(1)</script>', Operation: 'ViewReport' }],
});

describe('the page of the demo', () => {
  it('loads nothing, and lets nothing be loaded', () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<(?:link|img|iframe)\b|<script[^>]* src=|@import|fetch\(/);
  });

  it('shows what stands in the data as text', () => {
    expect(page.match(/<\/script>/g)).toHaveLength(1);
    expect(page).toContain('A &lt;b&gt;run');
    expect(page).toContain('<td title="&lt;i&gt;">&lt;i&gt;</td>');
    expect(page).toContain('where a &lt; 1');
  });

  it('has a script that can be run', () => {
    const script = /<script>([\s\S]*)<\/script>/.exec(page)?.[1] ?? '';
    expect(() => new Function(script)).not.toThrow();
  });
});

describe('a summary on the page', () => {
  it('has its alerts, tables, folded parts and charts', () => {
    const bar = { date: undefined, isUnknown: false, isMissing: false };
    const chart = mermaidChart({ unit: 'hour', bars: [{ ...bar, time: '08:00', events: 7 }] });
    const html = htmlOf(
      [
        githubMarkdown.alert('CAUTION', '**Title.** a\\_b &lt;c&gt;', 'second'),
        '| A | B |\n| --- | ---: |\n| x | `y` |',
        githubMarkdown.folded('More', 'text'),
        chart,
      ].join('\n\n'),
    );
    expect(html).toContain(
      '<div class="alert caution"><p><b>Title.</b> a_b &lt;c&gt;</p><p>second</p></div>',
    );
    expect(html).toContain('<td>x</td><td class="right"><code>y</code></td>');
    expect(html).toMatch(/<details><summary>More<\/summary>\n<p>text<\/p>\n<\/details>/);
    expect(html).toMatch(/<rect .*<text [^>]*>7<\/text><text [^>]*>08:00<\/text>/);
  });
});

describe('the chart of an answer', () => {
  const barsOf = (svg: string) => [...svg.matchAll(/<title>(.*?)<\/title>/g)].map(([, text]) => text);

  it('has what each user did where the answer counts it, the most first', () => {
    const rows = [
      ['bo@example.test', 'x', '2'],
      ['ana@example.test', 'x', '3'],
      ['bo@example.test', 'y', '5'],
    ];
    const svg = answerChart(['UserId', 'Operation', 'Failed'], rows);
    expect(barsOf(svg)).toEqual(['bo@example.test: 7', 'ana@example.test: 3']);
    expect(svg).toContain('<figcaption>Failed by user</figcaption>');
    expect(svg).toContain('aria-label="Failed by user: bo@example.test 7, ana@example.test 3"');
  });

  it('has how often something was done where it lists what was done', () => {
    const rows = [['a', 'ShareReport'], ['b', '<i>'], ['c', 'ShareReport'], ...[['d', '']]];
    const bars = barsOf(answerChart(['UserId', 'Operation'], rows));
    expect(bars).toEqual(['ShareReport: 2', '&lt;i&gt;: 1', '(none): 1']);
  });

  it('is left out where nothing was found, or nothing can be counted', () => {
    expect(answerChart(['UserId', 'Failed'], [])).toBe('');
    expect(answerChart(['A'], [['1']])).toBe('');
  });
});

const chromium = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);

(chromium === undefined ? describe.skip : describe)('in a browser (Chromium in CHROMIUM or /usr/bin)', () => {
  it('shows the rows, filters and sorts them, and asks for nothing beside the file', () => {
    const user = (name: string, hour: string) => ({
      UserId: `${name}@example.test`,
      Operation: name === 'bo' ? 'ExportReport' : 'ViewReport',
      CreationTime: `2026-11-20T${hour}:15:00Z`,
    });
    const table = [user('ana', '08'), user('bo', '10'), user('cleo', '09')];
    const seen = inBrowser(
      pageOf({ runs: [], answers: [], table }),
      `const users = () => [...document.querySelectorAll('#table tbody tr')].map((row) => row.cells[1].textContent[0]);
      const [filter, heads] = [document.querySelector('#filter'), document.querySelectorAll('#table th button')];
      const seen = { latest: users() };
      heads[1].click();
      seen.byUser = users();
      heads[1].click();
      seen.byUserDown = users();
      filter.value = 'VIEW example';
      filter.dispatchEvent(new Event('input'));
      seen.filtered = users();
      seen.count = document.querySelector('#count').textContent;
      seen.bars = [...document.querySelectorAll('svg rect')].map((bar) => bar.getBoundingClientRect().height > 50);
      seen.asked = performance.getEntriesByType('resource').length;`,
    );
    expect(seen).toEqual({
      latest: ['b', 'c', 'a'],
      byUser: ['a', 'b', 'c'],
      byUserDown: ['c', 'b', 'a'],
      filtered: ['c', 'a'],
      count: '2 of 3 rows',
      bars: [true, true, true],
      asked: 0,
    });
  });

  /** Opens the page from the disk. @param script sets `seen` */
  function inBrowser(html: string, script: string): unknown {
    const folder = mkdtempSync(join(tmpdir(), 'page-'));
    const file = join(folder, 'index.html');
    const report = `<script>{ ${script}\ndocument.body.dataset.seen = JSON.stringify(seen); }</script></body>`;
    writeFileSync(file, html.replace('</body>', report));
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    try {
      const dom = execFileSync(
        chromium ?? '',
        [...flags, ...quiet, `--user-data-dir=${folder}`, '--dump-dom', pathToFileURL(file).href],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      );
      const text = /data-seen="([^"]*)"/.exec(dom)?.[1] ?? '{}';
      return JSON.parse(text.replaceAll('&quot;', '"'));
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
});

it('the day of the demo has busy hours and quiet ones, and none without events', () => {
  const events = Array.from({ length: 24 }, (_, hour) => eventsOfHour(hour * 3_600_000));
  expect(Math.min(...events)).toBeGreaterThan(0);
  expect(Math.max(...events)).toBeGreaterThan(20 * Math.min(...events));
});
