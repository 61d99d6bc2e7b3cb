import { afterEach, describe, expect, it } from '@jest/globals';
import { runStep, type StepResult } from '../../emulator/runner.ts';
import { type Emulator, startEmulator } from '../../emulator/server.ts';

const HOUR = 3_600_000;
const START = Math.floor(Date.now() / HOUR) * HOUR - 30 * HOUR;
const EVENT = { Id: 'odd-1', CreationTime: new Date(START + 60_000).toISOString(), Activity: 'ViewReport' };

let emulator: Emulator;
afterEach(() => emulator.close());

/** One hour whose only page is this text. */
async function runWithPage(body: string): Promise<StepResult> {
  emulator = await startEmulator();
  const headers = { 'content-type': 'application/json' };
  emulator.fault({ service: 'power-bi', status: 200, headers, body });
  return run();
}

function run(inputs: Record<string, string> = {}): Promise<StepResult> {
  const window = {
    'start-time': new Date(START).toISOString(),
    'end-time': new Date(START + HOUR).toISOString(),
  };
  return runStep({ inputs: { ...emulator.inputs, ...window, ...inputs }, env: emulator.env });
}

function page(events: string, token = 'null'): string {
  return `{"activityEventEntities":${events},"continuationUri":null,"continuationToken":${token},"lastResultSet":false}`;
}

describe('an odd page', () => {
  it('with a byte order mark is read', async () => {
    const step = await runWithPage(`\ufeff${page(JSON.stringify([EVENT]))}`);
    expect(step.outputs).toMatchObject({
      complete: 'true',
      'activities-ingested': '1',
      'source-requests': '1',
    });
  });

  it('with null for the events is an empty one', async () => {
    const step = await runWithPage(page('null'));
    expect(step.outputs).toMatchObject({
      complete: 'true',
      'activities-collected': '0',
      'source-requests': '1',
    });
  });

  it('with a token that is no text is not the end of the data', async () => {
    const step = await runWithPage(page('[]', '5'));
    expect(Number(step.outputs['source-requests'])).toBeGreaterThan(1);
    expect(step.outputs.complete).toBe('true');
  });

  it('with an event nested deeper than can be written is kept, the nested property cut', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const event = JSON.stringify(EVENT).replace(/}$/, `,"Deep":${deep},"UserId":"ana@example.test"}`);
    const step = await runWithPage(page(`[${event}]`));
    expect(step.outputs).toMatchObject({ complete: 'true', 'activities-ingested': '1' });
    expect(emulator.table[0]).toMatchObject({ ActivityId: 'odd-1', AdditionalFields: { Deep: '…[cut]' } });
    expect(step.log).toContain('title=Values cut');
  });

  it('with a number longer than a double keeps arrives as it was written', async () => {
    const event = JSON.stringify(EVENT).replace(/}$/, ',"UserKey":12345678901234567890}');
    await runWithPage(page(`[${event}]`));
    expect(emulator.table[0]).toMatchObject({ UserKey: '12345678901234567890' });
  });
});

describe('an odd throttle', () => {
  it('that names a time without end is out of time, and no defect', async () => {
    emulator = await startEmulator();
    const headers = { 'retry-after': '99999999999999999' };
    emulator.fault({ service: 'power-bi', status: 429, headers, body: '', times: Number.POSITIVE_INFINITY });
    const step = await run();
    expect(step.log).toContain('title=Out of time');
    expect(step.code).toBe(1);
  });
});

describe('a gateway that takes smaller bodies only', () => {
  it.each(['1', '4', '16'])('gets every row in smaller uploads, %s at a time', async (concurrency) => {
    emulator = await startEmulator({ eventsPerHour: 6000 });
    const headers = { 'content-type': 'text/html' };
    emulator.fault({
      service: 'ingestion',
      match: ({ body }) => body.length > 20_000,
      status: 413,
      headers,
      body: '<html>Request Entity Too Large</html>',
      times: Number.POSITIVE_INFINITY,
    });
    const step = await run({ concurrency });
    expect(step.outputs).toMatchObject({ complete: 'true', 'activities-failed': '0' });
    expect(new Set(emulator.table.map(({ ActivityId }) => ActivityId)).size).toBe(6000);
    expect(emulator.table).toHaveLength(6000);
  });
});

describe('an ingestion endpoint that answers 200', () => {
  it('is not believed, and not sent the same rows again', async () => {
    emulator = await startEmulator({ eventsPerHour: 5 });
    emulator.fault({ service: 'ingestion', skip: 1, status: 200, body: '{"accepted":true}', times: 100 });
    const step = await run();
    expect(step.outputs).toMatchObject({
      complete: 'false',
      'activities-failed': '5',
      'activities-ingested': '0',
    });
    expect(emulator.requestsTo('ingestion')).toHaveLength(2);
    expect(step.code).toBe(1);
  });
});
