import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { COLUMNS } from '../../../src/rows/columns.ts';
import { depthOfField, depthOfProperty, kindOf, THINGS, WHO } from '../../../src/rows/people.ts';

/** All properties of the REST reference, the administrator's guide and the schema page, one a line. */
const KNOWN = readFileSync(new URL('../../support/known-properties.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n');

describe('the known properties', () => {
  it('are 142', () => {
    expect(new Set(KNOWN).size).toBe(142);
  });

  it.each(KNOWN)('%s is named as person, address, or neither', (property) => {
    expect(['person', 'address', 'neither']).toContain(kindOf(property));
  });

  it('hold people where the documents show people', () => {
    const people = KNOWN.filter((property) => kindOf(property) === 'person');
    expect(people).toEqual(
      expect.arrayContaining([
        'UserId',
        'UserKey',
        'SharingInformation',
        'MembershipInformation',
        'SubscribeeInformation',
        'ExternalSubscribeeInformation',
        'FolderAccessRequests',
        'WorkspaceAccessList',
        'UserInformation',
        'OriginalOwner',
        'TakingOverOwner',
      ]),
    );
    expect(KNOWN.filter((property) => kindOf(property) === 'address')).toEqual(['ClientIP']);
  });

  it('are not judged by how their names end', () => {
    for (const property of KNOWN)
      expect([property, depthOfProperty(property)]).toEqual([
        property,
        kindOf(property) === 'neither' ? THINGS : WHO,
      ]);
  });
});

describe('the properties that fill columns', () => {
  /** In no document, and of things: their names say so. */
  const UNDOCUMENTED = ['ActivityType', 'WorkspaceName'];

  // Of a property that src/rows/people.ts does not know, a person's name leaves in clear in spite of `pseudonym-key`.
  it('are named as person, address, or neither', () => {
    const filling = COLUMNS.flatMap(({ from }) => from);
    expect(filling.filter((property) => kindOf(property) === undefined)).toEqual(UNDOCUMENTED);
  });
});

describe('other names', () => {
  it.each(['RecipientEmail', 'UserPrincipalName', 'requesterUserObjectId', 'EmailAddress', 'addedBy', 'UPN'])(
    '%s says who, wherever it stands',
    (name) => {
      expect([depthOfProperty(name), depthOfField(name, THINGS)]).toEqual([WHO, WHO]);
    },
  );

  it.each(['TenantObjectId', 'ResharePermission', 'WorkspaceId', 'BrandNewProperty', 'UserType', 'toString'])(
    '%s does not',
    (name) => {
      expect(depthOfProperty(name)).toBe(THINGS);
      expect(depthOfField(name, WHO)).not.toBe(WHO);
    },
  );
});
