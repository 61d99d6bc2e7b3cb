import * as echarts from 'echarts';
import { dateText, spanText } from '../../emulator/kusto/values.ts';

const CSS = `
body { margin: 0; padding: 20px; width: 1240px; font: 13px "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: #292827; background: #fff }
h1 { font-size: 20px; margin: 0 0 4px } h2 { font-size: 15px; margin: 24px 0 8px; font-weight: 600 }
.pills span { display: inline-block; margin: 8px 8px 8px 0; padding: 3px 10px; border: 1px solid #8a8886; border-radius: 12px }
.tabs { border-bottom: 1px solid #d2d0ce } .tabs span { display: inline-block; padding: 8px 14px } .tabs .on { border-bottom: 3px solid #0078d4; font-weight: 600 }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: 4px 8px; border-bottom: 1px solid #edebe9; max-width: 320px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
th { color: #605e5c; font-weight: 600 } td.number { text-align: right }
.chip { padding: 1px 8px; border-radius: 9px; color: #fff } .none { padding: 8px 12px; background: #f3f2f1; border-left: 4px solid #8a8886 } .none.good { border-color: #107c10 }
.tiles { display: flex; gap: 12px } .tile { border: 1px solid #d2d0ce; padding: 10px 16px; min-width: 130px } .tile b { display: block; font-size: 28px; color: #0078d4 }
.more { color: #605e5c; padding: 4px 8px }`;
const COLOURS = {
  green: '#107c10',
  orange: '#ca5010',
  redBright: '#d13438',
  gray: '#8a8886',
  blue: '#0078d4',
  red: '#d13438',
};
const MOST_ROWS = 12;

/** A tab as a page of its own. */
export function pageOf({ book, tab, tabs, steps, chosen }) {
  const [head] = book.items;
  const parameters = book.items.find(({ name }) => name === 'parameters').content.parameters;
  const [title, ...text] = head.content.json.replace(/^#+ /, '').split('\n');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(tab.name)}</title><style>${CSS}</style></head><body>
<h1>${escaped(title)}</h1><div>${escaped(text.join(' '))}</div>
<div class="pills">${parameters.map(({ name, label }) => `<span>${escaped(label)}: <b>${escaped(shownChoice(chosen[name]))}</b></span>`).join('')}</div>
<div class="tabs">${tabs.map((each) => `<span class="${each === tab ? 'on' : ''}">${escaped(titleOf(book, each.name))}</span>`).join('')}</div>
${steps.map(stepOf).join('\n')}
</body></html>`;
}

function shownChoice(value) {
  return value === undefined ? 'log-fabric' : value === '*' ? 'All' : value === '' ? '(none)' : value;
}

function titleOf(book, id) {
  const links = book.items.find(({ name }) => name === 'tabs').content.links;
  return links.find(({ subTarget }) => subTarget === id).linkLabel;
}

function stepOf({ content, answer: { columns, rows } }) {
  const all = [...rows];
  const shown =
    all.length === 0
      ? `<div class="none ${content.noDataMessageStyle === 3 ? 'good' : ''}">${escaped(content.noDataMessage)}</div>`
      : { table, tiles, timechart }[content.visualization](content, columns, all);
  return `<h2>${escaped(content.title)}</h2>${shown}`;
}

function table(content, given, all) {
  const hidden = content.gridSettings.formatters.filter(({ formatter }) => formatter === 5);
  const kept = given
    .map((_, at) => at)
    .filter((at) => !hidden.some((each) => each.columnMatch === given[at].name));
  const columns = kept.map((at) => given[at]);
  const rows = all.map((row) => kept.map((at) => row[at]));
  const formatters = new Map(
    content.gridSettings.formatters.map((each) => [each.columnMatch, each.formatOptions]),
  );
  const most = columns.map((_, at) =>
    Math.max(...rows.map((row) => (typeof row[at] === 'number' ? row[at] : 0)), 1),
  );
  const cell = (row, { name, type }, at) => {
    const text = escaped(textOf(row[at], type));
    const format = formatters.get(name);
    const number = typeof row[at] === 'number' && !['datetime', 'timespan'].includes(type);
    if (format?.palette !== undefined && number) {
      const share = Math.round((row[at] / most[at]) * 60);
      return `<td class="number" style="background: color-mix(in srgb, ${COLOURS[format.palette]} ${share}%, white)">${text}</td>`;
    }
    if (format?.thresholdsGrid !== undefined) {
      const rule = format.thresholdsGrid.find(
        (each) => each.operator === 'Default' || each.thresholdValue === row[at],
      );
      return `<td><span class="chip" style="background: ${COLOURS[rule.representation]}">${text}</span></td>`;
    }
    return `<td class="${number ? 'number' : ''}">${text}</td>`;
  };
  const lines = rows
    .slice(0, MOST_ROWS)
    .map((row) => `<tr>${columns.map((column, at) => cell(row, column, at)).join('')}</tr>`);
  const more = rows.length > MOST_ROWS ? `<div class="more">${rows.length - MOST_ROWS} more rows</div>` : '';
  return `<table><tr>${columns.map(({ name }) => `<th>${escaped(name)}</th>`).join('')}</tr>${lines.join('')}</table>${more}`;
}

function tiles(_, columns, rows) {
  const at = (name) => columns.findIndex((column) => column.name === name);
  const arrow = { up: '▲', down: '▼', same: '=' };
  return `<div class="tiles">${rows
    .map(
      (row) =>
        `<div class="tile">${escaped(row[at('Measure')])}<b>${row[at('Value')]}</b>${arrow[row[at('Trend')]]} before: ${row[at('Before')]}</div>`,
    )
    .join('')}</div>`;
}

/** One line for each text, over time; the chart is drawn as SVG, without a browser. */
function timechart(_, columns, rows) {
  const [time, group, value] = ['datetime', 'string', 'long'].map((type) =>
    columns.findIndex((column) => column.type === type),
  );
  const names = [...new Set(rows.map((row) => row[group]))];
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 1240, height: 300 });
  chart.setOption({
    animation: false,
    legend: { type: 'scroll', bottom: 0 },
    grid: { left: 40, right: 16, top: 16, bottom: 56 },
    xAxis: { type: 'time' },
    yAxis: { type: 'value' },
    series: names.map((name) => ({
      name,
      type: 'line',
      showSymbol: false,
      data: rows.filter((row) => row[group] === name).map((row) => [row[time], row[value]]),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function textOf(value, type) {
  if (value === null || value === undefined) return '';
  if (type === 'datetime') return dateText(value).slice(0, 19).replace('T', ' ');
  if (type === 'timespan') return spanText(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function escaped(text) {
  return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
