/** Rows for each rule and hunting query: what it finds, and what it must not find. */
import { type Cells, event, OTHER_TENANT } from './workspace.ts';

interface More {
  /** Content of watchlists. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  readonly gives?: readonly Record<string, unknown>[];
}

type Case = readonly [what: string, rows: readonly Cells[], more?: More];

export interface Cases {
  readonly finds: readonly Case[];
  readonly leaves: readonly Case[];
}

/** Arrived half an hour ago, whenever it happened. */
const now = (Operation: string, more: Cells = {}, hoursAgo = 1) =>
  event(hoursAgo, { Operation, ...more }, 0.5);
/** Arrived days ago. */
const before = (Operation: string, more: Cells = {}, hoursAgo = 24 * 5) =>
  event(hoursAgo, { Operation, ...more });
const many = (count: number, make: (at: number) => Cells) =>
  Array.from({ length: count }, (_, at) => make(at));

const BO = { UserId: 'bo@example.test' };
const APP = { UserId: '00000000-0000-4000-8000-0000000000d1', UserType: '6' };
const HERE = { ClientIP: '203.0.113.7' };
const W1 = { WorkspaceId: 'w1', WorkspaceName: 'Sales' };
const shared = (recipient: Cells, more: Cells = {}) =>
  now('ShareReport', { AdditionalFields: { SharingInformation: [recipient] }, ...more });

export const RULE_CASES: Readonly<Record<string, Cases>> = {
  FabricPublishToWeb: {
    finds: [
      [
        'a report on the public web',
        [now('PublishToWebReport', { ItemName: 'Margin', ...HERE })],
        {
          gives: [
            {
              AccountName: 'ana',
              AccountUPNSuffix: 'example.test',
              ItemLabel: 'Margin',
              ClientIP: '203.0.113.7',
            },
          ],
        },
      ],
      ['one that arrives days late', [now('PublishToWebReport', {}, 100)]],
    ],
    leaves: [
      ['what failed', [now('PublishToWebReport', { IsSuccess: false })]],
      [
        'a publisher of the list',
        [now('PublishToWebReport')],
        { lists: { FabricPublishers: ['Ana@example.test'] } },
      ],
      ['a public link that is withdrawn', [now('DeleteEmbedCode')]],
      ['what arrived before', [before('PublishToWebReport', {}, 20)]],
    ],
  },
  FabricSharedOutside: {
    finds: [
      [
        'somebody of another domain',
        [shared({ RecipientEmail: 'eve@partner.test' })],
        { gives: [{ Reason: 'another domain', RecipientEmail: 'eve@partner.test' }] },
      ],
      [
        'a guest',
        [shared({ RecipientEmail: 'eve_partner.test#EXT#@example.test' })],
        { gives: [{ Reason: 'guest' }] },
      ],
      [
        'a recipient known by tenant',
        [shared({ TenantObjectId: OTHER_TENANT })],
        { gives: [{ Reason: 'another tenant' }] },
      ],
      ['an external data share', [now('CreateExternalDataShare')]],
      [
        'a domain that only ends like the partner’s',
        [shared({ RecipientEmail: 'eve@badpartner.test' })],
        { lists: { FabricAllowedPartners: ['partner.test'] } },
      ],
    ],
    leaves: [
      ['a colleague of a subdomain', [shared({ RecipientEmail: 'bo@eu.example.test' })]],
      [
        'an own domain of the list',
        [shared({ RecipientEmail: 'bo@other.test' })],
        { lists: { FabricOwnDomains: ['other.test'] } },
      ],
      [
        'a partner',
        [shared({ RecipientEmail: 'eve@partner.test' })],
        { lists: { FabricAllowedPartners: ['partner.test'] } },
      ],
      [
        'a guest of a partner',
        [shared({ RecipientEmail: 'eve_partner.test#EXT#@example.test' })],
        { lists: { FabricAllowedPartners: ['partner.test'] } },
      ],
      ['a public report, which has a rule of its own', [now('PublishToWebReport')]],
      [
        'a member who is removed',
        [
          now('DeleteGroupMembers', {
            AdditionalFields: { MembershipInformation: [{ MemberEmail: 'eve@partner.test' }] },
          }),
        ],
      ],
    ],
  },
  FabricMassExport: {
    finds: [
      [
        'many exports in a day',
        many(51, (at) => now('ExportReport', { ArtifactId: `r${at}` }, 2 + at / 100)),
        { gives: [{ Exports: 51, Items: 51 }] },
      ],
      ['a day long gone that arrives now', many(51, () => now('ExportReport', {}, 100))],
      [
        'far more than the own usual',
        [
          ...[3, 4, 5, 6].flatMap((day) => many(2, () => before('ExportReport', {}, day * 24))),
          ...many(21, () => now('ExportReport', {}, 3)),
        ],
      ],
    ],
    leaves: [
      ['as many as allowed', many(50, () => now('ExportReport', {}, 3))],
      ['reads of OneLake', many(200, () => now('ReadFileOrGetBlob', {}, 3))],
      [
        'a service principal of the list',
        many(80, () => now('ExportReport', APP, 3)),
        { lists: { FabricServicePrincipals: [APP.UserId] } },
      ],
      [
        'the usual number',
        [
          ...[3, 4, 5, 6].flatMap((day) => many(18, () => before('ExportReport', {}, day * 24))),
          ...many(21, () => now('ExportReport', {}, 3)),
        ],
      ],
    ],
  },
  FabricOneLakeReadBurst: {
    finds: [
      [
        'a thousand reads from a new address',
        [
          before('ViewReport', { ClientIP: '198.51.100.1' }),
          ...many(1001, (at) => now('GetBlob', HERE, 2.5 + at / 10_000)),
        ],
        { gives: [{ Files: 1001, ClientIP: '203.0.113.7' }] },
      ],
    ],
    leaves: [
      [
        'reads from a known address',
        [before('ViewReport', HERE), ...many(1001, () => now('GetBlob', HERE, 2))],
      ],
      ['a program', many(1001, () => now('GetBlob', { ...APP, ...HERE }, 2))],
      ['few reads', many(900, () => now('GetBlob', HERE, 2))],
    ],
  },
  FabricStorageKeyIssued: {
    finds: [
      [
        'a key for a new user',
        [now('AcquireStorageAccountKey', W1)],
        { gives: [{ Times: 1, WorkspaceName: 'Sales' }] },
      ],
    ],
    leaves: [
      [
        'a user who had one before',
        [before('AcquireStorageAccountKey', W1), now('AcquireStorageAccountKey', W1)],
      ],
      ['what failed', [now('AcquireStorageAccountKey', { IsSuccess: false })]],
    ],
  },
  FabricTenantProtectionWeakened: {
    finds: [
      [
        'publishing to the web switched on',
        [
          now('UpdatedAdminFeatureSwitch', {
            ItemName: 'PublishToWeb',
            AdditionalFields: { SwitchState: 'Enabled: true' },
          }),
        ],
        { gives: [{ AlertSeverity: 'High', Setting: 'PublishToWeb' }] },
      ],
      [
        'a setting of a capacity',
        [
          now('UpdateCapacityTenantSettingDelegation', {
            ItemName: 'Copilot',
            AdditionalFields: { SwitchState: 'Enabled: true' },
          }),
        ],
        { gives: [{ AlertSeverity: 'Low' }] },
      ],
      [
        'a protection switched off',
        [
          now('UpdatedAdminFeatureSwitch', {
            ItemName: 'BlockResourceKeyAuthentication',
            AdditionalFields: { SwitchState: 'Enabled: false' },
          }),
        ],
      ],
      [
        'encryption switched off',
        [now('DisableWorkspaceEncryption')],
        { gives: [{ AlertSeverity: 'High' }] },
      ],
    ],
    leaves: [
      [
        'a setting that is switched off',
        [
          now('UpdatedAdminFeatureSwitch', {
            ItemName: 'PublishToWeb',
            AdditionalFields: { SwitchState: 'Enabled: false' },
          }),
        ],
      ],
      [
        'a protection switched on',
        [
          now('UpdatedAdminFeatureSwitch', {
            ItemName: 'BlockResourceKeyAuthentication',
            AdditionalFields: { SwitchState: 'Enabled: true' },
          }),
        ],
      ],
      ['a read', [now('GetTenantSettingsViaAdminApi')]],
    ],
  },
  FabricAdminRoleGranted: {
    finds: [
      [
        'an admin of a sensitive workspace',
        [
          now('UpdateFolderAccess', {
            ...W1,
            AdditionalFields: { FolderAccessRequests: [{ RolePermissions: 'Admin' }] },
          }),
        ],
        { lists: { FabricSensitiveWorkspaces: ['W1'] }, gives: [{ PlaceList: '["Sales"]' }] },
      ],
      ['an admin of a capacity', [now('UpdateCapacityAdmins')]],
      [
        'admins of many workspaces',
        many(6, (at) =>
          now(
            'AddWorkspaceRoleViaAdminApi',
            { WorkspaceId: `w${at}`, AdditionalFields: { Role: 'Admin' } },
            2,
          ),
        ),
      ],
    ],
    leaves: [
      [
        'a viewer',
        [
          now('UpdateFolderAccess', {
            ...W1,
            AdditionalFields: { FolderAccessRequests: [{ RolePermissions: 'Viewer' }] },
          }),
        ],
        { lists: { FabricSensitiveWorkspaces: ['w1'] } },
      ],
      [
        'an admin of one ordinary workspace',
        [
          now('UpdateFolderAccess', {
            ...W1,
            AdditionalFields: { FolderAccessRequests: [{ RolePermissions: 'Admin' }] },
          }),
        ],
      ],
    ],
  },
  FabricAdminEnteredPersonalWorkspace: {
    finds: [
      [
        'an entry',
        [now('AddAdminPersonalWorkspaceAccess', W1)],
        { gives: [{ AlertSeverity: 'Medium', Exported: 0 }] },
      ],
      [
        'an entry and an export',
        [now('AddAdminPersonalWorkspaceAccess', W1, 3), now('ExportReport', W1, 2)],
        { gives: [{ AlertSeverity: 'High', Exported: 1 }] },
      ],
      [
        'an export that arrives after the entry',
        [event(20, { Operation: 'AddAdminPersonalWorkspaceAccess', ...W1 }), now('ExportReport', W1, 10)],
      ],
    ],
    leaves: [
      ['an entry that ends', [now('RemoveAdminPersonalWorkspaceAccess', W1)]],
      [
        'an entry of before',
        [before('AddAdminPersonalWorkspaceAccess', W1, 20), now('ExportReport', { WorkspaceId: 'w2' }, 2)],
      ],
    ],
  },
  FabricTakeoverThenExport: {
    finds: [
      [
        'a takeover and an export',
        [now('TakeOverDataset', W1, 5), now('ExportReport', { ...W1, ArtifactId: 'r1' }, 3)],
        { gives: [{ Exports: 1 }] },
      ],
    ],
    leaves: [
      ['an export of before', [now('TakeOverDataset', W1, 3), now('ExportReport', W1, 5)]],
      [
        'an export by somebody else',
        [now('TakeOverDataset', W1, 5), now('ExportReport', { ...W1, ...BO }, 3)],
      ],
      ['another workspace', [now('TakeOverDataset', W1, 5), now('ExportReport', { WorkspaceId: 'w2' }, 3)]],
    ],
  },
  FabricServicePrincipalNewAddress: {
    finds: [
      [
        'a known principal from a new address',
        [
          before('GetWorkspacesInfoAPI', { ...APP, ClientIP: '198.51.100.1' }),
          now('GetWorkspacesInfoAPI', { ...APP, ...HERE }),
        ],
        { gives: [{ UserId: APP.UserId, ClientIP: '203.0.113.7' }] },
      ],
    ],
    leaves: [
      [
        'a known address',
        [
          before('GetWorkspacesInfoAPI', { ...APP, ...HERE }),
          now('GetWorkspacesInfoAPI', { ...APP, ...HERE }),
        ],
      ],
      [
        'a known network',
        [
          before('GetWorkspacesInfoAPI', { ...APP, ClientIP: '198.51.100.1' }),
          now('GetWorkspacesInfoAPI', { ...APP, ...HERE }),
        ],
        { lists: { FabricKnownNetworks: ['203.0.113.0/24'] } },
      ],
      [
        'a person',
        [before('GetWorkspacesInfoAPI', { ClientIP: '198.51.100.1' }), now('GetWorkspacesInfoAPI', HERE)],
      ],
      [
        'a view',
        [
          before('GetWorkspacesInfoAPI', { ...APP, ClientIP: '198.51.100.1' }),
          now('ViewReport', { ...APP, ...HERE }),
        ],
      ],
    ],
  },
  FabricActivityLogReadByOther: {
    finds: [
      [
        'a stranger who reads the log',
        [now('ExportActivityEvents', BO)],
        { lists: { FabricServicePrincipals: [APP.UserId] }, gives: [{ UserId: BO.UserId }] },
      ],
    ],
    leaves: [
      [
        'the collector',
        [now('ExportActivityEvents', APP)],
        { lists: { FabricServicePrincipals: [APP.UserId] } },
      ],
      ['anybody while the list is empty', [now('ExportActivityEvents', BO)]],
    ],
  },
  FabricMassDeletion: {
    finds: [
      [
        'many items in an hour',
        many(11, (at) => now('DeleteReport', { ArtifactId: `r${at}` }, 1.5)),
        { gives: [{ Items: 11 }] },
      ],
      [
        'two workspaces',
        [now('DeleteGroup', { WorkspaceId: 'w1' }, 1.5), now('DeleteFolder', { WorkspaceId: 'w2' }, 1.5)],
      ],
      ['a workspace for good', [now('DeleteWorkspacesPermanentlyAsAdmin')]],
      ['deletions that arrive late', many(11, (at) => now('DeleteArtifact', { ArtifactId: `r${at}` }, 90.5))],
    ],
    leaves: [
      ['ten items', many(10, (at) => now('DeleteReport', { ArtifactId: `r${at}` }, 1.5))],
      ['files in OneLake', many(99, (at) => now('DeleteFileOrBlob', { ArtifactId: `r${at}` }, 1.5))],
      ['tiles', many(40, (at) => now('DeleteTile', { ArtifactId: `r${at}` }, 1.5))],
      ['one item that is deleted often', many(30, () => now('DeleteReport', { ArtifactId: 'r1' }, 1.5))],
    ],
  },
  FabricLabelRemovedThenShared: {
    finds: [
      [
        'a label removed and a share',
        [
          now('SensitivityLabelRemoved', { ArtifactId: 'r1' }, 3),
          now('ShareReport', { ArtifactId: 'r1' }, 2),
        ],
        { gives: [{ LabelOperation: 'SensitivityLabelRemoved', Operation: 'ShareReport' }] },
      ],
    ],
    leaves: [
      [
        'another item',
        [
          now('SensitivityLabelRemoved', { ArtifactId: 'r1' }, 3),
          now('ShareReport', { ArtifactId: 'r2' }, 2),
        ],
      ],
      [
        'a share of before',
        [
          now('SensitivityLabelRemoved', { ArtifactId: 'r1' }, 2),
          now('ShareReport', { ArtifactId: 'r1' }, 3),
        ],
      ],
    ],
  },
  FabricEmbedTokenBurst: {
    finds: [
      [
        'a burst',
        [
          before('GenerateEmbedToken', APP),
          ...many(101, (at) => now('GenerateEmbedToken', APP, 1.5 + at / 10_000)),
        ],
        { gives: [{ Tokens: 101 }] },
      ],
    ],
    leaves: [
      [
        'the usual number',
        [
          ...many(60, () => before('GenerateEmbedToken', APP)),
          ...many(101, () => now('GenerateEmbedToken', APP, 1.5)),
        ],
      ],
      ['few', many(100, () => now('GenerateEmbedToken', APP, 1.5))],
    ],
  },
  FabricGatewayCredentialsChanged: {
    finds: [['a new user', [now('UpdateGatewayClusterDatasourceCredentials')], { gives: [{ Times: 1 }] }]],
    leaves: [
      [
        'a user who does it often',
        [before('UpdateDatasourceCredentials'), now('UpdateGatewayClusterDatasourceCredentials')],
      ],
      ['encryption on the way', [now('EncryptClusterCredentials')]],
    ],
  },
  FabricCollectionStopped: {
    finds: [['silence of a day', [event(30, { Operation: 'ViewReport' }, 26.5)], { gives: [{ Rows: 1 }] }]],
    leaves: [
      ['a row that arrived, though late', [event(60, { Operation: 'ViewReport' }, 20)]],
      ['silence that was told before', [event(60, { Operation: 'ViewReport' }, 48)]],
      ['a workspace without a row', []],
    ],
  },
};

export const HUNT_CASES: Readonly<Record<string, Cases>> = {
  FabricFirstSeenOperations: {
    finds: [
      [
        'a new operation',
        [before('ViewReport'), now('TakeOverDataset')],
        { gives: [{ Operation: 'TakeOverDataset' }] },
      ],
    ],
    leaves: [['a known one', [before('ViewReport'), now('ViewReport')]]],
  },
  FabricUnusualUserOfWorkspace: {
    finds: [
      [
        'a newcomer',
        [before('ViewReport', W1), now('ViewReport', { ...W1, ...BO })],
        { gives: [{ UserId: BO.UserId }] },
      ],
    ],
    leaves: [['everybody in a new workspace', [now('ViewReport', { ...W1, ...BO })]]],
  },
  FabricLeaverCopying: {
    finds: [
      [
        'a leaver',
        [now('ExportReport')],
        { lists: { FabricLeavers: ['Ana@example.test'] }, gives: [{ IsLeaver: true }] },
      ],
      ['far more than usual', many(20, () => now('ExportReport')), { gives: [{ CopiesNow: 20 }] }],
    ],
    leaves: [['few exports', many(19, () => now('ExportReport'))]],
  },
  FabricOneLakeReadsByVolume: {
    finds: [['reads', many(3, () => now('GetBlob')), { gives: [{ AllFiles: 3 }] }]],
    leaves: [['views', [now('ViewReport')]]],
  },
  FabricGuests: {
    finds: [
      [
        'a guest',
        [now('ExportReport', { UserType: '10', UserId: 'eve@partner.test' })],
        { gives: [{ Exports: 1 }] },
      ],
    ],
    leaves: [['a colleague', [now('ExportReport')]]],
  },
  FabricRareUserAgents: {
    finds: [
      ['a script', [now('ExportReport', { UserAgent: 'script/1' })], { gives: [{ UserAgent: 'script/1' }] }],
    ],
    leaves: [
      [
        'a browser of three',
        ['a', 'b', 'c'].map((user) => now('ExportReport', { UserAgent: 'browser', UserId: user })),
      ],
      ['a client that only views', [now('ViewReport', { UserAgent: 'script/1' })]],
    ],
  },
  FabricDormantAccountActive: {
    finds: [['a return after weeks', [before('ViewReport', {}, 24 * 40), now('ViewReport')]]],
    leaves: [
      ['somebody who was there last week', [before('ViewReport', {}, 24 * 7), now('ViewReport')]],
      ['somebody new', [now('ViewReport')]],
    ],
  },
};
