import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asAddress, withoutAddresses } from '../../../src/rows/addresses.ts';

const marked = (text: string) => withoutAddresses(text, (address, sign) => `<${address.replace('@', sign)}>`);

describe('addresses in a text', () => {
  it.each([
    ['ana@contoso.com', '<ana@contoso.com>'],
    ['a=b/c@contoso.com', '<a=b/c@contoso.com>'],
    ['Shared with ana@contoso.com, bo@contoso.com.', 'Shared with <ana@contoso.com>, <bo@contoso.com>.'],
    ['Ana <ana@contoso.com>;"bo"@contoso.com', 'Ana <<ana@contoso.com>>;<"bo"@contoso.com>'],
    ["to 'jürgen.o'neil@münchen.example' only", "to '<jürgen.o'neil@münchen.example>' only"],
    ['mailto:田中@contoso.com', 'mailto:<田中@contoso.com>'],
    ['𠮷田@contoso.com wrote', '<𠮷田@contoso.com> wrote'],
    ['https://contoso.test/u/ana%40contoso.com?x=1', 'https://contoso.test/u/<ana%40contoso.com>?x=1'],
    ['https://contoso.test/?user=ana@contoso.com&x=1', 'https://contoso.test/?user=<ana@contoso.com>&x=1'],
    [
      'eve_partner.test#EXT#@contoso.onmicrosoft.com left',
      '<eve_partner.test#EXT#@contoso.onmicrosoft.com> left',
    ],
    ['odd %@contoso.com and a?@contoso.com', 'odd <%@contoso.com> and <a?@contoso.com>'],
    ['one@a.test@b.test two', '<one@a.test@b.test> two'],
    [">'@a.test", "><'@a.test>"],
  ])('%s: found', (text, expected) => {
    expect(marked(text)).toBe(expected);
  });

  it.each(['@', 'a@', '@contoso.com', 'a @ b', '5 kg@3', 'ping @ana', 'a@b', '50%40'])('%s: none', (text) => {
    expect(marked(text)).toBe(text);
  });

  it('are found between any other text', () => {
    const gap = fc.stringMatching(/^[ ,;:<>()\n]{1,3}$/);
    const word = fc.oneof(fc.emailAddress(), fc.stringMatching(/^\w{0,8}$/));
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, word), { maxLength: 6 }), (parts) => {
        const text = parts.flat().join('');
        const left = withoutAddresses(text, () => 'somebody');
        for (const [, part] of parts)
          if (asAddress(part) !== undefined) expect(left.includes(part)).toBe(false);
      }),
    );
  });

  // In time that grows with the square of the text, each of them would take minutes.
  it('are looked for in texts of a megabyte', () => {
    for (const text of ['a'.repeat(500_000), 'a@'.repeat(250_000), 'a.@b.'.repeat(100_000)])
      expect(marked(`${text}@ ${text}`).length).toBeGreaterThanOrEqual(2 * text.length);
  });
});
