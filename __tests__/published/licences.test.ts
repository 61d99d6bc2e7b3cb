/** Whoever passes the bundle on passes on code of others: their licence texts go with it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { licenceTexts } from '../../tools/licences.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['@azure/msal-node', '@azure/core-rest-pipeline', 'https-proxy-agent'];
const BUNDLES = [
  { folder: 'dist', packages: [...PACKAGES, '@actions/core', '@azure/monitor-ingestion', 'undici'] },
  { folder: 'azure-pipelines/collect/dist', packages: PACKAGES },
];

describe.each(BUNDLES)('the licences beside the bundle in $folder', ({ folder, packages }) => {
  const sections = readFileSync(`${root}${folder}/LICENSES.txt`, 'utf8')
    .split(`${'='.repeat(80)}\n`)
    .slice(1);

  it('hold a text for each package', () => {
    expect(sections.length).toBeGreaterThan(10);
    for (const section of sections) {
      const [title = '', ...text] = section.split('\n');
      expect([title, /^(?:@[\w.-]+\/)?[\w.-]+ \d+\.\d+\.\d+\S* \([\w.-]+\)$/.test(title)]).toEqual([
        title,
        true,
      ]);
      expect([title, text.join('\n').trim().length > 400]).toEqual([title, true]);
    }
  });

  it.each(packages)('name %s', (name) => {
    expect(sections.filter((section) => section.startsWith(`${name} `)).length).toBeGreaterThan(0);
  });
});

describe('licences', () => {
  it('are refused where a package has neither a text nor a holder to name', () => {
    expect(() => licenceTexts([`${root}tools/picture`])).toThrow('ships no licence text');
  });
});
