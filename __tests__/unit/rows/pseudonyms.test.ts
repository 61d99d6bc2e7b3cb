import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Pseudonyms } from '../../../src/rows/pseudonyms.ts';

const KEY = 'synthetic key of more than 32 characters';

/** As the contract says it. */
function expected(name: string): string {
  return `p-${createHmac('sha256', KEY).update(name, 'utf8').digest('hex').slice(0, 32)}`;
}

describe('a pseudonym', () => {
  it.each([
    ['ana@contoso.com', `${expected('ana@contoso.com')}@contoso.com`],
    ['jürgen.9@sub.contoso.com', `${expected('jürgen.9@sub.contoso.com')}@sub.contoso.com`],
    ['ana_a.test#EXT#@contoso.com', `${expected('ana_a.test#ext#@contoso.com')}@contoso.com`],
    ["o'brien@contoso.com", `${expected("o'brien@contoso.com")}@contoso.com`],
    ['203.0.113.7', expected('203.0.113.7')],
    ['Ana Adler', expected('ana adler')],
    ['not@an address', expected('not@an address')],
    ['ana@contoso', expected('ana@contoso')],
  ])('of %j is keyed, and has the domain of an address only', (value, pseudonym) => {
    expect(new Pseudonyms(KEY).of(value)).toBe(pseudonym);
  });

  it('is another one under another key', () => {
    expect(new Pseudonyms(KEY).of('ana')).not.toBe(new Pseudonyms(`${KEY}.`).of('ana'));
  });

  it('of nobody is nobody', () => {
    expect(['', ' ', '\n'].map((blank) => new Pseudonyms(KEY).of(blank))).toEqual(['', ' ', '\n']);
  });

  const address = fc.emailAddress();
  const blank = fc.stringMatching(/^[ \t\n]{0,3}$/);

  it('does not care for case and surrounding blanks, and is the same in every run', () => {
    fc.assert(
      fc.property(fc.oneof(address, fc.string()), blank, blank, (name, before, after) => {
        // Letters such as ß become another letter in capitals, and do not come back.
        fc.pre(name.toUpperCase().toLowerCase() === name.toLowerCase());
        const written = `${before}${name.toUpperCase()}${after}`;
        fc.pre(name.trim() !== '');
        expect(new Pseudonyms(KEY).of(written)).toBe(new Pseudonyms(KEY).of(name));
      }),
    );
  });

  it('stays, also under another key', () => {
    fc.assert(
      fc.property(fc.oneof(address, fc.string()), (name) => {
        const once = new Pseudonyms(KEY).of(name);
        expect(new Pseudonyms(KEY).of(once)).toBe(once);
        fc.pre(name.trim() !== '');
        expect(new Pseudonyms(`another ${KEY}`).of(once)).toBe(once);
      }),
    );
  });

  it('stays the same when more people passed by than are held', () => {
    const pseudonyms = new Pseudonyms(KEY);
    const first = pseudonyms.of('ana@contoso.com');
    for (let other = 0; other < 25_000; other += 1) pseudonyms.of(`${other}@contoso.com`);
    expect(pseudonyms.of('ana@contoso.com')).toBe(first);
  });
});
