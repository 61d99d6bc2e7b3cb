import { type ActionError, type Detail, FAULTS, type FaultCode } from '../errors.ts';
import { plain, valuesBlock } from './markdown.ts';
import type { Block, MarkdownDialect } from './markdown-dialects.ts';
import { NOTICE_TITLES, type NoticeCode } from './notice.ts';
import { troubleshootingLink, troubleshootingUrl } from './troubleshooting-link.ts';

/** What went wrong and what to do about it, as the summary shows it. */
export function faultAlert(
  { code, parts, remedy }: ActionError,
  alert: MarkdownDialect['alert'],
  docsUrl: string | undefined,
): string {
  const [first, ...blocks] = faultBlocks(code, parts);
  const link = troubleshootingLink(FAULTS[code].title, docsUrl);
  return alert('CAUTION', first, ...blocks, `**What to do:** ${remedy}`, link);
}

/** A fault set out so that each point can be ticked off and each value copied. */
export function faultBlocks(
  code: FaultCode,
  { text = '', points = [], values }: Detail,
): [first: string, ...Block[]] {
  const blocks: Block[] = [];
  if (points.length > 0) blocks.push(points.map((point) => `- ${plain(point)}`));
  if (values !== undefined) blocks.push(valuesBlock(values));
  return [
    `**${FAULTS[code].title}.** ${plain(asSentence(text))}${values === undefined ? '' : ':'}`.trimEnd(),
    ...blocks,
  ];
}

/** A notice, by the title under which it can be looked up. */
export function noticeText(code: NoticeCode, text: string, docsUrl: string | undefined): string {
  const title = NOTICE_TITLES[code];
  const linked = docsUrl === undefined ? title : `[${title}](${troubleshootingUrl(title, docsUrl)})`;
  return `**${linked}.** ${plain(asSentence(text))}`;
}

/** Our own words may begin a sentence; names of sources and inputs stay as they are. */
function asSentence(text: string): string {
  return text.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
}
