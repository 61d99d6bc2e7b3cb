/** The demo's page opens from the disk, calls nothing, and shows text from the data as text. */
import { describe, expect, it } from '@jest/globals';
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
    expect(page).toContain('<td>&lt;i&gt;</td>');
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

it('the day of the demo has busy hours and quiet ones, and none without events', () => {
  const events = Array.from({ length: 24 }, (_, hour) => eventsOfHour(hour * 3_600_000));
  expect(Math.min(...events)).toBeGreaterThan(0);
  expect(Math.max(...events)).toBeGreaterThan(20 * Math.min(...events));
});
