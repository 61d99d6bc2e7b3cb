/**
 * Text from outside as Markdown that shows it and nothing else: no HTML, no link, no picture, no mention, no other column
 * of a table. What the action writes itself, code spans and addresses among it, is not passed through here.
 */
export function plain(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|~#]/g, '\\$&')
    .replaceAll(/@(?=[\w-])/g, '@\u200b');
}

/** Values by name as the lines of a code block, from which they can be copied as they are. */
export function valuesBlock(values: Readonly<Record<string, string>>): string[] {
  const named = Object.entries(values);
  const width = Math.max(...named.map(([name]) => name.length)) + 2;
  // No value may end the block.
  const shown = (value: string) => value.replaceAll(/[\p{Cc}\u2028\u2029`]+/gu, '?');
  return ['```text', ...named.map(([name, value]) => `${`${name}:`.padEnd(width)}${shown(value)}`), '```'];
}

/** A table; pipes in cells are escaped. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: 'left' | 'right' | 'right-but-first' | readonly ('left' | 'right')[] = 'left',
): string {
  const isLeft = (at: number) =>
    typeof align === 'string'
      ? align === 'left' || (at === 0 && align === 'right-but-first')
      : align[at] === 'left';
  // A column without a side has its head in the middle.
  const rule = head.map((_, at) => (isLeft(at) ? ':---' : '---:'));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll(/(?<!\\)\|/g, '\\|')).join(' | ')} |`;
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** A number with thousands separated: 103,120. */
export function grouped(value: number): string {
  // toLocaleString would load ICU's locale data, a tenth of what it takes to start.
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** "1 hour", "1,234 hours". */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}
