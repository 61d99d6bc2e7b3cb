import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventsOfHour } from '../../../emulator/tenant/events.ts';
import { tenantOf } from '../../../emulator/tenant/tenant.ts';
import type { ActivityEvent } from '../../../src/rows/event.ts';
import { parseExactly } from '../../../src/rows/exact-json.ts';
import { mapEvent, type Row, rowJson } from '../../../src/rows/map.ts';
import { redactionOf } from '../../../src/rows/redaction.ts';

const KEY = 'synthetic key of more than 32 characters';
const NOW = Date.parse('2026-11-20T12:34:56Z');
const GUID = '00000000-0000-4000-8000-0000000000a1';

function jsonOf(event: ActivityEvent, pseudonymKey: string | undefined = KEY, omit: readonly string[] = []) {
  const redact = redactionOf({ pseudonymKey, omitColumns: new Set(omit) });
  return rowJson(mapEvent(event, undefined, 'power-bi', NOW), { values: 0, rows: 0 }, redact);
}

function rowOf(
  event: ActivityEvent,
  pseudonymKey: string | undefined = KEY,
  omit: readonly string[] = [],
): Row {
  return JSON.parse(jsonOf(event, pseudonymKey, omit)) as Row;
}

function additional(event: ActivityEvent): unknown {
  return rowOf(event).AdditionalFields;
}

/** As the contract says it. */
function p(name: string): string {
  const digits = createHmac('sha256', KEY)
    .update(name.trim().toLowerCase(), 'utf8')
    .digest('hex')
    .slice(0, 32);
  return `p-${digits}${/@[^@]*\.[^@]*$/.exec(name.trim().toLowerCase())?.[0] ?? ''}`;
}

describe('people', () => {
  it('appear as pseudonyms in the columns, and nothing else changes', () => {
    const event = {
      Id: 'one',
      UserId: ' Ana@Contoso.com ',
      UserKey: '100SYNTH0001',
      ClientIP: '2001:DB8::7',
      UserType: 0,
      ItemName: 'Margin',
      UserAgent: 'SyntheticAgent/1.0',
      WorkspaceId: GUID,
    };
    expect(rowOf(event)).toEqual({
      ...rowOf(event, undefined, ['SourceApi']),
      SourceApi: 'power-bi',
      UserId: p('ana@contoso.com'),
      UserKey: p('100synth0001'),
      ClientIP: p('2001:db8::7'),
    });
  });

  it('are not the apps: their id stays', () => {
    expect(rowOf({ UserId: GUID, UserKey: GUID.toUpperCase(), ClientIP: '203.0.113.7' })).toMatchObject({
      UserId: GUID,
      UserKey: GUID.toUpperCase(),
      ClientIP: p('203.0.113.7'),
    });
    expect(rowOf({ UserId: 'ana@contoso.com', UserKey: GUID }).UserKey).toBe(p(GUID));
    expect(rowOf({ UserId: 'ServicePrincipal' }).UserId).toBe('ServicePrincipal');
  });

  it('are replaced within what is nested, tenants and rights are not', () => {
    const recipient = {
      RecipientEmail: 'bo@partner.test',
      RecipientName: 'Bo Öz',
      ObjectId: GUID,
      UserPrincipalName: 'bo@partner.test',
      ResharePermission: 'ReadReshare',
      TenantObjectId: GUID,
    };
    const fields = {
      SharingInformation: [recipient],
      MembershipInformation: [{ MemberEmail: 'bo@partner.test', Status: 'Accepted' }],
      FolderAccessRequests: [
        { GroupId: 0, GroupObjectId: GUID, RolePermissions: 'Member', UserId: 17, UserObjectId: GUID },
      ],
      UserInformation: { UsersAdded: ['bo', 'ana'], UsersRemoved: [] },
      OrgAppPermission: {
        recipients: 'bo@partner.test; ana@contoso.com',
        permissions: 'Entire Organization',
      },
    };
    expect(additional(fields)).toEqual({
      SharingInformation: [
        {
          ...recipient,
          RecipientEmail: p('bo@partner.test'),
          RecipientName: p('bo öz'),
          ObjectId: p(GUID),
          UserPrincipalName: p('bo@partner.test'),
        },
      ],
      MembershipInformation: [{ MemberEmail: p('bo@partner.test'), Status: 'Accepted' }],
      FolderAccessRequests: [
        {
          GroupId: 0,
          GroupObjectId: GUID,
          RolePermissions: 'Member',
          UserId: p('17'),
          UserObjectId: p(GUID),
        },
      ],
      UserInformation: { UsersAdded: [p('bo'), p('ana')], UsersRemoved: [] },
      OrgAppPermission: {
        recipients: `${p('bo@partner.test')};${p('ana@contoso.com')}`,
        permissions: 'Entire Organization',
      },
    });
  });

  it('are replaced in JSON within a string, whose numbers stay exact', () => {
    const changes = '[{"MemberEmail":"bo@partner.test","Role":"Admin","Size":12345678901234567890}]';
    expect(additional({ AccessChanges: changes, Settings: '{"by":"\\u0062o\\u0040partner.test"}' })).toEqual({
      AccessChanges: changes.replace('bo@partner.test', p('bo@partner.test')),
      Settings: `{"by":"${p('bo@partner.test')}"}`,
    });
    const untouched = '{ "server": "sql.example.test" }';
    expect(additional({ Unheard: untouched })).toEqual({ Unheard: untouched });
  });

  it('are replaced in text, names of properties and properties that nobody knows yet', () => {
    expect(rowOf({ ItemName: 'Copy for ana@contoso.com', OrganizationId: GUID })).toMatchObject({
      ItemName: `Copy for ${p('ana@contoso.com')}`,
      OrganizationId: GUID,
    });
    expect(
      additional({
        BrandNew: { deep: [['by ana@contoso.com']], 'ana@contoso.com': 1 },
        'bo@partner.test': true,
      }),
    ).toEqual({
      BrandNew: { deep: [[`by ${p('ana@contoso.com')}`]], [p('ana@contoso.com')]: 1 },
      [p('bo@partner.test')]: true,
    });
    expect(additional({ BrandNewUserObjectId: GUID, BrandNewObjectId: GUID })).toEqual({
      BrandNewUserObjectId: p(GUID),
      BrandNewObjectId: GUID,
    });
  });

  it('are replaced where a value does not fit its column', () => {
    expect(
      additional({ UserId: ['ana@contoso.com'], ClientIP: { address: '203.0.113.7' }, UserKey: [7] }),
    ).toEqual({
      UserId: [p('ana@contoso.com')],
      ClientIP: { address: p('203.0.113.7') },
      UserKey: [p('7')],
    });
  });

  it('do not stay in what nests too deep to be looked through: it is cut, and counted', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(600)}"ana@contoso.com"${']'.repeat(600)}`);
    const cuts = { values: 0, rows: 0 };
    const redact = redactionOf({ pseudonymKey: KEY, omitColumns: new Set() });
    const json = rowJson(
      mapEvent({ deep, text: JSON.stringify(deep) }, undefined, 'fabric', NOW),
      cuts,
      redact,
    );
    expect(json).not.toContain('ana@');
    expect(cuts.rows).toBe(1);
  });

  it('leave the event as it was, and the id by which it is told apart', () => {
    const event = { Id: 'an@odd.id', SharingInformation: [{ RecipientEmail: 'bo@partner.test' }] };
    const before = structuredClone(event);
    expect(rowOf(event).ActivityId).toBe('an@odd.id');
    expect(event).toEqual(before);
  });
});

describe('whatever the event', () => {
  const person = fc.oneof(fc.emailAddress(), fc.stringMatching(/^[\p{L}]{6,12}$/u));
  const text = fc.oneof(
    fc.emailAddress(),
    fc
      .tuple(
        fc.stringMatching(/^[a-z ]{0,9} $/),
        fc.emailAddress(),
        fc.stringMatching(/^[ ,;>] ?[a-z]{0,9}$/),
      )
      .map((parts) => parts.join('')),
    fc.string(),
  );
  const nested = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.constantFrom(null, true, 1.5),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(text, fc.constantFrom('Name', 'Settings', '__proto__')), tie('value'), {
        maxKeys: 3,
      }),
      tie('value').map((value) => JSON.stringify(value)),
    ),
  })).value;
  const who = fc.record({
    UserId: person,
    UserKey: person,
    ClientIP: fc.oneof(fc.ipV4(), fc.ipV6()).filter((address) => address.length > 6),
    SharingInformation: fc.array(fc.record({ RecipientEmail: fc.emailAddress(), RecipientName: person })),
    AccessChanges: fc.array(fc.record({ MemberEmail: person })).map((changes) => JSON.stringify(changes)),
    UserInformation: fc.record({ UsersAdded: fc.array(person) }),
  });
  const event = fc
    .tuple(
      fc.dictionary(fc.oneof(text, fc.constantFrom('ItemName', 'Unheard', 'OrgAppPermission')), nested, {
        maxKeys: 6,
      }),
      who,
    )
    .map(([things, people]) => ({ ...things, ...people, Id: GUID }));

  /** All texts in a value, those in JSON in strings among them. */
  function textsIn(value: unknown): string[] {
    if (typeof value === 'string') {
      try {
        const parsed: unknown = JSON.parse(value);
        if (typeof parsed === 'object' && parsed !== null) return textsIn(parsed);
      } catch {
        // Plain text.
      }
      return [value];
    }
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, entry]) => [
      ...(Array.isArray(value) ? [] : [name]),
      ...textsIn(entry),
    ]);
  }

  const ADDRESS = /[\p{L}\p{N}!#$&*+^_~.-]+@(?:[\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]+/gu;

  it('no address and nobody in it survives', () => {
    fc.assert(
      fc.property(event, (one) => {
        const { SharingInformation, AccessChanges, UserInformation, UserId, UserKey, ClientIP } = one;
        const known = [
          UserId,
          UserKey,
          ClientIP,
          ...textsIn([SharingInformation, JSON.parse(AccessChanges), UserInformation]),
        ];
        const row = rowOf(one);
        const left = textsIn(row);
        for (const found of left.flatMap((each) => each.match(ADDRESS) ?? []))
          expect(found).toMatch(/p-[0-9a-f]{32}@/);
        const {
          SharingInformation: shared,
          AccessChanges: access,
          UserInformation: users,
        } = row.AdditionalFields as Row;
        const places = textsIn([
          row.UserId,
          row.UserKey,
          row.ClientIP,
          shared,
          JSON.parse(String(access)),
          users,
        ]);
        const fieldNames = ['RecipientEmail', 'RecipientName', 'MemberEmail', 'UsersAdded'];
        expect(places.filter((each) => known.includes(each) && !fieldNames.includes(each))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('equal events give equal rows, and what was replaced stays when it goes the same way once more', () => {
    fc.assert(
      fc.property(event, (one) => {
        const json = jsonOf(one);
        expect(jsonOf(one)).toBe(json);
        const again = redactionOf({ pseudonymKey: `another ${KEY}`, omitColumns: new Set() });
        expect(rowJson(parseExactly(json) as Row, { values: 0, rows: 0 }, again)).toBe(json);
      }),
      { numRuns: 300 },
    );
  });

  it('nobody of a synthetic tenant survives in its rows', () => {
    const people = tenantOf(1).users.flatMap(({ upn, name, key, objectId, addresses }) => [
      upn,
      name,
      key,
      objectId,
      ...addresses,
    ]);
    const rows = eventsOfHour(NOW - (NOW % 3_600_000), 3000, 1)
      .map((one) => jsonOf(one))
      .join('\n')
      .toLowerCase();
    expect(people.filter((who) => rows.includes(`"${who.toLowerCase()}"`))).toEqual([]);
    expect(rows).toContain('@example.test');
  });
});

describe('omitted columns', () => {
  it('and single properties are not there, and an empty AdditionalFields neither', () => {
    const event = { Id: 'one', ItemName: 'Margin', TileText: 'T', Scope: 1, WorkSpaceName: 'W' };
    expect(
      rowOf(event, undefined, ['ItemName', 'SourceApi', 'WorkspaceName', 'AdditionalFields.Scope']),
    ).toEqual({
      TimeGenerated: new Date(NOW).toISOString(),
      ActivityId: 'one',
      AdditionalFields: { TileText: 'T' },
    });
    expect(
      rowOf(event, undefined, ['AdditionalFields.Scope', 'AdditionalFields.TileText']),
    ).not.toHaveProperty('AdditionalFields');
    expect(rowOf(event, undefined, ['AdditionalFields'])).not.toHaveProperty('AdditionalFields');
  });

  it('do not come back among the additional fields where a value does not fit', () => {
    expect(
      rowOf({ ClientIP: ['203.0.113.7'], WorkSpaceName: 'W', WorkspaceName: 'V', Scope: 0 }, undefined, [
        'ClientIP',
        'WorkspaceName',
      ]).AdditionalFields,
    ).toEqual({ Scope: 0 });
  });

  it('go along with pseudonyms', () => {
    expect(rowOf({ UserId: 'ana@contoso.com', ClientIP: '203.0.113.7' }, KEY, ['ClientIP'])).toEqual({
      TimeGenerated: new Date(NOW).toISOString(),
      UserId: p('ana@contoso.com'),
      SourceApi: 'power-bi',
    });
  });
});

it('nothing is done where nothing is asked for', () => {
  expect(redactionOf({ pseudonymKey: undefined, omitColumns: new Set() })).toBeUndefined();
});
