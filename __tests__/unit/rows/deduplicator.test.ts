import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Deduplicator } from '../../../src/rows/deduplicator.ts';
import { type EventKey, keyOf } from '../../../src/rows/event-key.ts';
import { KeySet } from '../../../src/rows/key-set.ts';
import { HOUR } from '../../../src/time/clock.ts';

const SEVEN = Date.UTC(2026, 10, 20, 7);
const uint32 = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.constantFrom(0, 1, 255, 256, 2 ** 31, 2 ** 32 - 1),
  fc.nat(20),
);

describe('KeySet', () => {
  it('behaves as a set of numbers of 64 bits', () => {
    const step = fc.tuple(fc.constantFrom('add', 'has'), uint32, fc.oneof(uint32, fc.nat(3)));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const set = new KeySet();
        const model = new Set<string>();
        for (const [what, high, low] of steps) {
          // 0 and 1 in the low half are the same key: 0 marks an empty slot.
          const key = `${high}:${low || 1}`;
          if (what === 'has') expect(set.has(high, low)).toBe(model.has(key));
          else expect(set.add(high, low)).toBe(!model.has(key) && model.add(key) === model);
        }
        expect(set.size).toBe(model.size);
        expect([...set.keys()].map(([high, low]) => `${high}:${low}`).sort()).toEqual([...model].sort());
      }),
      { numRuns: 200 },
    );
  });

  it('keeps every key through many growths', () => {
    const set = new KeySet();
    const key = (at: number): [number, number] => [Math.imul(at, 2654435761) >>> 0, (at * 40503) >>> 0];
    for (let at = 0; at < 50_000; at += 1) set.add(...key(at));
    expect(set.size).toBe(50_000);
    let missing = 0;
    let invented = 0;
    for (let at = 0; at < 50_000; at += 1) if (!set.has(...key(at))) missing += 1;
    for (let at = 50_000; at < 100_000; at += 1) if (set.has(...key(at))) invented += 1;
    expect({ missing, invented }).toEqual({ missing: 0, invented: 0 });
    expect(set.add(...key(123))).toBe(false);
  });

  it('tells keys apart that differ in one half only', () => {
    const set = new KeySet();
    expect(set.add(1, 2)).toBe(true);
    expect(set.has(2, 1)).toBe(false);
    expect(set.add(1, 3)).toBe(true);
    expect(set.add(3, 2)).toBe(true);
    expect(set.size).toBe(3);
  });
});

describe('keyOf', () => {
  it('is the same for the same id, whatever else the event holds', () => {
    expect(keyOf({ Id: 'a', Activity: 'ViewReport' }, SEVEN)).toEqual(keyOf({ Id: 'a' }, SEVEN));
    expect(keyOf({ Id: 'a' }, SEVEN)).not.toEqual(keyOf({ Id: 'b' }, SEVEN));
  });

  it.each([[{}], [{ Id: '' }], [{ Id: null }], [{ Id: 7 }]])('goes by content for %j', (event) => {
    expect(keyOf(event, SEVEN).byContent).toBe(true);
  });

  it('finds the same content again when its properties come in another order', () => {
    const one = { UserId: 'ana@example.test', Extra: { a: 1, b: [{ c: 2, d: 3 }] } };
    const other = { Extra: { b: [{ d: 3, c: 2 }], a: 1 }, UserId: 'ana@example.test' };
    expect(keyOf(one, SEVEN)).toEqual(keyOf(other, SEVEN));
  });

  it.each([
    [{ a: 1 }, { a: '1' }],
    [{ a: [1, 2] }, { a: [2, 1] }],
    [{ a: null }, {}],
    [{ a: [] }, { a: {} }],
    [{ a: { b: 1 } }, { a: 1, b: 1 }],
    [{ 'a":1,"b': 1 }, { a: 1, b: 1 }],
  ])('tells %j from %j', (one, other) => {
    expect(keyOf(one, SEVEN)).not.toEqual(keyOf(other, SEVEN));
  });

  it('does not confuse an id with content', () => {
    const content = keyOf({}, SEVEN);
    const id = keyOf({ Id: '{}' }, SEVEN);
    expect(id.byContent).not.toBe(content.byContent);
  });

  it('spreads over both halves, so that thousands of ids never meet', () => {
    const keys = Array.from({ length: 20_000 }, (_, at) => keyOf({ Id: `event-${at}` }, SEVEN));
    expect(new Set(keys.map(({ high, low }) => `${high}:${low}`)).size).toBe(20_000);
    for (const half of ['high', 'low'] as const) {
      expect(keys.every((key) => Number.isInteger(key[half]) && key[half] >= 0 && key[half] < 2 ** 32)).toBe(
        true,
      );
      expect(new Set(keys.map((key) => key[half])).size).toBeGreaterThan(19_900);
    }
  });
});

describe('Deduplicator', () => {
  const id = (text: string, hour = SEVEN) => keyOf({ Id: text }, hour);
  const content = (text: string, hour = SEVEN) => keyOf({ Activity: text }, hour);

  it('takes an id once in its hour', () => {
    const seen = new Deduplicator();
    expect([seen.admit(id('a')), seen.admit(id('a')), seen.admit(id('b')), seen.admit(id('a'))]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('takes the same id again in another hour', () => {
    const seen = new Deduplicator();
    expect(seen.admit(id('a'))).toBe(true);
    expect(seen.admit(id('a', SEVEN + HOUR))).toBe(true);
  });

  it('still knows an id when the hour is read again', () => {
    const seen = new Deduplicator();
    seen.admit(id('a'));
    seen.rewind(SEVEN);
    expect(seen.admit(id('a'))).toBe(false);
    expect(seen.admit(id('b'))).toBe(true);
  });

  it('never takes an event without an id for a repeat within one reading', () => {
    const seen = new Deduplicator();
    expect([1, 2, 3].map(() => seen.admit(content('x')))).toEqual([true, true, true]);
  });

  it('passes over as many equal events without an id as were taken, when the hour is read again', () => {
    const seen = new Deduplicator();
    seen.admit(content('x'));
    seen.admit(content('x'));
    seen.rewind(SEVEN);
    expect([1, 2, 3].map(() => seen.admit(content('x')))).toEqual([false, false, true]);
    seen.rewind(SEVEN);
    expect([1, 2, 3, 4].map(() => seen.admit(content('x')))).toEqual([false, false, false, true]);
  });

  it('rewinds one hour and no other', () => {
    const seen = new Deduplicator();
    seen.admit(content('x'));
    seen.admit(content('x', SEVEN + HOUR));
    seen.rewind(SEVEN);
    expect(seen.admit(content('x', SEVEN + HOUR))).toBe(true);
    expect(seen.admit(content('x'))).toBe(false);
  });

  it('lets go of hours that are done with, and of no other', () => {
    const seen = new Deduplicator();
    seen.admit(id('a'));
    seen.admit(id('a', SEVEN + HOUR));
    seen.forget((hour) => hour === SEVEN);
    expect(seen.admit(id('a', SEVEN + HOUR))).toBe(false);
    expect(seen.admit(id('a'))).toBe(true);
  });

  it('takes each event once, however often and wherever a reading breaks off and begins again', () => {
    const events = fc.array(fc.record({ id: fc.boolean(), name: fc.nat(4) }), { maxLength: 30 });
    fc.assert(
      fc.property(events, fc.array(fc.nat(30), { maxLength: 4 }), (all, breaks) => {
        const keys = all.map((event) => (event.id ? id(`${event.name}`) : content(`${event.name}`)));
        const seen = new Deduplicator();
        let taken = 0;
        for (const end of [...breaks, keys.length]) {
          seen.rewind(SEVEN);
          for (const key of keys.slice(0, end)) taken += seen.admit(key) ? 1 : 0;
        }
        const ids = new Set(all.filter((event) => event.id).map(({ name }) => name));
        expect(taken).toBe(ids.size + all.filter((event) => !event.id).length);
      }),
    );
  });

  it('passes over what earlier runs sent: ids, and as many equal ones without an id', () => {
    const known = {
      has: (key: EventKey) => key.low === id('a').low,
      contents: (key: EventKey) => (key.low === content('x').low ? 2 : 0),
      openHours: () => [],
    };
    const seen = new Deduplicator(known);
    expect([seen.admit(id('a')), seen.admit(id('b'))]).toEqual([false, true]);
    const reading = () => [1, 2, 3].map(() => seen.admit(content('x')));
    expect(reading()).toEqual([false, false, true]);
    seen.rewind(SEVEN);
    expect(reading()).toEqual([false, false, false]);
    expect(seen.admit(content('y'))).toBe(true);
  });
});
