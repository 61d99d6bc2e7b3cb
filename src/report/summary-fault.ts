import { type ActionError, type Detail, FAULTS, type FaultCode } from '../errors.ts';
import { plain, valuesBlock } from './markdown.ts';
import type { Block, MarkdownDialect } from './markdown-dialects.ts';
import { troubleshootingLink } from './troubleshooting-link.ts';

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
  return [`**${FAULTS[code].title}.** ${plain(text)}${values === undefined ? '' : ':'}`.trimEnd(), ...blocks];
}
