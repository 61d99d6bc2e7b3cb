/** CHANGELOG.md: what came after the first version is named there, and what that version had is still there, as it promises. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { COLUMNS } from '../../src/rows/columns.ts';
import { INPUTS, OUTPUTS } from '../support/contract-names.ts';

const changes = readFileSync(new URL('../../CHANGELOG.md', import.meta.url), 'utf8');

/** What version 1.0.0 had. It never grows: what is new belongs into CHANGELOG.md, in backticks. */
const FIRST: Readonly<Record<'columns' | 'inputs' | 'outputs', string>> = {
  columns: `
    TimeGenerated:datetime ActivityId RecordType CreationTime:datetime Operation OrganizationId UserType
    UserKey Workload UserId ClientIP UserAgent Activity ActivityType ItemName WorkspaceId WorkspaceName
    CapacityId CapacityName AppName ObjectId DatasetName ReportName ReportType RequestId AppReportId
    DistributionMethod ConsumptionMethod IsSuccess:boolean ArtifactId ArtifactName ArtifactKind DatasetId
    ReportId SourceApi AdditionalFields:dynamic`,
  inputs: `
    tenant-id client-id client-secret client-certificate managed-identity key-vault-url
    key-vault-secret-name cloud source fallback workspace-ids activity user-id lookback-hours start-time
    end-time dcr-endpoint dcr-immutable-id stream-name state-file rejected-file recheck replay-file
    deadline-minutes concurrency dry-run authority-host power-bi-url fabric-url workspace-id table-name
    proof-wait-seconds resend-missing log-analytics-url pseudonym-key omit-columns failure-issue
    github-token`,
  outputs: `
    source fallback-used fallback-reason window-start window-end complete activities-collected
    duplicates-skipped activities-ingested activities-failed batches-sent batches-failed bytes-sent
    source-requests batch-summary proof events-proven events-pending events-missing events-given-up
    rows-resent repeats-in-table`,
};

const NOW: Readonly<Record<keyof typeof FIRST, readonly string[]>> = {
  columns: COLUMNS.map(({ name, type }) => (type === 'string' ? name : `${name}:${type}`)),
  inputs: INPUTS.map(({ name }) => name),
  outputs: OUTPUTS,
};

describe.each(['columns', 'inputs', 'outputs'] as const)('the %s', (kind) => {
  const first = FIRST[kind].trim().split(/\s+/);

  it('of version 1.0.0 are still there', () => {
    expect(NOW[kind]).toEqual(expect.arrayContaining(first));
  });

  it('that came later are named in CHANGELOG.md', () => {
    const later = NOW[kind].filter((name) => !first.includes(name)).map((name) => name.replace(/:.*/, ''));
    expect(later.filter((name) => !changes.includes(`\`${name}\``))).toEqual([]);
  });
});
