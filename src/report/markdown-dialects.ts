import { type Bars, mermaidChart, textChart } from './chart.ts';

/** What the places that show a summary draw differently. */
export interface MarkdownDialect {
  /** Paragraphs that stand out. */
  readonly alert: (kind: 'CAUTION' | 'WARNING' | 'NOTE', ...paragraphs: string[]) => string;
  readonly draw: (bars: Bars) => string;
  /** A long part that need not be looked at. */
  readonly folded: (title: string, content: string) => string;
}

/** What GitHub shows of Markdown in a job summary. */
export const githubMarkdown: MarkdownDialect = {
  alert: (kind, ...paragraphs) =>
    [`> [!${kind}]`, ...paragraphs.map((text) => `> ${onOneLine(text)}`)]
      .join('\n>\n')
      .replace(']\n>\n', ']\n'),
  draw: mermaidChart,
  folded: (title, content) => `<details><summary>${title}</summary>\n\n${content}\n\n</details>`,
};

const MARKS = { CAUTION: '❌', WARNING: '⚠️', NOTE: 'ℹ️' } as const;

/**
 * Headings, tables, lists and code: what every renderer knows. Azure DevOps says of the tab that shows attachments only that
 * it renders Markdown otherwise than its wikis do
 * (https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands).
 */
export const plainMarkdown: MarkdownDialect = {
  alert: (kind, first = '', ...paragraphs) =>
    [`${MARKS[kind]} ${startsBold(first) ? first : `**${NAMES[kind]}:** ${first}`}`, ...paragraphs]
      .map(onOneLine)
      .join('\n\n'),
  draw: textChart,
  folded: (title, content) => `### ${title}\n\n${content}`,
};

const NAMES = { CAUTION: 'Error', WARNING: 'Warning', NOTE: 'Note' } as const;

function startsBold(text: string): boolean {
  return text.startsWith('**');
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ');
}
