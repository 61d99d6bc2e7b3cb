/** Whether an input decides which events a run is about: then progress without it means nothing. */
import { describe, expect, it } from '@jest/globals';
import { fingerprintOf, formerFingerprints } from '../../../src/checkpoint/fingerprint.ts';
import { readInputs } from '../../../src/inputs/inputs.ts';
import { INPUTS } from '../../support/contract-names.ts';

const NOW = Date.parse('2026-11-20T12:34:56Z');
const GUID = '00000000-0000-4000-8000-0000000000b2';
const GIVEN: Readonly<Record<string, string>> = {
  'tenant-id': '00000000-0000-4000-8000-0000000000aa',
  'client-id': '00000000-0000-4000-8000-0000000000a1',
  'dcr-endpoint': 'https://logs.example.test',
  'dcr-immutable-id': `dcr-${'0123456789abcdef'.repeat(2)}`,
};

/** Another value of each input that decides. */
const DECIDES: Readonly<Record<string, string>> = {
  'tenant-id': GUID,
  cloud: 'gcc',
  source: 'fabric',
  'workspace-ids': GUID,
  activity: 'ViewReport',
  'user-id': 'ana@example.test',
  'dcr-immutable-id': `dcr-${'fedcba9876543210'.repeat(2)}`,
  'stream-name': 'Custom-Another_CL',
};

/** Another value of each input that does not: how it signs in, how far it goes, what leaves the runner, where to. */
const DECIDES_NOT: Readonly<Record<string, string>> = {
  'client-id': GUID,
  'client-secret': 'synthetic~secret~value',
  'managed-identity': 'true',
  fallback: 'false',
  'lookback-hours': '48',
  'start-time': '2026-11-19T00:00:00Z',
  'end-time': '2026-11-20T00:00:00Z',
  'dcr-endpoint': 'https://others.example.test',
  'state-file': 'other.state',
  'rejected-file': 'rejected.ndjson.gz',
  'replay-file': 'replay.ndjson.gz',
  recheck: 'all',
  'deadline-minutes': '10',
  concurrency: '8',
  'dry-run': 'true',
  'authority-host': 'https://login.example.test',
  'power-bi-url': 'https://power-bi.example.test',
  'fabric-url': 'https://fabric.example.test',
  'workspace-id': GUID,
  'pseudonym-key': 'synthetic-key-of-32-characters-and-more',
  'omit-columns': 'ItemName',
};

/** Only together with another one, or not read by the core. */
const NOT_ALONE = new Set([
  ...['client-certificate', 'key-vault-url', 'key-vault-secret-name'],
  ...['table-name', 'proof-wait-seconds', 'resend-missing', 'log-analytics-url'],
  ...['failure-issue', 'github-token'],
]);

function fingerprint(more: Readonly<Record<string, string>> = {}): string {
  const values = { ...GIVEN, ...more };
  return fingerprintOf(readInputs((name) => values[name as keyof typeof values] ?? '', NOW));
}

describe('the fingerprint of a configuration', () => {
  it('is told of every input whether it decides', () => {
    const told = [...Object.keys(DECIDES), ...Object.keys(DECIDES_NOT), ...NOT_ALONE];
    expect(told.sort()).toEqual(INPUTS.map(({ name }) => name).sort());
  });

  it.each(Object.entries(DECIDES))('is another one with another %s', (name, value) => {
    expect(fingerprint({ [name]: value })).not.toBe(fingerprint());
  });

  it.each(Object.entries(DECIDES_NOT))('stays with another %s', (name, value) => {
    expect(fingerprint({ [name]: value })).toBe(fingerprint());
  });

  it('does not depend on case, order or repetition', () => {
    const [a, b] = [GUID, GUID.replace('b2', 'B3')];
    expect(fingerprint({ 'workspace-ids': `${b},${a}`, activity: 'VIEWREPORT' })).toBe(
      fingerprint({ 'workspace-ids': `${a} ${b.toLowerCase()} ${a}`, activity: 'ViewReport' }),
    );
  });

  it('is one for auto and power-bi, which read the same log; what auto wrote before is taken too', () => {
    expect(fingerprint({ source: 'power-bi' })).toBe(fingerprint({ source: 'auto' }));
    const inputs = readInputs((name) => GIVEN[name] ?? '', NOW);
    expect(formerFingerprints(inputs)).toHaveLength(1);
    expect(formerFingerprints({ ...inputs, source: 'fabric' })).toEqual([]);
  });
});
