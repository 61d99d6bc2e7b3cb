import { describe, expect, it } from '@jest/globals';
import { readPrivacy } from '../../../src/inputs/privacy.ts';
import { InputReader } from '../../../src/inputs/reader.ts';

const KEY = 'synthetic key of 32 characters..';

function read(given: Readonly<Record<string, string>>) {
  const reader = new InputReader((name) => given[name] ?? '');
  return { privacy: readPrivacy(reader), faults: reader.faults };
}

describe('privacy by choice', () => {
  it('is not chosen where nothing is given', () => {
    expect(read({ 'pseudonym-key': ' ', 'omit-columns': ' \n' })).toEqual({
      privacy: { pseudonymKey: undefined, omitColumns: new Set() },
      faults: [],
    });
  });

  it('takes a key of 32 characters, without the blanks around it', () => {
    expect(KEY).toHaveLength(32);
    expect(read({ 'pseudonym-key': `${KEY}\n` })).toMatchObject({
      privacy: { pseudonymKey: KEY },
      faults: [],
    });
  });

  it('refuses a shorter key without showing it', () => {
    const { faults } = read({ 'pseudonym-key': KEY.slice(1) });
    expect(faults).toEqual(['pseudonym-key: expected a secret of at least 32 characters, got one of 31']);
  });

  it('counts characters, not their halves', () => {
    expect(read({ 'pseudonym-key': '🔑'.repeat(16) }).faults).toHaveLength(1);
  });

  it('takes columns and single properties, separated as workspaces are', () => {
    const { privacy, faults } = read({
      'omit-columns': 'UserAgent, ItemName\n AdditionalFields.TileText,,SourceApi',
    });
    expect(faults).toEqual([]);
    expect([...privacy.omitColumns]).toEqual([
      'UserAgent',
      'ItemName',
      'AdditionalFields.TileText',
      'SourceApi',
    ]);
  });

  it.each(['userAgent', 'Unheard', 'AdditionalFields.', 'Id', 'toString'])('knows no column %s', (name) => {
    expect(read({ 'omit-columns': `UserAgent ${name}` }).faults).toEqual([
      `omit-columns: expected names of columns, or AdditionalFields.NAME, got "${name}"`,
    ]);
  });

  it.each(['TimeGenerated', 'CreationTime', 'ActivityId', 'RecordType'])('does not leave out %s', (name) => {
    expect(read({ 'omit-columns': name }).faults).toEqual([
      `omit-columns: expected other columns than TimeGenerated, CreationTime, ActivityId, RecordType, got "${name}"`,
    ]);
  });

  it('tells all faults in one go', () => {
    expect(read({ 'pseudonym-key': 'short', 'omit-columns': 'Unheard RecordType' }).faults).toHaveLength(3);
  });
});
