/** What a query's title promises: a case that it finds and one that it must not find. */
import { describe, expect, it } from '@jest/globals';
import { evaluate } from '../../emulator/kusto/evaluate.ts';
import { bindQuery, readQueries } from '../../infra/generate/queries.ts';
import {
  answer,
  type Cells,
  DAY,
  event,
  HOUR,
  NIL,
  NOW,
  OTHER_TENANT,
  OWN_TENANT,
  workspaceOf,
} from './workspace.ts';

const queries = readQueries();

function ask(name: string, rows: readonly Cells[], values: Readonly<Record<string, string>> = {}) {
  const query = queries.get(name);
  if (query === undefined) throw new Error(`Expected a file queries/${name}.kql.`);
  return answer(bindQuery(query, values), rows);
}

const many = (count: number, hoursAgo: number, more: Cells, arrived?: number) =>
  Array.from({ length: count }, (_, at) => event(hoursAgo + at / 1000, more, arrived));

describe('the function', () => {
  it('keeps of copies the one that arrived first, and with it the true delay', () => {
    const first = event(80, { ActivityId: 'e' }, 79);
    const copies = [{ ...first, IngestedAt: NOW - 2 * HOUR, TimeGenerated: NOW - 2 * HOUR }, first];
    expect(answer('FabricUserActivity() | project Delay = IngestedAt - EventTime', copies)).toEqual([
      { Delay: HOUR },
    ]);
  });

  it('takes rows whose id is of zeros for rows without an id', () => {
    const rows = [event(3, { ActivityId: NIL }), event(3, { ActivityId: NIL }), event(3, { ActivityId: '' })];
    expect(answer('FabricUserActivity() | count', rows)).toEqual([{ Count: 3 }]);
  });

  it('takes an id of zeros for none in every id, and the next one for the key of the item', () => {
    const row = event(3, {
      ArtifactId: NIL,
      ReportId: 'r1',
      WorkspaceId: NIL,
      CapacityId: NIL,
      DatasetId: NIL,
      ObjectId: NIL,
    });
    expect(answer('FabricUserActivity()', [row])).toMatchObject([
      { ItemKey: 'r1', ItemLabel: '', WorkspaceId: '', CapacityId: '', ArtifactId: '' },
    ]);
    for (const name of ['workspace-activity', 'dormant-workspaces', 'unusual-user'])
      expect(ask(name, [row])).toEqual([]);
  });

  it('sees a guest by type and by name', () => {
    const rows = [
      event(3, { UserType: '10', UserId: 'eve@partner.test' }),
      event(3, { UserId: 'eve_partner.test#EXT#@example.test' }),
      event(3),
    ];
    expect(answer('FabricUserActivity() | summarize Rows = count() by UserKind', rows)).toEqual([
      { UserKind: 'Guest', Rows: 2 },
      { UserKind: 'Regular', Rows: 1 },
    ]);
  });

  it('finds late rows by when they happened', () => {
    const late = event(75, {}, 1);
    expect(answer('FabricUserActivity(ago(4d)) | count', [late])).toEqual([{ Count: 1 }]);
    expect(answer('FabricUserActivity(ago(2d)) | count', [late])).toEqual([{ Count: 0 }]);
  });
});

describe('external-sharing', () => {
  const shared = (recipient: Cells, more: Cells = {}) =>
    event(3, {
      Operation: 'ShareReport',
      AdditionalFields: { SharingInformation: [recipient] },
      ...more,
    });
  const found: [string, Cells, string][] = [
    ['a recipient of another domain', shared({ RecipientEmail: 'eve@partner.test' }), 'another domain'],
    ['a guest by name', shared({ RecipientEmail: 'eve_partner.test#EXT#@example.test' }), 'guest'],
    [
      'a recipient known only by principal name',
      shared({ UserPrincipalName: 'eve@partner.test' }),
      'another domain',
    ],
    ['a recipient known only by tenant', shared({ TenantObjectId: OTHER_TENANT }), 'another tenant'],
    [
      'a recipient of another tenant with an address that looks like ours',
      shared({ RecipientEmail: 'bo@example.test', TenantObjectId: OTHER_TENANT }),
      'another tenant',
    ],
    ['an external data share', event(3, { Operation: 'CreateExternalDataShare' }), 'another tenant'],
    ['a report on the public web', event(3, { Operation: 'PublishToWebReport' }), 'public web'],
    [
      'a guest as member of a workspace',
      event(3, {
        Operation: 'AddGroupMembers',
        AdditionalFields: { MembershipInformation: [{ MemberEmail: 'eve_partner.test#EXT#@example.test' }] },
      }),
      'guest',
    ],
    [
      'a role for somebody of another domain',
      event(3, {
        Operation: 'UpdateFolderAccess',
        AdditionalFields: {
          FolderAccessRequests: [{ RolePermissions: 'Admin', UserPrincipalName: 'eve@partner.test' }],
        },
      }),
      'another domain',
    ],
    [
      'a role for an address under a name that nobody knows',
      event(3, {
        Operation: 'AddWorkspaceRoleViaAdminApi',
        AdditionalFields: { UserInformation: { UsersAdded: [{ Principal: { Upn: 'Eve@Partner.test' } }] } },
      }),
      'another domain',
    ],
    [
      'a guest who shares within the own domain',
      shared({ RecipientEmail: 'max@partner.test' }, { UserId: 'eve@partner.test', UserType: '10' }),
      'another domain',
    ],
    [
      'a subscriber from outside',
      event(3, {
        Operation: 'CreateEmailSubscription',
        AdditionalFields: { ExternalSubscribeeInformation: [{ RecipientEmail: 'eve@partner.test' }] },
      }),
      'another domain',
    ],
    [
      'the second of two kinds of subscribers',
      event(3, {
        Operation: 'RunEmailSubscription',
        AdditionalFields: {
          SubscribeeInformation: [{ RecipientEmail: 'bo@example.test' }],
          ExternalSubscribeeInformation: [{ RecipientEmail: 'eve@partner.test' }],
        },
      }),
      'another domain',
    ],
    [
      'an app for somebody outside',
      event(3, {
        Operation: 'UpdateApp',
        AdditionalFields: { OrgAppPermission: { recipients: 'bo@example.test;eve@partner.test' } },
      }),
      'another domain',
    ],
    [
      'a domain that only ends like the own one',
      shared({ RecipientEmail: 'eve@notexample.test' }),
      'another domain',
    ],
  ];

  it.each(found)('finds %s', (_, row, reason) => {
    const answers = ask('external-sharing', [row], { OwnDomains: 'dynamic(["example.test"])' });
    expect(answers.map(({ Reason }) => Reason)).toEqual([reason]);
  });

  it.each<[string, Cells]>([
    ['a colleague', shared({ RecipientEmail: 'bo@example.test' })],
    ['a subdomain of the own domain', shared({ RecipientEmail: 'bo@eu.example.test' })],
    ['a second own domain', shared({ RecipientEmail: 'bo@example.invalid' })],
    ['a second own domain in capitals', shared({ RecipientEmail: 'Bo@EU.Example.Invalid' })],
    ['a colleague known only by tenant', shared({ TenantObjectId: OWN_TENANT })],
    ['a recipient without any mark', shared({ ObjectId: 'o1', TenantObjectId: NIL })],
    ['what failed', shared({ RecipientEmail: 'eve@partner.test' }, { IsSuccess: false })],
    [
      'a member who is removed',
      event(3, {
        Operation: 'DeleteGroupMembers',
        AdditionalFields: { MembershipInformation: [{ MemberEmail: 'eve@partner.test' }] },
      }),
    ],
    ['a share that is withdrawn', event(3, { Operation: 'RevokeExternalDataShare' })],
    ['a public link that is withdrawn', event(3, { Operation: 'DeleteEmbedCode' })],
    ['a view', event(3, { Operation: 'ViewReport' })],
  ])('does not find %s', (_, row) => {
    expect(
      ask('external-sharing', [row], { OwnDomains: 'dynamic(["example.test", "example.invalid"])' }),
    ).toEqual([]);
  });

  it('finds what happened days ago and arrived now, and with Arrived nothing that arrived before', () => {
    const row = (arrived: number) => event(80, { Operation: 'PublishToWebReport' }, arrived);
    expect(ask('external-sharing', [row(0.5)], { Arrived: '70m' })).toHaveLength(1);
    expect(ask('external-sharing', [row(3)], { Arrived: '70m' })).toHaveLength(0);
  });
});

describe('mass-export', () => {
  it('finds a day whose exports arrive late, and that of a copy not', () => {
    const late = many(80, 70, { Operation: 'ExportReport' }, 0.5);
    expect(ask('mass-export', late, { Arrived: '70m' })).toMatchObject([{ Exports: 80 }]);
    expect(ask('mass-export', late, { Lookback: '2d' })).toEqual([]);
    const old = many(80, 70, { Operation: 'ExportReport' });
    const copies = old.map((row) => ({ ...row, IngestedAt: NOW - HOUR / 2 }));
    expect(ask('mass-export', [...old, ...copies], { Arrived: '70m' })).toEqual([]);
    expect(ask('mass-export', [...old, ...copies])).toMatchObject([{ Exports: 80 }]);
  });

  it('does not count what programs read in OneLake', () => {
    expect(ask('mass-export', many(200, 5, { Operation: 'ReadFileOrGetBlob' }))).toEqual([]);
    expect(ask('mass-export', many(51, 5, { Operation: 'ExportReport' }))).toHaveLength(1);
    expect(ask('mass-export', many(50, 5, { Operation: 'ExportReport' }))).toHaveLength(0);
  });
});

describe('log-gaps', () => {
  /** 30 events an hour on working days from 8 to 17, 25 an hour at the same time on weekends. */
  function log(days: number, isMissing: (time: Date) => boolean): Cells[] {
    const rows: Cells[] = [];
    for (let hoursAgo = days * 24; hoursAgo > 2; hoursAgo -= 1) {
      const time = new Date(NOW - hoursAgo * HOUR);
      const isWeekend = [0, 6].includes(time.getUTCDay());
      const busy = time.getUTCHours() >= 8 && time.getUTCHours() < 17;
      const count = busy ? (isWeekend ? 25 : 30) : 2;
      if (!isMissing(time)) rows.push(...many(count, hoursAgo - 0.5, {}));
    }
    return rows;
  }
  const between = (from: string, to: string) => (time: Date) =>
    time.getTime() >= Date.parse(`${from}Z`) && time.getTime() < Date.parse(`${to}Z`);
  const gaps = (rows: readonly Cells[]) => ask('log-gaps', rows).map(({ Hour }) => Number(Hour));

  it('finds nothing in a whole log, nor before it began', () => {
    expect(gaps(log(27, () => false))).toEqual([]);
    expect(gaps(log(10, () => false))).toEqual([]);
  });

  it.each([
    ['an hour', '2026-11-18T10:00', '2026-11-18T11:00', 1],
    ['a day', '2026-11-17T00:00', '2026-11-18T00:00', 9],
    ['a weekend', '2026-11-14T00:00', '2026-11-16T00:00', 18],
    ['eight days', '2026-11-10T00:00', '2026-11-18T00:00', 72],
  ])('finds an outage of %s', (_, from, to, hours) => {
    const found = gaps(log(27, between(from, to)));
    expect(found).toHaveLength(hours);
    expect(found.every((hour) => between(from, to)(new Date(hour)))).toBe(true);
  });

  it('does not find weekends in a tenant that rests then', () => {
    expect(gaps(log(27, (time) => [0, 6].includes(time.getUTCDay())))).toEqual([]);
  });
});

describe('ingestion-errors', () => {
  it('answers with no row where the workspace has no table of errors', () => {
    const workspace = workspaceOf({});
    const tables = new Map([...workspace.tables].filter(([name]) => name !== 'DCRLogErrors'));
    const { rows } = evaluate(queries.get('ingestion-errors')?.text ?? '', { ...workspace, tables }, NOW);
    expect([...rows]).toEqual([]);
  });
});

describe('others', () => {
  it('no-data speaks up only when nothing arrived, whenever it happened', () => {
    expect(ask('no-data', [event(100, {}, 1)])).toEqual([]);
    expect(ask('no-data', [event(40)])).toEqual([{ Rows: 0 }]);
    expect(ask('no-data', [event(1, { RecordType: 'WorkspaceAccess' })])).toEqual([{ Rows: 0 }]);
  });

  it('deleted-or-moved finds tables and moves, and no files of OneLake', () => {
    const operations = [
      'DropLakehouseTable',
      'ModifyWorkspaceCapacity',
      'DeleteBlob',
      'DeleteFileOrBlob',
      'MoveGoals',
    ];
    const rows = operations.map((Operation) => event(3, { Operation }));
    expect(ask('deleted-or-moved', rows).map(({ Operation }) => Operation)).toEqual(operations.slice(0, 2));
  });

  it('tenant-setting-changes finds what is handed down, and reads not', () => {
    const rows = ['UpdateDomainTenantSettingDelegation', 'GetTenantSettingsViaAdminApi'].map((Operation) =>
      event(3, { Operation }),
    );
    expect(ask('tenant-setting-changes', rows)).toMatchObject([
      { Operation: 'UpdateDomainTenantSettingDelegation' },
    ]);
  });

  it('permission-changes finds roles and credentials, and reads not', () => {
    const found = [
      'AddWorkspaceRoleViaAdminApi',
      'DeleteAlmPipelineAccessAsAdmin',
      'UpdateDatasourceCredentials',
    ];
    const not = [
      'CheckScorecardAccess',
      'InstallApp',
      'GetGatewayTenantKeys',
      'GenerateEmbedToken',
      'EncryptCredentials',
    ];
    const rows = [...found, ...not].map((Operation) => event(3, { Operation }));
    expect(ask('permission-changes', rows).map(({ Operation }) => Operation)).toEqual(found);
  });

  it('failed-actions counts failures alone', () => {
    const rows = [
      ...many(3, 5, { Operation: 'ExportReport', IsSuccess: false }),
      ...many(9, 5, { Operation: 'ViewReport' }),
    ];
    expect(ask('failed-actions', rows)).toMatchObject([{ Operation: 'ExportReport', Failed: 3 }]);
  });

  it('dormant-reports leaves out what was opened of late', () => {
    const rows = [
      event(24 * 40, { ReportId: 'r1', Operation: 'ViewReport' }),
      event(24 * 2, { ReportId: 'r2', Operation: 'ViewReport' }),
    ];
    expect(ask('dormant-reports', rows).map(({ ReportId }) => ReportId)).toEqual(['r1']);
  });

  it('ingestion-delay shows the delay of the first copy', () => {
    const first = event(30, {}, 29);
    const rows = [first, { ...first, IngestedAt: NOW, TimeGenerated: NOW - DAY }];
    expect(ask('ingestion-delay', rows)).toMatchObject([{ LongestDelay: HOUR }]);
  });

  it('leaver-copying leaves out routine and those who always copied', () => {
    const rows = [
      ...many(30, 24, { Operation: 'ExportReport', UserId: 'ana@example.test' }),
      ...many(200, 24, { Operation: 'GetBlob', UserId: 'bo@example.test' }),
      ...many(300, 24 * 14, { Operation: 'ExportReport', UserId: 'cy@example.test' }),
      ...many(30, 24, { Operation: 'ExportReport', UserId: 'cy@example.test' }),
    ];
    expect(ask('leaver-copying', rows).map(({ UserId }) => UserId)).toEqual(['ana@example.test']);
  });
});
