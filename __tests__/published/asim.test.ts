/** The ASIM AuditEvent parsers, against the fields and values of the schema, version 0.1.2. */
import { describe, expect, it } from '@jest/globals';
import type { SavedFunction } from '../../emulator/kusto/evaluate.ts';
import { readOperations } from '../../infra/generate/operations.ts';
import { parserParameters, readParsers } from '../../infra/generate/sentinel-content.ts';
import { answer, type Cells, event, NIL, OWN_TENANT } from './workspace.ts';

const parsers = readParsers().map(({ content }) => content);
const functions: SavedFunction[] = parsers.map((parser) => ({
  name: parser.ParserName,
  parameters: parserParameters(parser),
  body: parser.ParserQuery,
}));
const ask = (query: string, rows: readonly Cells[]) => answer(query, rows, { functions });
const all = (rows: readonly Cells[]) => ask('ASimAuditEventMicrosoftFabric()', rows);

/** https://learn.microsoft.com/en-us/azure/sentinel/normalization-schema-audit */
const MANDATORY = [
  ...[
    'EventCount',
    'EventStartTime',
    'EventEndTime',
    'EventType',
    'EventResult',
    'EventProduct',
    'EventVendor',
  ],
  ...['EventSchema', 'EventSchemaVersion', 'Dvc', 'Operation', 'Object'],
];
const KNOWN = new Set([
  ...MANDATORY,
  ...['TimeGenerated', 'Type', 'EventSubType', 'EventOriginalResultDetails', 'EventUid', 'EventOriginalUid'],
  ...[
    'EventOriginalType',
    'EventOriginalSubType',
    'EventSeverity',
    'ObjectId',
    'ObjectType',
    'OriginalObjectType',
  ],
  ...['NewValue', 'Value', 'ValueType', 'ActorUsername', 'ActorUsernameType', 'User', 'ActorUserId'],
  ...['ActorUserIdType', 'ActorUserType', 'ActorOriginalUserType', 'ActorScope', 'ActorScopeId', 'SrcIpAddr'],
  ...[
    'Src',
    'IpAddr',
    'HttpUserAgent',
    'TargetAppName',
    'TargetAppType',
    'Application',
    'Dst',
    'AdditionalFields',
  ],
]);
const VALUES: Readonly<Record<string, readonly string[]>> = {
  EventType: [
    ...['Set', 'Read', 'Create', 'Delete', 'Execute', 'Install', 'Clear', 'Enable', 'Disable', 'Initialize'],
    ...['Start', 'Stop', 'Other'],
  ],
  EventResult: ['Success', 'Partial', 'Failure', 'NA'],
  EventSeverity: ['Informational', 'Low', 'Medium', 'High'],
  ObjectType: [
    ...['Cloud Resource', 'Configuration Atom', 'Policy Rule', 'Event Log', 'Scheduled Task', 'Service'],
    ...['Directory Service Object', 'Other'],
  ],
  ActorUsernameType: ['', 'UPN', 'Windows', 'DN', 'Simple', 'AWSId'],
  ActorUserIdType: ['', 'SID', 'UID', 'AADID', 'PUID', 'Other'],
  ActorUserType: [
    ...['Regular', 'Machine', 'Admin', 'System', 'Application', 'Service Principal', 'Service', 'Anonymous'],
    ...['Guest', 'Other'],
  ],
};

describe('the parsers', () => {
  it('give each mandatory field a value, and only values of the schema, for every published operation', () => {
    const rows = readOperations().map(({ name }, at) =>
      event(3, {
        Operation: name,
        IsSuccess: [true, false, null][at % 3],
        UserType: ['0', '2', '3', '4', '5', '6', '10', ''][at % 8],
        UserKey: ['100SYNTH', '00000000-0000-4000-8000-0000000000a1', ''][at % 3],
      }),
    );
    const found = all(rows);
    expect(found.length).toBeGreaterThan(500);
    for (const row of found) {
      expect(Object.keys(row).filter((name) => !KNOWN.has(name))).toEqual([]);
      expect(MANDATORY.filter((name) => row[name] === null || row[name] === '')).toEqual([]);
      for (const [name, values] of Object.entries(VALUES)) expect(values).toContain(row[name]);
    }
  });

  it('leave views and routine out', () => {
    const rows = [
      'ViewReport',
      'GetDatasources',
      'ReadFileOrGetBlob',
      'ShareReport',
      'GetTenantSettingsViaAdminApi',
    ];
    expect(all(rows.map((Operation) => event(3, { Operation }))).map(({ Operation }) => Operation)).toEqual(
      rows.slice(3),
    );
  });

  it('map an event', () => {
    const row = event(3, {
      ActivityId: 'e1',
      Operation: 'UpdatedAdminFeatureSwitch',
      UserKey: '100SYNTH',
      ClientIP: '[2001:db8::7]:443',
      UserAgent: 'browser',
      ItemName: 'PublishToWeb',
      ArtifactId: NIL,
      ObjectId: 'o1',
      Workload: 'PowerBI',
      AdditionalFields: { SwitchState: 'Enabled: true' },
    });
    expect(all([row])).toMatchObject([
      {
        EventType: 'Enable',
        EventSubType: 'TenantSetting',
        EventResult: 'Success',
        EventOriginalUid: 'e1',
        EventStartTime: row.CreationTime,
        Object: 'PublishToWeb',
        ObjectId: 'o1',
        ObjectType: 'Configuration Atom',
        NewValue: 'Enabled: true',
        ValueType: 'Other',
        ActorUsername: 'ana@example.test',
        User: 'ana@example.test',
        ActorUsernameType: 'UPN',
        ActorUserIdType: 'PUID',
        ActorScopeId: OWN_TENANT,
        SrcIpAddr: '2001:db8::7',
        IpAddr: '2001:db8::7',
        TargetAppName: 'PowerBI',
      },
    ]);
  });

  it('give an event once, and nothing when disabled', () => {
    const row = event(3, { Operation: 'ShareReport' });
    expect(all([row, row])).toHaveLength(1);
    expect(ask('ASimAuditEventMicrosoftFabric(disabled=true)', [row])).toEqual([]);
    expect(ask('vimAuditEventMicrosoftFabric(disabled=true)', [row])).toEqual([]);
  });
});

describe('the filtering parser', () => {
  const rows = [
    event(3, { Operation: 'ShareReport', ItemName: 'Margin', ClientIP: '203.0.113.7:4711' }),
    event(30, {
      Operation: 'DeleteReport',
      ItemName: 'Costs',
      ClientIP: '10.1.2.3',
      UserId: 'bo@example.test',
      IsSuccess: false,
    }),
    event(50, {
      Operation: 'UpdateFolderAccess',
      AdditionalFields: { FolderAccessRequests: [{ RolePermissions: 'Admin' }] },
    }),
  ];

  it.each([
    ['', 3],
    ['starttime=ago(1d)', 1],
    ['endtime=ago(1d)', 2],
    ['starttime=ago(2d), endtime=ago(1d)', 1],
    ['srcipaddr_has_any_prefix=dynamic(["203.0.113."])', 1],
    ['srcipaddr_has_any_prefix=dynamic(["10.", "203."])', 2],
    ['actorusername_has_any=dynamic(["bo@example.test"])', 1],
    ['operation_has_any=dynamic(["ShareReport", "DeleteReport"])', 2],
    ['eventtype_in=dynamic(["Delete"])', 1],
    ['eventtype_in=dynamic(["set"])', 2],
    ['eventresult="Failure"', 1],
    ['object_has_any=dynamic(["Margin"])', 1],
    ['newvalue_has_any=dynamic(["Admin"])', 1],
    ['eventresult="Success", operation_has_any=dynamic(["DeleteReport"])', 0],
  ])('with (%s) gives %d', (parameters, count) => {
    expect(ask(`vimAuditEventMicrosoftFabric(${parameters}) | count`, rows)).toEqual([{ Count: count }]);
  });

  it('takes its parameters in the order of the schema', () => {
    const filtering = parsers.find(({ ParserName }) => ParserName.startsWith('vim'));
    expect(filtering?.ParserParams.map(({ Name }) => Name)).toEqual([
      ...['starttime', 'endtime', 'srcipaddr_has_any_prefix', 'actorusername_has_any', 'operation_has_any'],
      ...['eventtype_in', 'eventresult', 'object_has_any', 'newvalue_has_any', 'disabled'],
    ]);
  });
});
