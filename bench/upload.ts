// The same rows in memory, sent by the ingestion client's own `upload`, or the way the action sends them: what leaving
// `upload` is worth. Only the sending is measured.
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import { EntraCredential } from '../src/auth/credential.ts';
import { Batcher } from '../src/destination/batch.ts';
import { openDestination, upload, verdictOf } from '../src/destination/logs-ingestion.ts';
import { Ingest } from '../src/destination/uploader.ts';
import { Gate } from '../src/http/gate.ts';
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
  const destination = openDestination(
    rule,
    credential,
    'bench',
    new Gate({ first: 1000, longest: 1000 }, 'ingestion'),
  );
  const pace = {
    clock: systemClock,
    deadline: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  };
  const batcher = new Batcher();
  const ingest = new Ingest({
    provenBefore: true,
    concurrency: CONCURRENCY,
    send: (body, requestId) => upload(destination, body, requestId, pace),
    verdictOf: (answer) => verdictOf(destination, answer),
    newRequestId: () => crypto.randomUUID(),
    onEnd: () => undefined,
    onStop: (reason) => {
      throw reason;
    },
  });
  const key = { hour: 0, high: 0, low: 0, byContent: false };
  for (const row of rows) {
    const batch = batcher.add({ json: JSON.stringify(row), key });
    if (batch !== undefined) await ingest.add(batch, () => batcher.reuse(batch));
  }
  const last = batcher.flush();
  if (last !== undefined) await ingest.add(last, () => undefined);
  await ingest.settle();
}
