import { ActionError } from '../errors.ts';
import { keyHex, parseKeyHex } from '../rows/event-key.ts';
import { KeySet } from '../rows/key-set.ts';
import { DAY, HOUR } from '../time/clock.ts';
import type { Deadline } from '../time/deadline.ts';
import { parseInstant } from '../time/instant.ts';
import type { Window } from '../time/window.ts';
import { type AnswerRow, instantIn, numberIn } from './answer-row.ts';
import { type HourPrint, printOf } from './hour-print.ts';
import { type LogQuery, PartialAnswerError } from './log-query.ts';
import {
  capQuery,
  errorsQuery,
  hoursQuery,
  keysQuery,
  SELF,
  sightQuery,
  someQuery,
} from './proof-queries.ts';

export interface HourPrints {
  readonly hours: Map<number, HourPrint>;
  /** By the service's clock, ms since the epoch; undefined where there was no row to tell it. */
  readonly now: number | undefined;
  /** Whether hashes and numbers come out there as they do here. */
  readonly isBelieved: boolean;
}

export interface Sight {
  /** Rows of the last two days. */
  readonly rows: number;
  /** By the service's clock, ms since the epoch. */
  readonly now: number;
}

/** Keys asked for in one query, by number: texts stay below 64 kB. */
const KEYS_AT_ONCE = 2000;
/** Rows of an answer, of 500,000 that the service gives at the most. */
const ROWS_AT_ONCE = 300_000;
/** First digits of keys, by which an hour is cut. */
const PREFIXES = [...'0123456789abcdef'];
/** Longest window of one query of fingerprints. */
const LONGEST = 2 * DAY;

/** The table, as it is read back. */
export class TableReader {
  readonly #query: LogQuery;
  readonly #table: string;
  readonly #deadline: Deadline;

  constructor(query: LogQuery, table: string, deadline: Deadline) {
    this.#query = query;
    this.#table = table;
    this.#deadline = deadline;
  }

  /**
   * Whether the table can be seen, before anything that it says is believed.
   * @returns undefined where the workspace never had any data
   * @throws ActionError 'table-…'
   */
  async sight(): Promise<Sight | undefined> {
    const answer = await this.#ask(sightQuery(this.#table));
    if (answer === undefined) return undefined;
    const [row] = answer;
    const [rows, blank, noTime] = [numberIn(row, 'Rows'), numberIn(row, 'Blank'), numberIn(row, 'NoTime')];
    const now = instantIn(row, 'Now');
    if (row === undefined || now === undefined)
      throw new ActionError('table-blind', 'an answer without the row that every table gives');
    if (rows > 0 && blank === rows)
      throw new ActionError('table-columns', `ActivityId is empty in all ${rows} rows of the last two days`);
    if (rows > 0 && noTime === rows)
      throw new ActionError(
        'table-columns',
        `CreationTime is empty in all ${rows} rows of the last two days`,
      );
    return { rows, now };
  }

  /** Fingerprints of whole hours. @throws ActionError 'table-…' */
  async hours(window: Window): Promise<HourPrints> {
    const hours = new Map<number, HourPrint>();
    let now: number | undefined;
    let isBelieved = true;
    for (let start = window.start; start < window.end; start += LONGEST) {
      const part = { start, end: Math.min(start + LONGEST, window.end) };
      for (const row of await this.#inHalves(part, (half) => [hoursQuery(this.#table, half)])) {
        const hour = instantIn(row, 'Hour');
        now = instantIn(row, 'Now') ?? now;
        isBelieved &&= row.Self === SELF;
        if (hour !== undefined) hours.set(hour, printOf(row));
      }
    }
    return { hours, now, isBelieved };
  }

  /**
   * Keys of whole hours, some hours at a time.
   * @param sizes about how many ids each hour holds; those with none are left out
   * @throws ActionError 'table-…'
   */
  async *keys(sizes: ReadonlyMap<number, number>): AsyncGenerator<[hour: number, keys: KeySet], void> {
    for (const { window, ids } of stretches(sizes)) {
      const cut = (half: Window) => PREFIXES.map((prefix) => keysQuery(this.#table, half, prefix));
      const whole = (half: Window) => [keysQuery(this.#table, half)];
      const found = new Map<number, KeySet>();
      const rows = await this.#inHalves(window, ids > ROWS_AT_ONCE ? cut : whole, cut);
      for (const { Hour, C } of rows) {
        const hour = typeof Hour === 'string' ? parseInstant(Hour) : undefined;
        const key = parseKeyHex(String(C).split(':')[0] ?? '');
        if (hour === undefined || key === undefined) continue;
        const keys = found.get(hour) ?? new KeySet();
        keys.add(...key);
        found.set(hour, keys);
      }
      for (let hour = window.start; hour < window.end; hour += HOUR)
        yield [hour, found.get(hour) ?? new KeySet()];
    }
  }

  /** Which of some keys are there, under whatever hour. @throws ActionError 'table-…' */
  async some(keys: KeySet, since: number): Promise<KeySet> {
    const found = new KeySet();
    const texts = [...keys.keys()].map(([high, low]) => keyHex(high, low));
    for (let from = 0; from < texts.length; from += KEYS_AT_ONCE) {
      const part = texts.slice(from, from + KEYS_AT_ONCE);
      for (const { K } of (await this.#ask(someQuery(this.#table, part, since))) ?? []) {
        const key = parseKeyHex(String(K));
        if (key !== undefined) found.add(...key);
      }
    }
    return found;
  }

  /** Kinds of errors that the rule tells of uploads; none where that can't be read. */
  async errorsOf(requestIds: readonly string[]): Promise<string[]> {
    if (requestIds.length === 0) return [];
    const rows = await this.#ask(errorsQuery(requestIds)).catch(ignoredFault);
    const names = (rows ?? [])
      .filter(({ ClientRequestId }) => requestIds.includes(String(ClientRequestId)))
      .map(({ OperationName }) => String(OperationName));
    return [...new Set(names)].filter((name) => /^[A-Za-z]{1,40}$/.test(name));
  }

  /** Whether the workspace reached its daily cap in the last two days; false where that can't be read. */
  async isCapped(): Promise<boolean> {
    const rows = await this.#ask(capQuery()).catch(ignoredFault);
    return numberIn(rows?.[0], 'N') > 0;
  }

  /**
   * The rows of queries over a window, in halves of it where an answer is partial.
   * @param ofHour the queries over one hour, where even its answer is partial
   */
  async #inHalves(
    window: Window,
    queries: (part: Window) => string[],
    ofHour?: (part: Window) => string[],
  ): Promise<AnswerRow[]> {
    try {
      const answers: AnswerRow[][] = [];
      for (const text of queries(window)) answers.push((await this.#query(text, this.#deadline)) ?? []);
      return answers.flat();
    } catch (error) {
      if (!(error instanceof PartialAnswerError)) throw error;
    }
    const { start, end } = window;
    if (end - start > HOUR) {
      const middle = start + Math.ceil((end - start) / HOUR / 2) * HOUR;
      const first = await this.#inHalves({ start, end: middle }, queries, ofHour);
      return first.concat(await this.#inHalves({ start: middle, end }, queries, ofHour));
    }
    if (ofHour === undefined) throw new ActionError('table-unreachable', 'an answer lacks some of its rows');
    return this.#inHalves(window, ofHour);
  }

  async #ask(text: string): Promise<AnswerRow[] | undefined> {
    try {
      return await this.#query(text, this.#deadline);
    } catch (error) {
      if (!(error instanceof PartialAnswerError)) throw error;
      throw new ActionError('table-unreachable', 'an answer lacks some of its rows', { cause: error });
    }
  }
}

/** What explains a loss is not needed to tell it: a table that is not there, or not readable, says nothing. */
function ignoredFault(error: unknown): undefined {
  if (!(error instanceof ActionError)) throw error;
  return undefined;
}

/** Hours side by side that fit into one answer. */
function* stretches(sizes: ReadonlyMap<number, number>): Generator<{ window: Window; ids: number }, void> {
  let begun: { window: Window; ids: number } | undefined;
  for (const [hour, ids] of [...sizes].sort(([a], [b]) => a - b)) {
    if (ids === 0) continue;
    const fits =
      begun !== undefined && begun.ids + ids <= ROWS_AT_ONCE && hour + HOUR - begun.window.start <= LONGEST;
    if (fits && begun !== undefined) {
      begun = { window: { start: begun.window.start, end: hour + HOUR }, ids: begun.ids + ids };
    } else {
      if (begun !== undefined) yield begun;
      begun = { window: { start: hour, end: hour + HOUR }, ids };
    }
  }
  if (begun !== undefined) yield begun;
}
