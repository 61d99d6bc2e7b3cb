// What one writes first with the same libraries: collect everything, map everything, one upload.
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import { mapEvent } from '../src/rows/map.ts';
import { accessToken, MONITOR, POWER_BI, page, settingFromEnv } from './plain.ts';

const setting = settingFromEnv();
const source = await accessToken(setting, POWER_BI);
const sink = await accessToken(setting, MONITOR);

const events = [];
for (let hour = setting.start; hour < setting.end; hour += 3_600_000) {
  let next: string | undefined;
  do {
    const answer = await page(setting, source, hour, next);
    events.push(...answer.activityEventEntities);
    next = answer.continuationToken ?? undefined;
  } while (next !== undefined);
}

const rows = events.map((event) =>
  mapEvent(event, Date.parse(String(event.CreationTime)), 'power-bi', Date.now()),
);
const credential = { getToken: async () => ({ token: sink, expiresOnTimestamp: Date.now() + 3_600_000 }) };
await new LogsIngestionClient(setting.url, credential).upload(setting.rule, setting.stream, rows);
