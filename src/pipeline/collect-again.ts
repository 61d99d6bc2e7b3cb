import type { Inputs } from '../inputs/inputs.ts';
import type { Proved } from '../report/proved.ts';
import type { ActivityEvent } from '../rows/event.ts';
import { keyOf } from '../rows/event-key.ts';
import type { KeySet } from '../rows/key-set.ts';
import { redactionOf } from '../rows/redaction.ts';
import { activityName, jsonRow, type ReadyRow } from '../rows/rows.ts';
import { openSource, type SourceServices } from '../sources/open.ts';
import { collectWindows } from '../sources/windows.ts';
import { HOUR } from '../time/clock.ts';
import { parseInstant } from '../time/instant.ts';
import { hourOf, type Window } from '../time/window.ts';

/** Most hours asked for again in one run, oldest first: the source has 200 requests an hour. */
const MOST_HOURS = 50;
/** Bytes of rows held until they are sent again; the others follow in the next run. */
const HELD = 8 * 2 ** 20;

/** A row that the source still has, and the name of its activity. */
export interface FoundRow extends ReadyRow {
  readonly operation: string;
}

/**
 * Asks the source for hours once more, and takes the rows out that are missing from the table.
 * @param missing first instant of an hour to the keys wanted of it, oldest first
 * @param proved where requests and cut values are counted
 * @throws ActionError of the source, DeadlineError, or the deadline's reason
 */
export async function collectAgain(
  missing: ReadonlyMap<number, KeySet>,
  inputs: Inputs,
  services: Omit<SourceServices, 'onRequest'>,
  proved: Proved,
): Promise<FoundRow[]> {
  // The query service's clock may be ahead: what lies in the future is no window.
  const now = services.time.now();
  const windows = [...missing.keys()]
    .map((hour) => ({ start: hour, end: Math.min(hour + HOUR, now) }))
    .filter((window) => window.start < window.end)
    .slice(0, MOST_HOURS);
  if (windows.length === 0) return [];
  const onRequest = () => {
    proved.requests += 1;
  };
  const opened = await openSource(inputs, windows, { ...services, onRequest }, () => undefined);
  if (opened.kind !== 'activity') return [];
  const { api, link, windows: asked } = opened.candidate;
  const mapping = {
    source: api.name,
    now: () => services.time.now(),
    redact: redactionOf(inputs.privacy),
  };
  const found = new Map<string, FoundRow>();
  let bytes = 0;
  for await (const item of collectWindows(api, asked, link, inputs.concurrency, opened.first)) {
    if (item.kind !== 'page') continue;
    for (const event of item.events) {
      const placed = placedIn(event, item.window);
      if (placed === undefined || bytes > HELD) continue;
      const { key, createdAt } = placed;
      if (!missing.get(key.hour)?.has(key.high, key.low)) continue;
      const json = jsonRow(event, createdAt, mapping, proved.truncations);
      bytes += json.length;
      found.set(`${key.hour} ${key.high} ${key.low}`, { json, key, operation: activityName(event) });
    }
  }
  return [...found.values()];
}

/** The key of an event that has an id: others are not looked for in the table. */
function placedIn(event: ActivityEvent, window: Window) {
  const { Id, CreationTime } = event;
  if (typeof Id !== 'string') return undefined;
  const createdAt = typeof CreationTime === 'string' ? parseInstant(CreationTime) : undefined;
  const key = keyOf(event, hourOf(createdAt ?? Math.max(window.start, window.end - 1)));
  return key.byContent ? undefined : { key, createdAt };
}
