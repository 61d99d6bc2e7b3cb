import { FAULTS } from '../errors.ts';
import type { HostDialect } from '../host.ts';
import type { Conclusions } from './conclusions.ts';
import { ourWords } from './host-words.ts';
import { table } from './markdown.ts';
import type { RunRecord } from './run-record.ts';

const NOT_TRIED = 'not tried: the run ended before';

/** What a dry run found to be in place, in the order in which a run needs it; '' for a run that is none. */
export function preflight(
  record: RunRecord,
  conclusions: Conclusions,
  host: HostDialect | undefined,
): string {
  // Without a plan the inputs were refused, and nothing was tried.
  if (!record.dryRun || record.planned === undefined) return '';
  const rows = [
    ['Sign-in', signIn(record, conclusions)],
    ['Data collection rule', rule(record, conclusions)],
    ['Activity log', activityLog(record, conclusions)],
    ['Table', readBack(record, conclusions, host)],
  ];
  const schema =
    'No row was sent, so whether the columns of the stream match those of the rows is not known yet.';
  return `### Checks\n\n${table(['What', 'Result'], rows)}\n\n${schema}`;
}

function signIn({ isConnected }: RunRecord, conclusions: Conclusions): string {
  const isBehind = isConnected || titleOf(conclusions, 'destination-') !== undefined;
  return isBehind ? '✅ a token for Azure Monitor' : failed(firstTitle(conclusions));
}

function rule({ isConnected }: RunRecord, conclusions: Conclusions): string {
  if (isConnected) return '✅ takes uploads to this stream';
  const title = titleOf(conclusions, 'destination-');
  return title === undefined ? NOT_TRIED : failed(title);
}

function activityLog({ isConnected, collected }: RunRecord, conclusions: Conclusions): string {
  if (collected.isReplay) return 'not asked: the rows are those of a file';
  if (collected.source === 'workspaces') return '⚠️ refused; workspace records stand in';
  if (collected.source !== undefined) return '✅ answers';
  const blind = titleOf(conclusions, 'table-');
  return isConnected && blind === undefined ? failed(firstTitle(conclusions)) : NOT_TRIED;
}

function readBack(
  { isConnected, proved }: RunRecord,
  conclusions: Conclusions,
  host: HostDialect | undefined,
): string {
  if (proved === undefined) return ourWords('not asked: `workspace-id` is not given', host);
  if (proved.isAvailable) return '✅ can be read';
  const title =
    titleOf(conclusions, 'table-') ??
    (conclusions.notices.has('proof-unavailable') ? 'could not be read' : undefined);
  return isConnected && title !== undefined ? failed(title) : NOT_TRIED;
}

function titleOf({ faults }: Conclusions, kind: 'destination-' | 'table-'): string | undefined {
  const code = [...faults.keys()].find((one) => one.startsWith(kind));
  return code && FAULTS[code].title;
}

function firstTitle({ faults }: Conclusions): string | undefined {
  const [code] = faults.keys();
  return code && FAULTS[code].title;
}

function failed(title: string | undefined): string {
  return title === undefined ? NOT_TRIED : `❌ ${title}`;
}
