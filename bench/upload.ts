// The same rows in memory, sent by the ingestion client's own `upload`, or the way the action sends them: what leaving
// `upload` is worth. Only the sending is measured.
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import { EntraCredential } from '../src/auth/credential.ts';
import { Batcher } from '../src/destination/batch.ts';
import { inBatches } from '../src/destination/batches.ts';
import { LogsIngestion } from '../src/destination/logs-ingestion.ts';
import { Uploader } from '../src/destination/uploader.ts';
import { mapEvent } from '../src/rows/map.ts';
import { systemClock } from '../src/time/clock.ts';
import { accessToken, MONITOR, noteOutput, POWER_BI, page, settingFromEnv } from './plain.ts';

const CONCURRENCY = 4;
const setting = settingFromEnv();
const source = await accessToken(setting, POWER_BI);
const token = { token: await accessToken(setting, MONITOR), expiresOnTimestamp: Date.now() + 3_600_000 };
const rows: Record<string, unknown>[] = [];
for (let hour = setting.start; hour < setting.end; hour += 3_600_000) {
  const { activityEventEntities } = await page(setting, source, hour);
  for (const event of activityEventEntities)
    rows.push(mapEvent(event, Date.parse(String(event.CreationTime)), 'power-bi', Date.now()));
}

const started = performance.now();
const before = process.cpuUsage();
await (process.env.BENCH_WAY === 'client' ? byClient() : byAction());
const { user, system } = process.cpuUsage(before);
noteOutput('wall', performance.now() - started);
noteOutput('cpu', (user + system) / 1000);

async function byClient(): Promise<void> {
  const client = new LogsIngestionClient(setting.url, { getToken: async () => token });
  await client.upload(setting.rule, setting.stream, rows, { maxConcurrency: CONCURRENCY });
}

async function byAction(): Promise<void> {
  const rule = { dcrEndpoint: setting.url, dcrImmutableId: setting.rule, streamName: setting.stream };
  const credential = new EntraCredential(async () => token, systemClock);
  const destination = new LogsIngestion(rule, credential, 'bench');
  const deadline = {
    clock: systemClock,
    at: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  };
  const batcher = new Batcher();
  const uploader = new Uploader({
    provenBefore: true,
    concurrency: CONCURRENCY,
    send: (body, requestId) => destination.send(body, requestId, deadline),
    faultOf: (answer) => destination.faultOf(answer),
    newRequestId: () => crypto.randomUUID(),
    onStop: (reason) => {
      throw reason;
    },
  });
  const key = { hour: 0, high: 0, low: 0, byContent: false };
  const ready = (async function* () {
    for (const row of rows) yield [{ json: JSON.stringify(row), key }];
  })();
  for await (const { batch } of uploader.deliver(inBatches(ready, batcher))) batcher.reuse(batch);
}
