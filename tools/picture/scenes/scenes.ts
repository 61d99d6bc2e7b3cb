import type { HostDialect, RunContext } from '../../../src/host.ts';
import { dialectOf } from '../../../src/hosts/azure-pipelines/dialect.ts';
import { conclude } from '../../../src/report/conclusions.ts';
import { inHostWords } from '../../../src/report/host-words.ts';
import type { RunRecord } from '../../../src/report/run-record.ts';
import { summaryOf } from '../../../src/report/summary.ts';
import { GAPS } from './gaps.ts';
import { NOTICES } from './notices.ts';
import { PROOF } from './proof.ts';
import { REFUSED } from './refused.ts';
import { ROWS } from './rows.ts';
import type { Scene } from './scene.ts';
import { WELL } from './well.ts';

/** All scenes under the headings of the gallery. */
export const SCENES: Readonly<Record<string, readonly Scene[]>> = {
  'All is well': WELL,
  'Hours are missing': GAPS,
  'Rows are missing': ROWS,
  'Not let in': REFUSED,
  'Proof of delivery': PROOF,
  'Worth a look': NOTICES,
};

/** The hosts by their names in the gallery, with what each does otherwise than GitHub. */
export const HOSTS: Readonly<Record<'github' | 'azure-pipelines', HostDialect | undefined>> = {
  github: undefined,
  'azure-pipelines': dialectOf(undefined),
};

export type HostName = keyof typeof HOSTS;

const RUN = { workflow: 'Collect activity', runId: 4711, runAttempt: 1, event: 'schedule' };
const CONTEXTS: Readonly<Record<HostName, RunContext>> = {
  github: {
    ...RUN,
    repository: 'example-org/compliance',
    runUrl: 'https://github.com/example-org/compliance/actions/runs/4711/attempts/1',
    docsUrl: 'https://github.com/example-org/collector/blob/v1/docs',
  },
  'azure-pipelines': {
    ...RUN,
    repository: 'compliance',
    runUrl: 'https://dev.azure.com/example-org/compliance/_build/results?buildId=4711',
  },
};

/** The summary of a scene as the host shows it, in Markdown. */
export function summaryOfScene({ record, took }: Scene, host: HostName): string {
  return summaryOfRun(record(HOSTS[host]), took, host);
}

/** @param took how long the run took, in ms */
export function summaryOfRun(
  record: RunRecord,
  took: number,
  host: HostName,
  context: Partial<RunContext> = {},
): string {
  const dialect = HOSTS[host];
  const conclusions = inHostWords(conclude(record), dialect);
  const known = { ...CONTEXTS[host], ...context };
  return summaryOf(record, conclusions, known, record.startedAt + took, dialect);
}
