/** Style and script of the demo's page. */

export const STYLE = `
:root { color-scheme: light dark; --line: #8886; --soft: #8882 }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1080px; margin: 0 auto; padding: 16px }
h1 { font-size: 1.5em } h2 { font-size: 1.2em } h3 { font-size: 1em }
table { border-collapse: collapse; margin: 8px 0 } th, td { border: 1px solid var(--line); padding: 4px 8px; text-align: left }
.right { text-align: right } .wide { overflow-x: auto } .wide td { white-space: nowrap; max-width: 24em; overflow: hidden; text-overflow: ellipsis } pre { background: var(--soft); padding: 8px; overflow-x: auto }
.run { border: 1px solid var(--line); border-radius: 6px; margin: 8px 0; padding: 8px 12px } .run > summary { font-weight: 600; cursor: pointer }
.summary { border-top: 1px solid var(--line); overflow-x: auto }
.alert { border-left: 4px solid #4184e4; padding: 0 12px } .alert.warning { border-color: #bf8700 } .alert.caution { border-color: #d1242f }
figure { margin: 8px 0; overflow-x: auto } figure svg { min-width: 640px } svg rect { fill: #4184e4 } svg text { fill: currentColor; font-size: 11px; text-anchor: middle }
svg text.label { font-size: 13px; text-anchor: end } svg text.value { font-size: 13px; text-anchor: start } figcaption { font-weight: 600 }
th button { all: unset; cursor: pointer } th[data-order]::after { content: attr(data-order) }
`;

export const ROWS_SCRIPT = `
const [body, count, filter] = ['#table tbody', '#count', '#filter'].map((name) => document.querySelector(name));
const SHOWN = 200;
let order = { column: 0, down: true };
function show() {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const found = ROWS.filter((row) => { const text = row.join(' ').toLowerCase(); return words.every((word) => text.includes(word)); });
  const { column, down } = order;
  found.sort((a, b) => (a[column] < b[column] ? -1 : a[column] > b[column] ? 1 : 0) * (down ? -1 : 1));
  body.replaceChildren(...found.slice(0, SHOWN).map((row) => {
    const line = document.createElement('tr');
    for (const cell of row) line.insertCell().textContent = cell;
    return line;
  }));
  count.textContent = found.length + ' of ' + ROWS.length + ' rows' + (found.length > SHOWN ? ', the first ' + SHOWN + ' shown' : '');
  document.querySelectorAll('#table th').forEach((head, at) => {
    if (at === column) head.dataset.order = down ? ' \u2193' : ' \u2191'; else delete head.dataset.order;
  });
}
filter.addEventListener('input', show);
document.querySelectorAll('#table th button').forEach((button, at) => button.addEventListener('click', () => {
  order = { column: at, down: order.column === at ? !order.down : at === 0 };
  show();
}));
show();
`;
