import type { CheckpointWriter } from '../checkpoint/writer.ts';
import type { Sight, TableReader } from '../destination/table-reader.ts';
import { ActionError } from '../errors.ts';
import type { ActivityEvent } from '../rows/event.ts';
import { type EventKey, keyOf } from '../rows/event-key.ts';
import { KeySet } from '../rows/key-set.ts';
import { DAY, HOUR } from '../time/clock.ts';
import { parseInstant } from '../time/instant.ts';
import { type HourWindow, hourOf, type Window } from '../time/window.ts';

/** As many rows of two days are read in one go, without asking first how many each hour has. */
const FEW = 300_000;
/** Hours whose sizes are asked for at once. */
const STRETCH = 2 * DAY;

/**
 * What earlier runs sent, read from the table where nothing else says it: an hour's keys are known before its events are
 * taken in. Hour by hour, so that memory does not grow with the window.
 */
export class TableMemory {
  readonly #reader: TableReader;
  readonly #writer: CheckpointWriter;
  /** Hours of which the table is still to be asked. */
  readonly #unknown: Set<number>;
  readonly #sight: Sight;

  private constructor(reader: TableReader, writer: CheckpointWriter, unknown: Set<number>, sight: Sight) {
    this.#reader = reader;
    this.#writer = writer;
    this.#unknown = unknown;
    this.#sight = sight;
  }

  /**
   * @returns undefined where it is known what earlier runs sent of all hours
   * @throws ActionError 'table-…' where the table can't be read and nothing else says it: then nothing may be sent
   */
  static async open(
    reader: TableReader,
    writer: CheckpointWriter,
    windows: readonly HourWindow[],
  ): Promise<TableMemory | undefined> {
    const unknown = new Set(windows.filter(({ start }) => writer.isUnknown(start)).map(({ hour }) => hour));
    if (unknown.size === 0) return undefined;
    const sight = await reader.sight();
    // A workspace without any data holds no row.
    return sight === undefined ? undefined : new TableMemory(reader, writer, unknown, sight);
  }

  /** Reads what the table has of the hours of these events. @returns the events @throws ActionError 'table-…' */
  async before(events: Iterable<ActivityEvent>, window: Window): Promise<readonly ActivityEvent[]> {
    const page = [...events];
    const timeless: EventKey[] = [];
    for (const event of page) {
      const { CreationTime } = event;
      const createdAt = typeof CreationTime === 'string' ? parseInstant(CreationTime) : undefined;
      if (createdAt === undefined) timeless.push(...keysOf(event, window));
      else if (this.#unknown.has(hourOf(createdAt))) await this.#read(hourOf(createdAt));
    }
    await this.#findTimeless(timeless, window);
    return page;
  }

  /** Events without a time stand in the table under the time of their arrival. */
  async #findTimeless(keys: readonly EventKey[], window: Window): Promise<void> {
    if (keys.length === 0) return;
    const asked = new KeySet();
    for (const { high, low } of keys) asked.add(high, low);
    const there = await this.#reader.some(asked, hourOf(window.start));
    this.#writer.found(keys.filter(({ high, low }) => there.has(high, low)));
  }

  async #read(hour: number): Promise<void> {
    const sizes = await this.#sizesAround(hour);
    let count = 0;
    for await (const [found, keys] of this.#reader.keys(sizes)) {
      count += keys.size;
      if (!this.#unknown.has(found)) continue;
      const all = [...keys.keys()].map(([high, low]) => ({ hour: found, high, low, byContent: false }));
      this.#writer.found(all);
    }
    await this.#ensureSight(sizes, count);
    for (const known of sizes.keys()) this.#unknown.delete(known);
  }

  /** @throws ActionError 'table-blind' where fewer keys came than the table counts in the hours: all would be sent again */
  async #ensureSight(sizes: ReadonlyMap<number, number>, count: number): Promise<void> {
    const guessed = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (count >= guessed || (count > 0 && this.#sight.rows <= FEW)) return;
    const hours = [...sizes.keys()];
    const window = { start: Math.min(...hours), end: Math.max(...hours) + HOUR };
    const prints = (await this.#reader.hours(window)).hours;
    const counted = hours.reduce((sum, hour) => sum + (prints.get(hour)?.ids ?? 0), 0);
    if (count < counted)
      throw new ActionError('table-blind', `${count} keys, where the table counts ${counted} ids`);
  }

  /** About how many rows the hours have that are read together with this one. */
  async #sizesAround(hour: number): Promise<Map<number, number>> {
    const recent = hourOf(this.#sight.now) - 2 * DAY;
    const near = [...this.#unknown].filter((one) => one >= hour && one < hour + STRETCH);
    // Their rows are among those of the last two days: TimeGenerated is never before CreationTime.
    if (this.#sight.rows <= FEW && near.every((one) => one > recent)) {
      const each = this.#sight.rows / near.length;
      return new Map(near.map((one) => [one, each]));
    }
    const { hours } = await this.#reader.hours({ start: hour, end: Math.max(...near) + HOUR });
    const sizes = new Map<number, number>();
    let ids = 0;
    for (const one of near.sort((a, b) => a - b)) {
      const size = hours.get(one)?.ids ?? 0;
      if (sizes.size > 0 && ids + size > FEW) break;
      sizes.set(one, size);
      ids += size;
    }
    return sizes;
  }
}

/** The key of an event that has an id and no time, under which it is taken in. */
function keysOf(event: ActivityEvent, window: Window): EventKey[] {
  if (typeof event.Id !== 'string' || event.Id === '') return [];
  const key = keyOf(event, hourOf(Math.max(window.start, window.end - 1)));
  return key.byContent ? [] : [key];
}
