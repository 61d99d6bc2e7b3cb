import type { ReadyRow } from '../destination/batch.ts';
import { withIdle } from '../destination/idle.ts';
import { ActionError, FAULTS } from '../errors.ts';
import { FABRIC_SCOPE } from '../inputs/clouds.ts';
import { afterRefusals, type Tally } from '../report/run-record.ts';
import { Seen } from '../rows/deduplicator.ts';
import type { ActivityEvent } from '../rows/event.ts';
import { type RowContext, rowsOf } from '../rows/rows.ts';
import type { Chosen } from '../sources/choose.ts';
import { linkTo, openSource, SOURCE } from '../sources/open.ts';
import { OpenHours } from '../sources/open-hours.ts';
import { collect } from '../sources/windows.ts';
import { workspaceRecords } from '../sources/workspaces.ts';
import { HOUR, SECOND } from '../time/clock.ts';
import { hoursOf, type Window } from '../time/window.ts';
import type { Job } from './job.ts';
import type { Plan } from './plan.ts';

/** A batch that is not full is sent when nothing new came for so long, so that it never waits for a throttle. */
const IDLE = 5 * SECOND;

/** Windows refused in a row, from which on the others are not asked for any more. */
const REFUSALS_IN_A_ROW = 3;

interface EventPage {
  readonly window: Window;
  readonly events: Iterable<ActivityEvent>;
}

/**
 * From the sources to rows ready to be sent, page by page, as it comes. 'idle' says that nothing came for a while.
 * @throws ActionError, OutOfTimeError
 */
export async function* collectRows(job: Job, plan: Plan): AsyncGenerator<Iterable<ReadyRow> | 'idle', void> {
  const { tally, inputs, track } = job;
  if (inputs.source !== 'workspaces' && plan.windows.length === 0) {
    tally.collectedWhole = true;
    return;
  }
  const chosen = await openSource(job, plan);
  const activityLog = chosen.kind === 'activity' ? chosen.candidate : undefined;
  const seen = new Seen(track.checkpoint);
  const context: RowContext = {
    source: activityLog?.api.name ?? 'workspaces',
    filter: inputs,
    inWindow: activityLog === undefined ? () => true : within(plan.windows),
    isSettled: (hour) => track.checkpoint?.isSettled(hour) ?? false,
    seen,
    now: () => job.time.now(),
    counts: tally.counts,
  };
  tally.source = context.source;
  if (activityLog === undefined) tally.hoursPlanned = 0;
  const pages = chosen.kind === 'activity' ? activityEvents(job, chosen, seen) : workspaceEvents(job);
  for await (const page of withIdle(pages, IDLE)) {
    yield page === 'idle' ? page : noted(rowsOf(page.events, page.window, context), job);
  }
  tally.collectedWhole =
    activityLog !== undefined && tally.missing.length === 0 && tally.agedOut.length === 0;
}

function* noted(rows: Iterable<ReadyRow>, { track }: Job): Generator<ReadyRow, void> {
  for (const row of rows) {
    track.taken(row.key);
    yield row;
  }
}

async function* activityEvents(
  job: Job,
  chosen: Extract<Chosen, { kind: 'activity' }>,
  seen: Seen,
): AsyncGenerator<EventPage, void> {
  const { tally, inputs, track } = job;
  const { api, link, windows } = chosen.candidate;
  const askedAt = new Map<Window, number>();
  const open = new OpenHours(windows);
  let refusals = 0;
  for await (const item of collect(api, windows, link, inputs.concurrency, chosen.begun)) {
    switch (item.kind) {
      case 'begin':
        askedAt.set(item.window, item.askedAt);
        for (const { hour } of hoursOf(item.window)) seen.rewind(hour);
        break;
      case 'page':
        yield item;
        break;
      case 'whole':
        tally.hoursDone += hoursIn(item.window);
        tally.anyHourWhole = true;
        refusals = 0;
        track.collected(item.part, job.time.earliest(askedAt.get(item.window) ?? 0, SOURCE));
        open.leave(item.window);
        break;
      case 'missing':
        tally.hoursDone += hoursIn(item.window);
        tally.missing.push(item);
        open.leave(item.window);
        if (item.refused) {
          const reason = `${api.name}: ${item.why}`;
          if (!tally.refusals.includes(reason)) tally.refusals.push(reason);
          refusals += 1;
          if (refusals >= REFUSALS_IN_A_ROW) {
            const left = tally.hoursPlanned - tally.hoursDone + tally.missing.length;
            const extent = `${left} of ${tally.hoursPlanned} hours were not collected`;
            throw new ActionError('source-refused', `${reason}, ${refusals} times in a row; ${extent}`);
          }
        }
        break;
      case 'aged-out':
        tally.agedOut.push(item.part);
        if (item.part.end === item.window.end) {
          tally.hoursDone += hoursIn(item.window);
          open.leave(item.window);
        }
        break;
    }
    if (item.kind === 'page' || item.kind === 'begin') continue;
    const isDone = (hour: number) => open.isDone(hour);
    seen.forget(isDone);
    track.checkpoint?.close(isDone);
  }
}

async function* workspaceEvents(job: Job): AsyncGenerator<EventPage, void> {
  const { inputs, tally } = job;
  const link = linkTo(job, 'Fabric', FABRIC_SCOPE);
  const now = job.time.now();
  let readable = 0;
  const results = workspaceRecords(inputs.fabricUrl ?? '', inputs.workspaceIds, link, inputs.concurrency);
  for await (const result of withRefusals(results, tally)) {
    if ('record' in result) {
      readable += 1;
      tally.fallbackUsed = inputs.source === 'auto';
      yield { window: { start: now, end: now }, events: [result.record] };
    } else {
      tally.unreadable.push({ id: result.unreadable, why: result.why });
    }
  }
  if (readable === 0) {
    const why = tally.unreadable[0]?.why ?? 'the list is empty';
    throw workspacesFault(tally, `no workspace could be read (${why})`);
  }
  const what = tally.fallbackUsed
    ? 'No activity log was accessible, and workspace records stand in'
    : 'Workspace records were collected';
  const remedy = tally.fallbackUsed ? ` ${FAULTS['source-refused'].remedy}` : '';
  tally.warn(
    'fallback',
    `${what}: they say that the app could read a workspace, not that anybody used it. No hour counts as collected.${remedy}`,
  );
}

/** Whether an instant lies in one of the windows; looked up by hour, since there may be hundreds. */
function within(windows: Plan['windows']): (instant: number) => boolean {
  const byHour = new Map(windows.map((window) => [window.hour, window]));
  return (instant) => {
    const window = byHour.get(Math.floor(instant / HOUR) * HOUR);
    return window !== undefined && instant >= window.start && instant < window.end;
  };
}

function hoursIn(window: Window): number {
  return [...hoursOf(window)].length;
}

/** A list of workspaces that cannot be had is not the whole story where another source had refused before. */
async function* withRefusals<T>(results: AsyncGenerator<T, void>, tally: Tally): AsyncGenerator<T, void> {
  try {
    yield* results;
  } catch (error) {
    throw error instanceof ActionError ? afterRefusals(error.code, error.detail, tally) : error;
  }
}

/** No source is left: every refusal on the way names its remedy. */
function workspacesFault(tally: Tally, detail: string): ActionError {
  const refused = tally.unreadable.length === 0 || tally.unreadable.some(({ why }) => /^HTTP 4/.test(why));
  return afterRefusals(refused ? 'workspaces-refused' : 'source-unreachable', detail, tally);
}
