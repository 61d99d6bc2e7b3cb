import { INGESTED } from '../../emulator/kusto/scope.ts';
import { eventsOfHour, HOUR_MS } from '../../emulator/tenant/events.ts';
import { mapEvent } from '../../src/rows/map.ts';

const DAYS = 14;
const SEED = 7;

/** Two weeks of synthetic events: busy by day, quiet at night and on weekends, with a few that a reader should notice. */
export function sampleRows(now) {
  const rows = [];
  for (let hoursAgo = DAYS * 24; hoursAgo >= 1; hoursAgo -= 1) {
    const start = Math.floor((now - hoursAgo * HOUR_MS) / HOUR_MS) * HOUR_MS;
    const time = new Date(start);
    const isWeekend = [0, 6].includes(time.getUTCDay());
    const isDay = time.getUTCHours() >= 7 && time.getUTCHours() < 18;
    const perHour = isWeekend ? 3 : isDay ? 25 : 4;
    for (const event of eventsOfHour(start, perHour, SEED)) {
      const row = rowOf(event, now);
      if (row[INGESTED] < now) rows.push(row);
    }
  }
  return [...rows, ...notable(rows.at(-1), now)];
}

function rowOf(event, now) {
  const at = Date.parse(event.CreationTime.replace(/Z?$/, 'Z'));
  const row = mapEvent(event, at, 'power-bi', now);
  return {
    ...row,
    TimeGenerated: at,
    CreationTime: at,
    [INGESTED]: at + 40 * 60_000,
  };
}

function notable(like, now) {
  const at = now - 20 * HOUR_MS;
  const times = { TimeGenerated: at, CreationTime: at, [INGESTED]: at + HOUR_MS };
  const make = (number, more) => ({
    ...like,
    ...times,
    ActivityId: `notable-${number}`,
    IsSuccess: true,
    ...more,
  });
  return [
    ...Array.from({ length: 64 }, (_, number) =>
      make(`export-${number}`, {
        Operation: 'ExportReport',
        UserId: 'cy@example.test',
        ArtifactId: `r${number}`,
      }),
    ),
    make('web', {
      Operation: 'PublishToWebReport',
      Activity: 'PublishToWebReport',
      UserId: 'bo@example.test',
    }),
    make('share', {
      Operation: 'ShareReport',
      Activity: 'ShareReport',
      UserId: 'ana@example.test',
      AdditionalFields: { SharingInformation: [{ RecipientEmail: 'eve@partner.test' }] },
    }),
  ];
}
