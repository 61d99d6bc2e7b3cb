import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseInstant } from '../../../src/time/instant.ts';

const SEVEN = Date.UTC(2026, 10, 20, 7, 0, 0);

describe('parseInstant', () => {
  it.each([
    ['2026-11-20T07:00:00Z', SEVEN],
    ['2026-11-20T07:00:00z', SEVEN],
    ['2026-11-20t07:00:00Z', SEVEN],
    ['2026-11-20T07:00:00', SEVEN],
    ['2026-11-20 07:00:00', SEVEN],
    ['2026-11-20 07:00:00 Z', SEVEN],
    ['2026-11-20T07:00', SEVEN],
    ['2026-11-20T07:00Z', SEVEN],
    ['  2026-11-20T07:00:00Z\n', SEVEN],
    ['2026-11-20', SEVEN - 7 * 3_600_000],
    ['2026-11-20T08:00:00+01:00', SEVEN],
    ['2026-11-20T08:00:00+0100', SEVEN],
    ['2026-11-20T01:30:00-05:30', SEVEN],
    ['2026-11-19T23:00:00-08:00', SEVEN],
    ['2026-11-20T07:00:00.5Z', SEVEN + 500],
    ['2026-11-20T07:00:00.123Z', SEVEN + 123],
    ['2026-11-20T07:00:00.1239999', SEVEN + 123],
    ['2026-11-20T07:00:00.123456789Z', SEVEN + 123],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
  ])('reads %j', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2026',
    '2026-11',
    '2026-11-20T',
    '2026-11-20T07',
    '2026-02-30T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-11-00T00:00:00Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T07:60:00Z',
    '2026-11-20T07:00:60Z',
    '2026-11-20T07:00:00,5Z',
    '2026-11-20T07:00:00+25:00',
    '2026-11-20T07:00:00+01:75',
    '2026-11-20T07:00:00 Europe/Berlin',
    '20/11/2026',
    '1763622000',
    '0050-01-01T00:00:00Z',
  ])('refuses %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it('reads back every millisecond that toISOString writes, with and without Z', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) }), (instant) => {
        const text = new Date(instant).toISOString();
        expect(parseInstant(text)).toBe(instant);
        expect(parseInstant(text.slice(0, -1))).toBe(instant);
      }),
    );
  });

  it('takes a zone off, so that the same instant is read from any of them', () => {
    const offset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), offset, (seconds, minutes) => {
        const local = new Date((seconds + minutes * 60) * 1000);
        fc.pre(local.getTime() >= 0);
        const two = (value: number) => String(value).padStart(2, '0');
        const away = Math.abs(minutes);
        const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}:${two(away % 60)}`;
        expect(parseInstant(local.toISOString().slice(0, 19) + zone)).toBe(seconds * 1000);
      }),
    );
  });

  it('reads a form that events have as the calendar does, whatever was read before', () => {
    const two = (most: number) =>
      fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, '0'));
    const time = fc.tuple(two(14), two(33), two(26), two(65), two(65), fc.constantFrom('', 'Z'));
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 20 }), (times) => {
        for (const [month, day, hour, minute, second, zone] of times) {
          const text = `2026-${month}-${day}T${hour}:${minute}:${second}`;
          const read = new Date(`${text}Z`);
          const exists = !Number.isNaN(read.getTime()) && read.toISOString().startsWith(text);
          expect([text, parseInstant(text + zone)]).toEqual([text, exists ? read.getTime() : undefined]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never throws and never gives NaN, whatever the text', () => {
    const digits = fc.stringMatching(/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{4})?$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), digits), (text) => {
        const instant = parseInstant(text);
        expect(instant === undefined || Number.isSafeInteger(instant)).toBe(true);
      }),
    );
  });
});
