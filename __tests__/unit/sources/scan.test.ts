import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exactText, parseExactly } from '../../../src/rows/exact-json.ts';
import { mapEvent } from '../../../src/rows/map.ts';
import { scanPage } from '../../../src/sources/scan.ts';

const NAME = 'activityEventEntities';
const NOW = Date.parse('2026-11-20T12:00:00Z');

function elementsOf(text: string): unknown[] | undefined {
  const body = Buffer.from(text);
  const scanned = scanPage(body, NAME);
  return scanned?.elements.map(({ start, end }) => JSON.parse(body.toString('utf8', start, end)));
}

describe('scanning a page', () => {
  it.each([
    ['1e400', true],
    ['12345678.12345678901', true],
    ['123456789012345e5', true],
    ['2E+3', true],
    ['1234567.12345678', false],
    ['true, "e": false', false],
  ])('looks closer at the number %s: %s', (number, longNumber) => {
    const body = Buffer.from(`{"${NAME}":[{"Size":${number}}],"continuationToken":null}`);
    expect(scanPage(body, NAME)?.elements).toMatchObject([{ longNumber }]);
  });

  it('is no page where the array comes twice', () => {
    const body = Buffer.from(`{"${NAME}":[{"Id":"1"}],"${NAME}":[{"Id":"2"}],"continuationToken":null}`);
    expect(scanPage(body, NAME)).toBeUndefined();
  });

  it('finds what JSON.parse finds, whatever the events hold and however they are laid out', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), fc.nat(4), (events, token, indent) => {
        // Through JSON, as -0 becomes 0 there.
        const page = JSON.parse(JSON.stringify({ before: token, [NAME]: events, continuationToken: token }));
        const text = JSON.stringify(page, null, indent);
        const scanned = scanPage(Buffer.from(text), NAME);
        expect(elementsOf(text)).toEqual(page[NAME]);
        expect(scanned?.rest).toEqual({ ...page, [NAME]: [] });
      }),
    );
  });

  it('takes null for the array for an empty page', () => {
    const scanned = scanPage(Buffer.from(`{"${NAME}":null,"continuationToken":"t"}`), NAME);
    expect(scanned?.elements).toEqual([]);
    expect(scanned?.rest.continuationToken).toBe('t');
  });

  it('takes a page that is cut off anywhere for none', () => {
    const text = JSON.stringify({
      [NAME]: [{ a: 'x"]},{\\' }, { b: [1, { c: '}' }] }],
      continuationToken: 'é',
    });
    const body = Buffer.from(text);
    for (let length = 0; length < body.length; length += 1) {
      expect(scanPage(body.subarray(0, length), NAME)).toBeUndefined();
    }
    expect(elementsOf(text)).toHaveLength(2);
  });

  const others: [string, string][] = [
    ['HTML', '<html><body>Bad gateway</body></html>'],
    ['an array', '[1,2]'],
    ['another object', '{"error":{"code":"x"}}'],
    ['the array missing', '{"continuationToken":null}'],
    ['the name only deeper down', `{"a":{"${NAME}":[1]}}`],
    ['the name only as a value', `{"a":"${NAME}"}`],
    ['an empty element', `{"${NAME}":[{},,{}]}`],
    ['nothing', ''],
  ];
  it.each(others)('does not take %s for a page', (_, text) => {
    expect(scanPage(Buffer.from(text), NAME)).toBeUndefined();
  });
});

describe('numbers longer than a double keeps', () => {
  const text =
    '{"Id":"e","UserKey":12345678901234567890,"Size":98765432109876543210.5,"Small":1.5,"Deep":[1e400]}';

  it('are marked, and only they', () => {
    const body = Buffer.from(`{"${NAME}":[{"a":"12345678901234567890"},${text},{"b":123456789012345}]}`);
    expect(scanPage(body, NAME)?.elements.map(({ longNumber }) => longNumber)).toEqual([false, true, false]);
  });

  it('arrive in the row as they were written', () => {
    const event = parseExactly(text) as Record<string, unknown>;
    const row = mapEvent(event, undefined, 'power-bi', NOW);
    expect(row.UserKey).toBe('12345678901234567890');
    expect(JSON.stringify(row.AdditionalFields)).toBe(
      '{"Size":98765432109876543210.5,"Small":1.5,"Deep":[1e400]}',
    );
  });

  it('leaves every other value what it is', () => {
    expect(parseExactly('{"a":1,"b":"12345678901234567890"}')).toEqual({ a: 1, b: '12345678901234567890' });
    expect(exactText(5)).toBeUndefined();
  });
});
