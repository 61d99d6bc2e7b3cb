/** The demo's page: one file, which a browser opens from the disk and which calls nothing. */
import { answerChart } from './answer-chart.ts';
import type { Answer } from './answers.ts';
import { columnChart } from './chart.ts';
import { escaped } from './escaped.ts';
import { htmlOf } from './markdown.ts';
import { ROWS_SCRIPT, STYLE } from './page-parts.ts';

export interface ShownRun {
  readonly title: string;
  readonly summary: string;
  readonly verdicts: readonly string[];
}

export interface DemoPage {
  readonly runs: readonly ShownRun[];
  readonly answers: readonly Answer[];
  readonly table: readonly Readonly<Record<string, unknown>>[];
}

const HOUR = 3_600_000;
/** Of the columns those that tell who did what, when. */
const SHOWN = ['CreationTime', 'UserId', 'Operation', 'ItemName', 'WorkspaceName', 'ClientIP', 'IsSuccess'];

export function pageOf({ runs, answers, table }: DemoPage): string {
  const rows = table.map((row) => SHOWN.map((name) => String(row[name] ?? '')));
  // Nothing in the data may end the script.
  const data = JSON.stringify(rows).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Demo: Fabric activity to Log Analytics</title><style>${STYLE}</style></head><body>
<h1>Fabric activity to Log Analytics</h1>
<p>Five runs against an emulator of all the services. Every person, address and item here is synthetic.</p>
<nav><a href="#runs">Runs</a> <a href="#answers">Security queries</a> <a href="#rows">Rows</a></nav>
<h1 id="runs">Runs</h1>
${runs.map(runOf).join('\n')}
<h1 id="answers">Security queries</h1>
<p>The queries of the project, executed on the rows below.</p>
${answers.map(answerOf).join('\n')}
<h1 id="rows">Rows</h1>
${columnChart('Rows by hour, UTC', hoursOf(table))}
<p><input id="filter" type="search" placeholder="Filter: a name, an operation, an hour" size="40"> <span id="count"></span></p>
<div class="wide"><table id="table"><thead><tr>${SHOWN.map((name) => `<th><button>${name}</button></th>`).join('')}</tr></thead><tbody></tbody></table></div>
<script>const ROWS = ${data};
${ROWS_SCRIPT}</script></body></html>
`;
}

function runOf({ title, summary, verdicts }: ShownRun, at: number): string {
  const said = verdicts.map((verdict) => `<li>${escaped(verdict)}</li>`).join('');
  return `<details class="run"${at === 0 ? ' open' : ''}><summary>${escaped(title)}</summary><ul>${said}</ul><div class="summary">${htmlOf(summary)}</div></details>`;
}

function answerOf({ title, question, query, columns, rows }: Answer): string {
  const head = columns.map((name) => `<th>${escaped(name)}</th>`).join('');
  const shown = rows
    .slice(0, 10)
    .map(
      (row) => `<tr>${row.map((cell) => `<td title="${escaped(cell)}">${escaped(cell)}</td>`).join('')}</tr>`,
    )
    .join('');
  const more = rows.length > 10 ? `<p>and ${rows.length - 10} more</p>` : '';
  const found =
    rows.length === 0
      ? '<p>Nothing found.</p>'
      : `<div class="wide"><table><tr>${head}</tr>${shown}</table></div>${more}`;
  return `<section><h2>${escaped(title)}</h2><p>${escaped(question)}</p>${answerChart(columns, rows)}${found}<details><summary>The query</summary><pre>${escaped(query)}</pre></details></section>`;
}

/** Rows of each hour between the first and the last, by CreationTime. */
function hoursOf(table: DemoPage['table']) {
  const counts = new Map<number, number>();
  for (const { CreationTime } of table) {
    const hour = Math.floor(Date.parse(`${String(CreationTime).slice(0, 13)}:00:00Z`) / HOUR);
    if (Number.isFinite(hour)) counts.set(hour, (counts.get(hour) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const [first, last] = [Math.min(...counts.keys()), Math.max(...counts.keys())];
  return Array.from({ length: last - first + 1 }, (_, at) => ({
    label: new Date((first + at) * HOUR).toISOString().slice(11, 13),
    value: counts.get(first + at) ?? 0,
  }));
}
