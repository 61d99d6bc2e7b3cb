import { refusalError } from '../../../src/auth/entra-refusal.ts';
import { ActionError, asActionError, FAULTS } from '../../../src/errors.ts';
import type { HostDialect } from '../../../src/host.ts';
import { readInputs } from '../../../src/inputs/inputs.ts';
import { newRunRecord, type RunRecord } from '../../../src/report/run-record.ts';
import { SECOND } from '../../../src/time/clock.ts';
import type { Scene } from './scene.ts';
import { last, runOver, STARTED, send } from './synthetic-run.ts';

const POWER_BI = 'power-bi: HTTP 401 PowerBINotAuthorizedException';
const FABRIC = 'fabric: HTTP 403 InsufficientPrivileges';

/** Runs that were not let in. */
export const REFUSED: readonly Scene[] = [
  {
    name: 'inputs-refused',
    title: 'Inputs refused',
    when: 'When inputs are missing or malformed: nothing was called.',
    took: SECOND,
    record: (dialect) => ended(refusedInputs(dialect)),
  },
  {
    name: 'sign-in-refused',
    title: 'Sign-in refused',
    when: 'When no federated credential of the app matches what the job presents.',
    took: 9 * SECOND,
    record: (dialect) =>
      ended(
        refusalError(
          { codes: [700213], error: 'invalid_client' },
          { resource: 'https://monitor.azure.com', assertion: idToken(dialect) },
        ),
      ),
  },
  {
    name: 'source-refused',
    title: 'Activity log refused',
    when: 'When neither activity log lets the app in and `fallback` is off: the tenant setting lacks the app.',
    took: 4 * SECOND,
    record: () => {
      const record = runOver(last(24), { isAsked: () => false });
      record.collected.source = undefined;
      record.collected.isWhole = false;
      record.collected.refusals.push(POWER_BI, FABRIC);
      const why = 'workspace records are ruled out by "fallback: false"';
      record.fault = new ActionError('source-refused', { points: [POWER_BI, FABRIC, why] });
      return record;
    },
  },
  {
    name: 'workspace-records',
    title: 'Workspace records stand in',
    when: 'When no activity log lets the app in and `fallback` is on: a list of workspaces, which is no activity.',
    took: 7 * SECOND,
    record: () => {
      const record = runOver(last(24), { isAsked: () => false });
      const { collected } = record;
      collected.source = 'workspaces';
      collected.isWhole = false;
      collected.fallbackUsed = true;
      collected.refusals.push(POWER_BI, FABRIC);
      collected.counts.hours.set(STARTED - (STARTED % 3_600_000), 38);
      send(record);
      const what = 'No activity log was accessible, and workspace records stand in';
      const meaning = 'they say that the app could read a workspace, not that anybody used it';
      const text = `${what}: ${meaning}. No hour counts as collected. ${FAULTS['source-refused'].remedy}`;
      collected.notices.push({ code: 'fallback', text });
      return record;
    },
  },
  {
    name: 'destination-refused',
    title: 'Destination refused',
    when: 'When the app may not write by the data collection rule, or not yet.',
    took: 12 * SECOND,
    record: () => {
      const record = runOver(last(24));
      send(record, { failed: 9000 });
      Object.assign(record.delivered, { rows: 0, batchesSent: 0, bytes: 0 });
      const detail =
        'HTTP 403 OperationFailed at https://activity-x1y2.westeurope-1.ingest.monitor.azure.com';
      record.delivered.faults.push(new ActionError('destination-forbidden', detail));
      return record;
    },
  },
];

/** A run that ended before it collected anything. */
function ended(fault: ActionError): RunRecord {
  const record = newRunRecord(STARTED);
  record.fault = fault;
  return record;
}

function refusedInputs(dialect: HostDialect | undefined): ActionError {
  const values: Readonly<Record<string, string>> = {
    'tenant-id': 'contoso.com',
    'client-id': '00000000-0000-4000-8000-00000000000a',
    'client-secret': 'x',
    'dcr-endpoint': 'activity-x1y2.westeurope-1.ingest.monitor.azure.com',
    'dcr-immutable-id': '/subscriptions/x/dataCollectionRules/activity',
    concurrency: '17',
    'lookback-hours': 'a day',
  };
  try {
    readInputs((name) => values[name] ?? '', STARTED, [], dialect?.inputs);
  } catch (error) {
    return asActionError(error);
  }
  throw new Error('expected refused inputs, got none');
}

/** What the host presents; only its claims are looked at. */
function idToken(dialect: HostDialect | undefined): string {
  const claims =
    dialect === undefined
      ? {
          iss: 'https://token.actions.githubusercontent.com',
          sub: 'repo:example-org@1001/compliance@2002:environment:production',
        }
      : {
          iss: 'https://login.microsoftonline.com/00000000-0000-4000-8000-000000000001/v2.0',
          sub: '/eid1/c/pub/t/EXAMPLE00000000000001/a/EXAMPLE00000000000002/sc/00000000-0000-4000-8000-000000000002/00000000-0000-4000-8000-000000000003',
        };
  const body = JSON.stringify({ ...claims, aud: 'api://AzureADTokenExchange' });
  return `x.${Buffer.from(body).toString('base64url')}.x`;
}
