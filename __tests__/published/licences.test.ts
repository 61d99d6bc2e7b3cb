/** Whoever passes the bundle on passes on code of others: their licence texts go with it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { licenceTexts } from '../../tools/licences.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sections = readFileSync(`${root}dist/LICENSES.txt`, 'utf8')
  .split(`${'='.repeat(80)}\n`)
  .slice(1);

describe('the licences beside the bundle', () => {
  it('hold a text for each package', () => {
    expect(sections.length).toBeGreaterThan(30);
    for (const section of sections) {
      const [title = '', ...text] = section.split('\n');
      expect([title, /^(?:@[\w.-]+\/)?[\w.-]+ \d+\.\d+\.\d+\S* \([\w.-]+\)$/.test(title)]).toEqual([
        title,
        true,
      ]);
      expect([title, text.join('\n').trim().length > 400]).toEqual([title, true]);
    }
  });

  it.each(['@actions/core', '@azure/msal-node', '@azure/monitor-ingestion', 'undici'])('name %s', (name) => {
    expect(sections.filter((section) => section.startsWith(`${name} `)).length).toBeGreaterThan(0);
  });

  it('are refused where a package has neither a text nor a holder to name', () => {
    expect(() => licenceTexts([`${root}tools/picture`])).toThrow('ships no licence text');
  });
});
