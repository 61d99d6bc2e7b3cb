/**
 * A table in Markdown, in the form that the project's formatter gives it: every column as wide as its widest cell.
 * @param rows the first one is the head
 * @returns its lines
 */
export function markdownTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((cells) => cell(cells[column] ?? '').length)),
  );
  const lines = rows.map(
    (cells) => `| ${widths.map((width, column) => cell(cells[column] ?? '').padEnd(width)).join(' | ')} |`,
  );
  return [lines[0] ?? '', `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.slice(1)];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
