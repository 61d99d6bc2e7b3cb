import { FAULTS, type FaultCode } from '../errors.ts';
import type { RunRecord } from './run-record.ts';

/** What to do about a fault, given which files this run carries on with. Inputs are named in double quotes. */
export function remedyFor(code: FaultCode, record: RunRecord): string {
  const { carriesOn } = record.files;
  switch (code) {
    case 'hours-missing':
      return carriesOn
        ? 'Nothing, unless it stays like this: the next run asks for these hours again by itself, and says when they are recovered. The service forgets an hour after 28 days.'
        : FAULTS[code].remedy;
    case 'uploads-failed':
      return carriesOn
        ? 'Check the health of Azure Monitor ingestion and the network; the next run sends what is missing by itself.'
        : FAULTS[code].remedy;
    case 'rows-refused':
      return `${afterRefusal(record)} ${FAULTS[code].remedy}`;
    case 'out-of-time':
      return carriesOn ? 'Give a later "deadline-minutes".' : FAULTS[code].remedy;
    default:
      return FAULTS[code].remedy;
  }
}

/** Whether every refused row is kept in the file of rejected rows. */
export function keepsRefused({ files, delivered, proved }: RunRecord): boolean {
  const faults = [...delivered.faults, ...(proved?.faults ?? [])];
  return files.keepsRejected && faults.every(({ code }) => code !== 'rejected-file');
}

function afterRefusal(record: RunRecord): string {
  if (record.collected.isReplay)
    return 'The refused rows stay in the file of "replay-file": run again with it once the rule is fixed.';
  if (keepsRefused(record))
    return 'The refused rows are kept in the file of "rejected-file": once the rule is fixed, run once with that path as "replay-file".';
  const next = record.files.carriesOn
    ? 'the next run tries these rows again'
    : 'run again for the same window once the rule is fixed';
  return `Not kept: ${next}. With "rejected-file" such rows are kept, to be sent later with "replay-file".`;
}
