import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { COLUMNS } from '../../../src/rows/columns.ts';
import { type Row, rowJson } from '../../../src/rows/map.ts';
import { BODY_LIMIT, FIELD_LIMIT, type Truncations, truncateString } from '../../../src/rows/truncate.ts';

const MARK = '…[cut]';
const ROW_LIMIT = 999_998;
const bytes = (text: string) => Buffer.byteLength(text);
const jsonBytes = (value: unknown) => bytes(JSON.stringify(value));

function cut(row: Row): { row: Row; json: string; cuts: Truncations } {
  const cuts = { values: 0, rows: 0 };
  const json = rowJson(row, cuts);
  return { row: JSON.parse(json), json, cuts };
}

describe('limits', () => {
  it('are those of the contract', () => {
    expect(FIELD_LIMIT).toBe(65_536);
    expect(BODY_LIMIT).toBe(1_000_000);
  });
});

describe('a string column', () => {
  it('of exactly 64 KiB is sent whole', () => {
    const value = 'a'.repeat(65_536);
    const { row, cuts } = cut({ UserAgent: value });
    expect(row.UserAgent).toBe(value);
    expect(cuts).toEqual({ values: 0, rows: 0 });
  });

  it('of exactly 64 KiB in wide characters is sent whole', () => {
    const value = '😀'.repeat(65_536 / 4);
    const { row, cuts } = cut({ UserAgent: value });
    expect(row.UserAgent).toBe(value);
    expect(cuts).toEqual({ values: 0, rows: 0 });
  });

  it('of one byte more is cut, marked and counted', () => {
    const { row, cuts } = cut({ Id: 'a', UserAgent: `${'a'.repeat(65_536)}b` });
    expect(row.UserAgent).toBe('a'.repeat(65_536 - bytes(MARK)) + MARK);
    expect(cuts).toEqual({ values: 1, rows: 1 });
  });

  const wide = {
    'two bytes': 'é',
    'three bytes': '€',
    'four bytes': '😀',
    'several code points': '👩‍👩‍👧',
    'a first half of a pair': '\ud800',
    'a second half of a pair': '\udc00',
    'a quote': '"',
    'a backslash': '\\',
    'a control character': '\u0000',
  };
  const cases = Object.entries(wide).flatMap(([name, character]) =>
    [0, 1, 2, 3].map((shift) => ({ name, character, shift })),
  );
  it.each(cases)('is cut between characters: $name after $shift bytes', ({ character, shift }) => {
    const value = 'a'.repeat(shift) + character.repeat(70_000);
    const { row, cuts } = cut({ ItemName: value });
    const sent = String(row.ItemName);
    expect(bytes(sent)).toBeLessThanOrEqual(65_536);
    expect(bytes(sent)).toBeGreaterThan(65_536 - bytes(MARK) - 32);
    expect(sent.endsWith(MARK)).toBe(true);
    // A half of a pair has no UTF-8 of its own; the replacement character stands for it.
    const kept = sent.slice(0, -MARK.length);
    expect(value.toWellFormed().startsWith(kept)).toBe(true);
    expect(kept.isWellFormed()).toBe(true);
    expect(cuts).toEqual({ values: 1, rows: 1 });
  });

  it('is a beginning of the text within the limit, whatever the text and the limit', () => {
    const text = fc.string({ unit: 'binary', minLength: 20, maxLength: 200 });
    fc.assert(
      fc.property(text, fc.integer({ min: 16, max: 60 }), (value, limit) => {
        fc.pre(bytes(value) > limit);
        const sent = truncateString(value, limit);
        expect(bytes(sent)).toBeLessThanOrEqual(limit);
        expect(sent.endsWith(MARK)).toBe(true);
        expect(value.toWellFormed().startsWith(sent.slice(0, -MARK.length))).toBe(true);
      }),
    );
  });

  it('leaves the other columns of its row alone, and several count as one row', () => {
    const { row, cuts } = cut({ ItemName: 'b'.repeat(70_000), UserAgent: 'a'.repeat(70_000), UserId: 'x' });
    expect(row.UserId).toBe('x');
    expect(cuts).toEqual({ values: 2, rows: 1 });
  });
});

describe('AdditionalFields', () => {
  it('of exactly 64 KiB of JSON is sent whole', () => {
    const fields = { a: 'x'.repeat(65_536 - jsonBytes({ a: '' })) };
    expect(jsonBytes(fields)).toBe(65_536);
    const { row, cuts } = cut({ AdditionalFields: fields });
    expect(row.AdditionalFields).toEqual(fields);
    expect(cuts).toEqual({ values: 0, rows: 0 });
  });

  it('of one byte more is held to it, cut and marked', () => {
    const fields = { a: 'x'.repeat(65_537 - jsonBytes({ a: '' })), b: 'small' };
    const { row, cuts } = cut({ AdditionalFields: fields });
    const sent = row.AdditionalFields as Record<string, string>;
    expect(jsonBytes(sent)).toBeLessThanOrEqual(65_536);
    expect(sent.b).toBe('small');
    expect(sent.a).toMatch(/^x{60000,}…\[cut\]$/);
    expect(cuts).toEqual({ values: 1, rows: 1 });
  });

  it('gives up its largest value first, and keeps the others whole', () => {
    const fields = {
      small: 'a',
      big: 'b'.repeat(30_000),
      biggest: 'c'.repeat(60_000),
      nested: { d: [1, 2] },
    };
    const { row } = cut({ AdditionalFields: fields });
    const sent = row.AdditionalFields as Record<string, unknown>;
    expect(sent).toEqual({ ...fields, biggest: expect.stringMatching(/^c+…\[cut\]$/) });
    expect(jsonBytes(sent)).toBeLessThanOrEqual(65_536);
  });

  it('marks a nested value that is too large, and says how large it was', () => {
    const nested = Array.from({ length: 20_000 }, (_, at) => at);
    const { row, cuts } = cut({ AdditionalFields: { keep: true, nested } });
    const sent = row.AdditionalFields as Record<string, unknown>;
    expect(sent.keep).toBe(true);
    expect(sent.nested).toBe(`${MARK} ${jsonBytes(nested)} bytes`);
    expect(cuts).toEqual({ values: 1, rows: 1 });
  });

  it('of thousands of small values keeps as many as fit', () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`field${at}`, at]));
    const { row, cuts } = cut({ AdditionalFields: fields });
    const sent = row.AdditionalFields as Record<string, unknown>;
    expect(jsonBytes(sent)).toBeLessThanOrEqual(65_536);
    expect(jsonBytes(sent)).toBeGreaterThan(60_000);
    expect(fields).toMatchObject(sent);
    expect(cuts.rows).toBe(1);
  });

  it('keeps a property called __proto__ when it is cut', () => {
    const fields = JSON.parse(`{"__proto__":"p","big":"${'b'.repeat(70_000)}"}`);
    const { json } = cut({ AdditionalFields: fields });
    expect(json).toContain('"__proto__":"p"');
  });
});

describe('a row', () => {
  const texts = COLUMNS.filter(({ type }) => type === 'string').map(({ name }) => name);
  const identity = ['TimeGenerated', 'CreationTime', 'ActivityId', 'SourceApi'];

  it('that could not fit a request is cut down, the same way', () => {
    const given = Object.fromEntries(texts.map((name) => [name, name.slice(0, 1).repeat(65_000)]));
    const { row, json, cuts } = cut({ ...given, ActivityId: 'the id', SourceApi: 'power-bi' });
    expect(bytes(json)).toBeLessThanOrEqual(ROW_LIMIT);
    expect(Object.keys(row).sort()).toEqual([...texts].sort());
    expect(row.ActivityId).toBe('the id');
    for (const [name, value] of Object.entries(row)) {
      if (value !== given[name] && !identity.includes(name)) expect(value).toMatch(/…\[cut\]$/);
    }
    expect(cuts.rows).toBe(1);
  });

  it('counts a value that is cut twice once', () => {
    const given = Object.fromEntries(texts.map((name) => [name, 'x'.repeat(70_000)]));
    const { row, cuts } = cut(given);
    const marked = Object.values(row).filter((value) => String(value).endsWith(MARK));
    expect(cuts).toEqual({ values: marked.length, rows: 1 });
  });

  it('keeps within all limits, and keeps what says which event it is, whatever is in it', () => {
    const unit = fc.constantFrom('a', 'é', '€', '😀');
    const long = fc
      .tuple(unit, fc.constantFrom(10, 20_000, 40_000, 90_000))
      .map(([character, length]) => character.repeat(Math.ceil(length / bytes(character))));
    const fields = fc.dictionary(fc.string({ maxLength: 8 }), fc.oneof(long, fc.jsonValue()), { maxKeys: 8 });
    const row = fc.record({
      columns: fc.dictionary(fc.constantFrom(...texts), long, { minKeys: 10, maxKeys: 30, size: 'max' }),
      fields,
    });
    fc.assert(
      fc.property(row, ({ columns, fields }) => {
        const own = { TimeGenerated: '2026-11-20T07:55:15Z', ActivityId: 'id', SourceApi: 'fabric' };
        const { row: sent, json } = cut({ ...columns, ...own, AdditionalFields: fields });
        expect(bytes(json)).toBeLessThanOrEqual(ROW_LIMIT);
        expect(sent).toMatchObject(own);
        for (const name of texts) expect(bytes(String(sent[name] ?? ''))).toBeLessThanOrEqual(FIELD_LIMIT);
        expect(jsonBytes(sent.AdditionalFields)).toBeLessThanOrEqual(FIELD_LIMIT);
      }),
      { numRuns: 40 },
    );
  });

  // In a process of its own, because a cut that makes no headway would never end.
  it.each([
    ['quotes', '"'],
    ['backslashes', '\\'],
    ['line breaks', '\n'],
    ['control characters', '\u0001'],
    ['halves of pairs', '\ud800'],
  ])('full of %s, which JSON makes longer, is cut down as well', (_name, character) => {
    const program = `
      const { rowJson } = await import(${JSON.stringify(new URL('../../../src/rows/map.ts', import.meta.url).href)});
      const names = ${JSON.stringify(texts)};
      const value = ${JSON.stringify(character)}.repeat(${Math.floor(65_536 / bytes(character))});
      const row = Object.fromEntries(names.map((name) => [name, value]));
      process.stdout.write(rowJson({ ...row, ActivityId: 'the id' }, { values: 0, rows: 0 }));`;
    const done = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      env: { ...process.env, NODE_OPTIONS: '' },
      timeout: 100_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(done.error).toBeUndefined();
    expect(done.status).toBe(0);
    const json = done.stdout.toString('utf8');
    expect(bytes(json)).toBeLessThanOrEqual(ROW_LIMIT);
    expect(JSON.parse(json).ActivityId).toBe('the id');
  });
});
