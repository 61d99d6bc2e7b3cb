/** Job summaries as HTML: no more of Markdown than they use, since nothing may come from the network. */
import { columnChart } from './chart.ts';
import { escaped } from './escaped.ts';

export function htmlOf(markdown: string): string {
  return blocksOf(markdown).map(block).join('\n');
}

/** Parted by empty lines, but for those in code. */
function blocksOf(markdown: string): string[] {
  const blocks: string[] = [];
  const lines: string[] = [];
  let isCode = false;
  for (const line of [...markdown.split('\n'), '']) {
    if (line.startsWith('```')) isCode = !isCode;
    if (line !== '' || isCode) lines.push(line);
    else if (lines.length > 0) blocks.push(lines.splice(0).join('\n'));
  }
  return blocks;
}

function block(text: string): string {
  const heading = /^(#{2,4}) (.*)$/.exec(text);
  if (heading !== null) return `<h${heading[1]?.length}>${inline(heading[2] ?? '')}</h${heading[1]?.length}>`;
  if (text.startsWith('```mermaid')) return barsOf(text);
  if (text.startsWith('```')) return `<pre>${escaped(text.split('\n').slice(1, -1).join('\n'))}</pre>`;
  if (text.startsWith('> [!')) return alertOf(text);
  if (text.startsWith('|')) return tableOf(text);
  const fold = /^<details><summary>(.*)<\/summary>$/.exec(text);
  if (fold !== null) return `<details><summary>${inline(fold[1] ?? '')}</summary>`;
  return text === '</details>' ? text : `<p>${inline(text)}</p>`;
}

/** Code, links and bold of our own; what stands in entities or after a backslash is text already. */
function inline(text: string): string {
  const entities = text.replaceAll(/<(?!\/?details|\/?summary)/g, '&lt;');
  return entities
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`') && part.length > 1
        ? `<code>${part.slice(1, -1)}</code>`
        : part
            .replaceAll(/\*\*(.+?)\*\*/g, '<b>$1</b>')
            .replaceAll(/\[([^\]]+)\]\((https:[^)\s"]+)\)/g, '<a href="$2">$1</a>')
            .replaceAll(/\\([\\`*_[\]|~#])/g, '$1'),
    )
    .join('');
}

function alertOf(text: string): string {
  const [first = '', ...lines] = text.split('\n').map((line) => line.replace(/^> ?/, ''));
  const kind = first.slice(2, -1).toLowerCase();
  const paragraphs = lines
    .join('\n')
    .split('\n\n')
    .filter((part) => part !== '');
  return `<div class="alert ${kind}">${paragraphs.map((part) => `<p>${inline(part)}</p>`).join('')}</div>`;
}

function tableOf(text: string): string {
  const [head = [], rule = [], ...rows] = text.split('\n').map((line) =>
    line
      .slice(2, -2)
      .split(/ \| /)
      .map((cell) => cell.trim()),
  );
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell, at) => `<${tag}${rule[at]?.endsWith(':') ? ' class="right"' : ''}>${inline(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
}

/** The bars of a mermaid chart. */
function barsOf(text: string): string {
  const list = (name: string) => new RegExp(`^ *${name} \\[(.*)\\]$`, 'm').exec(text)?.[1]?.split(', ') ?? [];
  const title = /title "([^"]*)"/.exec(text)?.[1] ?? '';
  const labels = list('x-axis').map((label) => label.replaceAll(/["\u200b]/g, ''));
  const values = list('bar').map(Number);
  return columnChart(
    title,
    values.map((value, at) => ({ label: labels[at] ?? '', value })),
  );
}
