import { type Bars, mermaidChart, textChart } from './chart.ts';

/** A paragraph, or the lines of a list or a code block. */
export type Block = string | readonly string[];

/** What the places that show a summary draw differently. */
export interface MarkdownDialect {
  /** Paragraphs and lists that stand out. */
  readonly alert: (kind: 'CAUTION' | 'WARNING' | 'NOTE', first: string, ...blocks: Block[]) => string;
  readonly draw: (bars: Bars) => string;
  /** A long part that need not be looked at. */
  readonly folded: (title: string, content: string) => string;
  /** Batches of the list of all; the output holds more. */
  readonly shownBatches: number;
}

/** What GitHub shows of Markdown in a job summary. */
export const githubMarkdown: MarkdownDialect = {
  alert: (kind, ...blocks) => {
    const quoted = blocks.map((block) => linesOf(block).map((line) => `> ${line}`.trimEnd()));
    return `> [!${kind}]\n${quoted.map((lines) => lines.join('\n')).join('\n>\n')}`;
  },
  draw: mermaidChart,
  folded: (title, content) => `<details><summary>${title}</summary>\n\n${content}\n\n</details>`,
  shownBatches: 50,
};

const MARKS = { CAUTION: '❌', WARNING: '⚠️', NOTE: 'ℹ️' } as const;

/**
 * Headings, tables, lists and code: what every renderer knows. Azure DevOps says of the tab that shows attachments only that
 * it renders Markdown otherwise than its wikis do
 * (https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands).
 */
export const plainMarkdown: MarkdownDialect = {
  alert: (kind, first, ...blocks) =>
    [`${MARKS[kind]} ${startsBold(first) ? first : `**${NAMES[kind]}:** ${first}`}`, ...blocks]
      .map((block) => linesOf(block).join('\n'))
      .join('\n\n'),
  draw: textChart,
  folded: (title, content) => `### ${title}\n\n${content}`,
  // They stand open there, and who reads the page wants to see its end.
  shownBatches: 5,
};

const NAMES = { CAUTION: 'Error', WARNING: 'Warning', NOTE: 'Note' } as const;

function startsBold(text: string): boolean {
  return text.startsWith('**');
}

/** A block keeps the lines it has, and none becomes two: what follows would stand outside of it. */
function linesOf(block: Block): string[] {
  return (typeof block === 'string' ? [block] : block).map(onOneLine);
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ');
}
