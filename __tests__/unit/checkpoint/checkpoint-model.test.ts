/** Whatever happens to a run, what was sent is recorded or was in flight, and nothing else is recorded. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PendingRows } from '../../../src/checkpoint/pending-rows.ts';
import { Deduplicator } from '../../../src/rows/deduplicator.ts';
import { contentOf, type EventKey } from '../../../src/rows/event-key.ts';
import { HOUR, MINUTE } from '../../../src/time/clock.ts';
import type { Window } from '../../../src/time/window.ts';
import { bytesOf, inFolder, key, open } from '../../support/checkpoint.ts';

const NOW = Date.parse('2026-11-20T12:34:00Z');
const FIRST = Date.parse('2026-11-19T00:00:00Z');
const NUMBERS = Array.from({ length: 41 }, (_, at) => at);

/** The state as the contract has it, in the plainest form. */
class Model {
  mark: { since: number; at: number } | undefined;
  readonly hours = new Map<
    number,
    { minutes: Set<number>; ids: Set<string>; contents: Map<string, number> }
  >();

  hour(hour: number) {
    let state = this.hours.get(hour);
    if (state === undefined) {
      state = { minutes: new Set(), ids: new Set(), contents: new Map() };
      this.hours.set(hour, state);
    }
    return state;
  }

  isSettled(hour: number): boolean {
    return this.hours.get(hour)?.minutes.size === 60;
  }

  acknowledge(keys: readonly EventKey[]): void {
    for (const one of keys) {
      if (this.isSettled(one.hour)) continue;
      const { ids, contents } = this.hour(one.hour);
      const text = String(contentOf(one));
      if (one.byContent) contents.set(text, (contents.get(text) ?? 0) + 1);
      else ids.add(text);
    }
  }

  final({ hour, from, to }: { hour: number; from: number; to: number }): void {
    for (let minute = from; minute < to; minute += 1) this.hour(hour).minutes.add(minute);
  }
}

type Step =
  | { readonly kind: 'acknowledge'; readonly keys: readonly EventKey[] }
  | { readonly kind: 'final'; readonly hour: number; readonly from: number; readonly to: number }
  | { readonly kind: 'begin'; readonly since: number }
  /** The process dies; of what was appended since the file was opened, a part of so many thousandths is there. */
  | { readonly kind: 'crash'; readonly thousandths: number }
  | { readonly kind: 'close' };

const hour = fc.nat(4).map((at) => FIRST + at * HOUR);
const anyKey = fc
  .tuple(hour, fc.nat(40), fc.boolean())
  .map(([of, number, byContent]) => key(of, number, byContent));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('acknowledge' as const),
      keys: fc.array(anyKey, { maxLength: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(hour, fc.nat(59), fc.integer({ min: 1, max: 60 }), fc.boolean())
      .map(([of, from, length, whole]) => ({
        kind: 'final' as const,
        hour: of,
        from: whole ? 0 : from,
        to: whole ? 60 : Math.min(from + length, 60),
      })),
  },
  { weight: 1, arbitrary: hour.map((since) => ({ kind: 'begin' as const, since })) },
  {
    weight: 3,
    arbitrary: fc
      .oneof(fc.nat(1000), fc.constant(1000))
      .map((thousandths) => ({ kind: 'crash' as const, thousandths })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'close' as const }) },
);

/** Replays what is on record into a model. */
function modelOf(done: readonly Step[]): Model {
  const model = new Model();
  for (const one of done) {
    if (one.kind === 'acknowledge') model.acknowledge(one.keys);
    else if (one.kind === 'final') model.final(one);
    else if (one.kind === 'begin') model.mark = { since: one.since, at: NOW };
  }
  return model;
}

function expectState(found: ReturnType<typeof open>['state'], model: Model): void {
  const { checkpoint } = found;
  expect(checkpoint.mark).toEqual(model.mark);
  for (let at = 0; at < 5; at += 1) {
    const of = FIRST + at * HOUR;
    const wanted = model.hours.get(of);
    const state = checkpoint.hours.get(of);
    const minutes = Array.from({ length: 60 }, (_, minute) => minute).filter((minute) =>
      state?.final.some(({ start, end }) => start <= of + minute * MINUTE && of + minute * MINUTE < end),
    );
    expect(minutes).toEqual([...(wanted?.minutes ?? [])].sort((a, b) => a - b));
    // Of a settled hour nothing needs to be known any more: it is never asked for again.
    if (model.isSettled(of)) continue;
    const differing = NUMBERS.filter((number) => {
      const [id, content] = [key(of, number), key(of, number, true)];
      const sent = wanted?.contents.get(String(contentOf(content))) ?? 0;
      const isRecorded = wanted?.ids.has(String(contentOf(id))) ?? false;
      return checkpoint.has(id) !== isRecorded || checkpoint.contents(content) !== sent;
    });
    expect(differing).toEqual([]);
  }
}

describe('the checkpoint', () => {
  it('holds, after any interleaving of acknowledgements, crashes and resumptions, what it was told in time', () => {
    let crashes = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) =>
        inFolder((folder) => {
          let path = join(folder, 'state-0');
          let files = 0;
          let { state } = open(path, NOW);
          let recorded: Step[] = [];
          let snapshotEnd = bytesOf(path).length;
          /** Appended since the file was opened, with the length of the file afterwards. */
          let appended: { readonly step: Step; readonly length: number }[] = [];
          const resume = (known: Step[]) => {
            const opened = open(path, NOW);
            expect(opened.told).toEqual([]);
            state = opened.state;
            recorded = known;
            appended = [];
            snapshotEnd = bytesOf(path).length;
            expectState(state, modelOf(recorded));
          };
          for (const one of steps) {
            switch (one.kind) {
              case 'acknowledge':
                state.acknowledged(one.keys);
                appended.push({ step: one, length: bytesOf(path).length });
                break;
              case 'final':
                state.final({ start: one.hour + one.from * MINUTE, end: one.hour + one.to * MINUTE });
                appended.push({ step: one, length: bytesOf(path).length });
                break;
              case 'begin':
                state.begin({ since: one.since, at: NOW });
                appended.push({ step: one, length: bytesOf(path).length });
                break;
              case 'close':
                expect(state.close(NOW)).toBeUndefined();
                resume([...recorded, ...appended.map((entry) => entry.step)]);
                break;
              case 'crash': {
                crashes += 1;
                const bytes = bytesOf(path);
                const cut = snapshotEnd + Math.floor(((bytes.length - snapshotEnd) * one.thousandths) / 1000);
                // Nothing is lost that was appended: cut only where less of it reached the disk.
                if (one.thousandths === 1000) expect(cut).toBe(appended.at(-1)?.length ?? snapshotEnd);
                state.close(NOW);
                files += 1;
                path = join(folder, `state-${files}`);
                writeFileSync(path, bytes.subarray(0, cut));
                const survived = appended.filter(({ length }) => length <= cut);
                resume([...recorded, ...survived.map((entry) => entry.step)]);
                break;
              }
            }
            expectState(state, modelOf([...recorded, ...appended.map((entry) => entry.step)]));
          }
          state.close(NOW);
          const { state: last } = open(path, NOW, { readOnly: true });
          expectState(last, modelOf([...recorded, ...appended.map((entry) => entry.step)]));
        }),
      ),
      { numRuns: 120 },
    );
    expect(crashes).toBeGreaterThan(100);
  });

  it('lets a reader pass over exactly as many equal events without an id as were acknowledged', () => {
    const counts = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 4 })), { maxLength: 8 });
    fc.assert(
      fc.property(counts, fc.array(fc.nat(3), { maxLength: 30 }), (sent, shown) =>
        inFolder((folder) => {
          const path = join(folder, 'state');
          const { state } = open(path, NOW);
          const acknowledged = [0, 0, 0, 0];
          for (const [number, times] of sent) {
            state.acknowledged(Array.from({ length: times }, () => key(FIRST, number, true)));
            acknowledged[number] = (acknowledged[number] ?? 0) + times;
          }
          state.close(NOW);
          const next = open(path, NOW).state;
          const seen = new Deduplicator(next.checkpoint);
          const met = [0, 0, 0, 0];
          for (const number of shown) {
            const is = (met[number] ?? 0) + 1;
            met[number] = is;
            expect(seen.admit(key(FIRST, number, true))).toBe(is > (acknowledged[number] ?? 0));
          }
          next.close(NOW);
        }),
      ),
      { numRuns: 60 },
    );
  });
});

describe('the account of rows under way', () => {
  type Move =
    | { readonly kind: 'taken'; readonly hour: number }
    | { readonly kind: 'ended'; readonly hour: number; readonly safe: boolean }
    | { readonly kind: 'collected'; readonly hour: number; readonly half: 0 | 1 };
  const atHour = fc.nat(2);
  const move: fc.Arbitrary<Move> = fc.oneof(
    { weight: 3, arbitrary: atHour.map((of) => ({ kind: 'taken' as const, hour: of })) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(atHour, fc.integer({ min: 0, max: 9 }))
        .map(([of, luck]) => ({ kind: 'ended' as const, hour: of, safe: luck > 0 })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(atHour, fc.constantFrom<0 | 1>(0, 1))
        .map(([of, half]) => ({ kind: 'collected' as const, hour: of, half })),
    },
  );

  it('calls a part final once, and only when every row of its hour is safe', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60, size: 'max' }), (moves) => {
        const pending = [0, 0, 0];
        const failed = [false, false, false];
        const waiting: Window[][] = [[], [], []];
        const expected: Window[] = [];
        const final: Window[] = [];
        const ledger = new PendingRows();
        let number = 0;
        for (const one of moves) {
          const of = FIRST + one.hour * HOUR;
          if (one.kind === 'taken') {
            pending[one.hour] = (pending[one.hour] ?? 0) + 1;
            number += 1;
            ledger.added(key(of, number));
          } else if (one.kind === 'collected') {
            const [start, end] = [one.half, one.half + 1].map((half) => of + half * 30 * MINUTE) as [
              number,
              number,
            ];
            const part = { start, end, at: FIRST };
            waiting[one.hour]?.push(part);
            final.push(...ledger.hourCollected(part));
          } else {
            if (pending[one.hour] === 0) continue;
            pending[one.hour] = (pending[one.hour] ?? 0) - 1;
            failed[one.hour] ||= !one.safe;
            final.push(...ledger.resolved([key(of, number)], one.safe));
          }
          if (pending[one.hour] === 0 && !failed[one.hour])
            expected.push(...(waiting[one.hour]?.splice(0) ?? []));
          expect(final).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a settled hour', () => {
  it('lets go of its events once it is done with, in memory, in the file and while the file is read, and counts all of them as sent', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const hour = FIRST;
      const { state } = open(path, hour);
      state.acknowledged(Array.from({ length: 1000 }, (_, at) => key(hour, at)));
      state.acknowledged([key(hour, 1, true)]);
      state.final({ start: hour, end: hour + HOUR });
      expect(state.checkpoint.has(key(hour, 5000))).toBe(false);
      state.checkpoint.close(() => true);
      // As a run leaves it that is killed here.
      const read = open(path, hour, { readOnly: true }).state;
      for (const { checkpoint } of [state, read]) {
        expect([checkpoint.hours.get(hour)?.ids.size, checkpoint.hours.get(hour)?.contents.size]).toEqual([
          0, 0,
        ]);
        expect(checkpoint.hours.get(hour)?.count).toBe(1001);
        expect(checkpoint.isSettled(hour)).toBe(true);
        expect(checkpoint.has(key(hour, 5000))).toBe(true);
        expect(checkpoint.contents(key(hour, 2, true))).toBe(Number.POSITIVE_INFINITY);
      }
      state.close(hour);
      expect(statSync(path).size).toBeLessThan(400);
    }));
});

it('a file that is only appended to is replaced by a snapshot now and then', () =>
  inFolder((folder) => {
    const path = join(folder, 'state');
    const { state } = open(path, FIRST);
    for (let hour = 0; hour < 100; hour += 1) {
      state.acknowledged(Array.from({ length: 25_000 }, (_, at) => key(FIRST + hour * HOUR, at)));
      state.final({ start: FIRST + hour * HOUR, end: FIRST + (hour + 1) * HOUR });
      expect(statSync(path).size).toBeLessThan(17 * 2 ** 20);
    }
    const read = open(path, FIRST, { readOnly: true }).state;
    for (let hour = 0; hour < 100; hour += 1)
      expect(read.checkpoint.isSettled(FIRST + hour * HOUR)).toBe(true);
    state.close(FIRST);
  }));
