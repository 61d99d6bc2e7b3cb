import type { CheckpointWriter } from '../checkpoint/writer.ts';
import { ActionError } from '../errors.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { type Collected, nothingCollected } from '../report/run-record.ts';
import { Deduplicator } from '../rows/deduplicator.ts';
import type { ActivityEvent } from '../rows/event.ts';
import { redactionOf } from '../rows/redaction.ts';
import { type ReadyRow, type RowContext, rowsOf } from '../rows/rows.ts';
import type { OpenedSource } from '../sources/choose.ts';
import { openSource, SOURCE, type SourceServices } from '../sources/open.ts';
import { OpenHours } from '../sources/open-hours.ts';
import { collectWindows } from '../sources/windows.ts';
import { HOUR } from '../time/clock.ts';
import { hoursOf, type Window } from '../time/window.ts';
import type { Plan } from './plan.ts';
import type { RowSource } from './row-source.ts';
import { standIn } from './stand-in.ts';
import type { TableMemory } from './table-memory.ts';

/** Windows refused in a row, from which on the others are not asked for any more. */
const REFUSALS_IN_A_ROW = 3;

/** What collecting needs of the run. */
export interface CollectServices extends Omit<SourceServices, 'onRequest'> {
  /** Told each source that refuses, as it does. */
  readonly onRefusal: (reason: string) => void;
  /** Where the table says what earlier runs sent. */
  readonly memory: TableMemory | undefined;
  /** Called after each window that was collected, so that what waits for its proof does not pile up. */
  readonly relieve: (() => Promise<void>) | undefined;
}

interface EventPage {
  readonly window: Window;
  readonly events: Iterable<ActivityEvent>;
}

/** What the functions of one collection share. */
interface Collection {
  readonly inputs: Inputs;
  readonly plan: Plan;
  readonly checkpoint: CheckpointWriter;
  readonly services: SourceServices;
  readonly collected: Collected;
  readonly deduplicator: Deduplicator;
  readonly memory: TableMemory | undefined;
  readonly relieve: (() => Promise<void>) | undefined;
}

/**
 * From the sources to rows ready to be sent, page by page, as it comes; its rows throw ActionError or DeadlineError.
 * @param checkpoint told each row, and each window that was collected whole
 */
export function collect(
  inputs: Inputs,
  plan: Plan,
  checkpoint: CheckpointWriter,
  { onRefusal, memory, relieve, ...services }: CollectServices,
): RowSource {
  const collected = nothingCollected();
  const onRequest = () => {
    collected.requests += 1;
  };
  const collection: Collection = {
    inputs,
    plan,
    checkpoint,
    services: { ...services, onRequest },
    collected,
    deduplicator: new Deduplicator(checkpoint.checkpoint),
    memory,
    relieve,
  };
  const noteRefusal = (reason: string) => {
    collected.refusals.push(reason);
    onRefusal(reason);
  };
  return { rows: collectRows(collection, noteRefusal), collected };
}

async function* collectRows(
  collection: Collection,
  onRefusal: (reason: string) => void,
): AsyncGenerator<Iterable<ReadyRow>, void> {
  const { inputs, plan, checkpoint, services, collected, deduplicator, memory } = collection;
  if (inputs.source !== 'workspaces' && plan.windows.length === 0) {
    collected.isWhole = true;
    return;
  }
  const opened = await openSource(inputs, plan.windows, services, onRefusal);
  const isActivity = opened.kind === 'activity';
  collected.source = isActivity ? opened.candidate.api.name : 'workspaces';
  const context: RowContext = {
    source: collected.source,
    filter: inputs,
    inWindow: isActivity ? within([...plan.windows, ...plan.known]) : () => true,
    isSettled: (hour) => checkpoint.checkpoint?.isSettled(hour) ?? false,
    deduplicator,
    redact: redactionOf(inputs.privacy),
    ...(memory === undefined ? {} : { onRepeat: (key) => checkpoint.met(key) }),
    now: () => services.time.now(),
    counts: collected.counts,
  };
  const pages = isActivity ? activityEvents(collection, opened) : standIn(inputs, services, collected);
  for await (const { events, window } of pages) {
    const known = memory === undefined ? events : await memory.before(events, window);
    yield noted(rowsOf(known, window, context), checkpoint);
  }
  collected.isWhole = isActivity && collected.uncollected.length === 0 && collected.agedOut.length === 0;
}

function* noted(rows: Iterable<ReadyRow>, checkpoint: CheckpointWriter): Generator<ReadyRow, void> {
  for (const row of rows) {
    checkpoint.added(row.key);
    yield row;
  }
}

async function* activityEvents(
  collection: Collection,
  opened: Extract<OpenedSource, { kind: 'activity' }>,
): AsyncGenerator<EventPage, void> {
  const { inputs, plan, checkpoint, services, collected, deduplicator } = collection;
  const { api, link, windows } = opened.candidate;
  const askedAt = new Map<Window, number>();
  const open = new OpenHours(windows);
  let refusals = 0;
  for await (const item of collectWindows(api, windows, link, inputs.concurrency, opened.first)) {
    switch (item.kind) {
      case 'begin':
        askedAt.set(item.window, item.askedAt);
        for (const { hour } of hoursOf(item.window)) deduplicator.rewind(hour);
        continue;
      case 'page':
        yield item;
        continue;
      case 'whole':
        // An hour that had lost its beginning is named as missing.
        if (item.part.start === item.window.start)
          for (const { hour } of hoursOf(item.window)) collected.wholeHours.add(hour);
        refusals = 0;
        noteQuiet(item.part, collection);
        checkpoint.collected(item.part, services.time.earliest(askedAt.get(item.window) ?? 0, SOURCE));
        break;
      case 'uncollected':
        collected.uncollected.push(item);
        if (item.refused) refusals += 1;
        break;
      case 'aged-out':
        collected.agedOut.push(item.part);
        // The rest of the window follows.
        if (item.part.end !== item.window.end) continue;
        break;
    }
    collected.hoursDone += [...hoursOf(item.window)].length;
    open.leave(item.window);
    if (item.kind === 'uncollected' && item.refused)
      noteRefusal(`${api.name}: ${item.why}`, refusals, plan.hours, collected);
    const isDone = (hour: number) => open.isDone(hour);
    deduplicator.forget(isDone);
    checkpoint.checkpoint?.close(isDone);
    await collection.relieve?.();
  }
}

/** @throws ActionError 'source-refused' where the source refuses again and again */
function noteRefusal(reason: string, inARow: number, hoursPlanned: number, collected: Collected): void {
  if (!collected.refusals.includes(reason)) collected.refusals.push(reason);
  if (inARow < REFUSALS_IN_A_ROW) return;
  const left = hoursPlanned - collected.hoursDone + collected.uncollected.length;
  const extent = `${left} of ${hoursPlanned} hours were not collected`;
  throw new ActionError('source-refused', `${reason}, ${inARow} times in a row; ${extent}`);
}

/** Without a filter, hours that usually have events and come without any are worth a word. */
function noteQuiet(part: Window, { inputs, checkpoint, services, collected }: Collection): void {
  if (inputs.activity !== undefined || inputs.userId !== undefined) return;
  const hasEvents = (hour: number) => collected.counts.hours.has(hour);
  collected.quietHours.push(...checkpoint.takeQuietHours(part, hasEvents, services.time.now()));
}

/** Whether an instant lies in one of the windows; looked up by hour, since there may be hundreds. */
function within(windows: Plan['windows']): (instant: number) => boolean {
  const byHour = new Map(windows.map((window) => [window.hour, window]));
  return (instant) => {
    const window = byHour.get(Math.floor(instant / HOUR) * HOUR);
    return window !== undefined && instant >= window.start && instant < window.end;
  };
}
