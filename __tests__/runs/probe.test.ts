/** The proof, before anything is collected, that the destination will take rows. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator, Fault } from '../../emulator/server.ts';
import {
  allIngested,
  asking,
  closeTenants,
  expectEachOnce,
  onlyError,
  startTenant,
  wholeHours,
  wholeRun,
} from '../support/whole-run.ts';

afterAll(closeTenants);

const RANGE = wholeHours(2);

interface Refusal {
  readonly title: string;
  readonly inputs?: Record<string, string>;
  readonly configure?: (emulator: Emulator) => void;
  readonly fault?: Fault;
  readonly error: string;
  readonly says: RegExp;
  /** Uploads of nothing: a 401 is worth a new token and one more. */
  readonly probes?: number;
}

const REFUSALS: readonly Refusal[] = [
  {
    title: 'no role on the rule',
    configure: ({ configure }) => {
      configure.roleGranted = false;
    },
    error: 'Destination refused: no permission on the data collection rule',
    says: /HTTP 403 OperationFailed.*"Monitoring Metrics Publisher" on the data collection rule.*up to 30 minutes/,
  },
  {
    title: 'private link',
    fault: {
      service: 'ingestion',
      status: 403,
      body: {
        error: { code: 'Forbidden', message: 'Access from public networks is denied; use Private Link.' },
      },
    },
    error: 'Destination refused: network rules',
    says: /HTTP 403 Forbidden.*private networks only.*"dcr-endpoint"/,
  },
  {
    title: 'network rules',
    fault: {
      service: 'ingestion',
      status: 403,
      body: { error: { code: 'Forbidden', message: 'Public network access is disabled for this endpoint.' } },
    },
    error: 'Destination refused: network rules',
    says: /HTTP 403 Forbidden.*private networks only/,
  },
  {
    title: 'an unknown rule',
    inputs: { 'dcr-immutable-id': `dcr-${'ab'.repeat(16)}` },
    error: 'Destination refused: data collection rule not found',
    says: /HTTP 404 NotFound.*"dcr-immutable-id"/,
  },
  {
    title: 'a stream that the rule does not declare',
    inputs: { 'stream-name': 'Custom-Other' },
    error: 'Destination refused: data collection rule not found',
    says: /HTTP 404 InvalidStream.*"Custom-Other".*"dcr-immutable-id".*"stream-name"/,
  },
  {
    title: 'a token that is not accepted',
    fault: { service: 'ingestion', status: 401, times: Number.POSITIVE_INFINITY },
    error: 'Destination refused: token not accepted',
    says: /HTTP 401.*audience https:\/\/monitor\.azure\.com\..*cloud/,
    probes: 2,
  },
];

describe('a refused probe', () => {
  it.concurrent.each(REFUSALS)('ends the run before anything is collected: $title', async (refusal) => {
    const emulator = await startTenant();
    refusal.configure?.(emulator);
    if (refusal.fault !== undefined) emulator.fault(refusal.fault);
    const run = await wholeRun(emulator, { inputs: { ...asking(RANGE), ...refusal.inputs } });
    const { title, message } = onlyError(run);
    expect(title).toBe(refusal.error);
    expect(message).toMatch(refusal.says);
    expect(emulator.requestsTo('ingestion')).toHaveLength(refusal.probes ?? 1);
    expect(emulator.requestsTo('power-bi').length + emulator.requestsTo('fabric').length).toBe(0);
    expect(run.outputs).toMatchObject({
      source: '',
      'window-start': new Date(RANGE.start).toISOString(),
      'window-end': new Date(RANGE.end).toISOString(),
      'activities-collected': '0',
      'batches-sent': '0',
      'batch-summary': '[]',
    });
  });
});

const NO_VERDICT: readonly { readonly title: string; readonly fault: Fault }[] = [
  { title: '500', fault: { service: 'ingestion', status: 500 } },
  {
    title: '503 with a Retry-After of an hour',
    fault: { service: 'ingestion', status: 503, headers: { 'retry-after': '3600' } },
  },
  {
    title: '429 with a Retry-After of an hour',
    fault: { service: 'ingestion', status: 429, headers: { 'retry-after': '3400' } },
  },
  { title: '400', fault: { service: 'ingestion', status: 400, body: { error: { code: 'InvalidPayload' } } } },
  { title: 'HTML', fault: { service: 'ingestion', html: true } },
  { title: 'a broken connection', fault: { service: 'ingestion', reset: true } },
];

describe('a probe without a verdict', () => {
  it.concurrent.each(NO_VERDICT)('lets the run go on: $title', async ({ fault }) => {
    const emulator = await startTenant();
    emulator.fault(fault);
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    expect(run.outputs).toMatchObject(allIngested(10));
    expectEachOnce(emulator, RANGE);
    expect(run.milliseconds).toBeLessThan(20_000);
  });

  it('is an upload of nothing, and comes first', async () => {
    const emulator = await startTenant();
    await wholeRun(emulator, { inputs: asking(RANGE) });
    const [probe, ...uploads] = emulator.requestsTo('ingestion');
    expect(probe).toMatchObject({ method: 'POST', bodyBytes: 2, status: 204, rows: 0 });
    expect(probe?.path).toMatch(/\/dataCollectionRules\/dcr-0{32}\/streams\/Custom-FabricUserActivity_CL$/);
    expect(uploads).toHaveLength(1);
    const firstPage = emulator.requestsTo('power-bi').at(0);
    expect(probe?.finishedAt).toBeLessThanOrEqual(firstPage?.at ?? 0);
  });
});
