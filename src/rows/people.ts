/**
 * Which properties of an event say who somebody is: the one list of them. Names and shapes:
 * https://learn.microsoft.com/en-us/rest/api/power-bi/admin/get-activity-events,
 * https://learn.microsoft.com/en-us/power-bi/guidance/admin-activity-log and
 * https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema
 */

/** A person by name, key, id or mail address; or the network address that somebody came from. */
export type Personal = 'person' | 'address';

// biome-ignore format: a table
const TABLE: readonly (readonly [property: string, kind: Personal, why: string])[] = [
  ['UserId',                            'person',  'who did it: a user principal name; the id of an app stays'],
  ['UserKey',                           'person',  'the same one by the key of the directory'],
  ['ClientIP',                          'address', 'the line of a household, or the desk of one person'],
  ['CapacityUsers',                     'person',  'who was given rights on a capacity'],
  ['OrgAppPermission',                  'person',  'recipients of an app'],
  ['SharingInformation',                'person',  'recipients of what was shared: address, name, object id'],
  ['MembershipInformation',             'person',  'members of a workspace, by address'],
  ['SubscribeeInformation',             'person',  'who gets a subscription by mail'],
  ['ExternalSubscribeeInformation',     'person',  'the same outside the organisation'],
  ['FolderAccessRequests',              'person',  'who was given a role in a workspace'],
  ['WorkspaceAccessList',               'person',  'who has which role in which workspace'],
  ['AccessChanges',                     'person',  'whose role changed; in no list of properties, met in events'],
  ['UserInformation',                   'person',  'users added and removed'],
  ['DeploymentPipelineAccesses',        'person',  'who has which role in a pipeline'],
  ['ArtifactAccessRequestInfo',         'person',  'who asks for access'],
  ['InstallTeamsAnalyticsInformation',  'person',  'for whom it was installed'],
  ['PinReportToTabInformation',         'person',  'who pinned it'],
  ['MentionedUsersInformation',         'person',  'who was mentioned in a comment'],
  ['OriginalOwner',                     'person',  'whose item it was'],
  ['TakingOverOwner',                   'person',  'whose item it is now'],
];

/** Of the properties that are documented, those that name things, settings or the tenant. */
const OTHERS = `
  Id RecordType CreationTime Operation OrganizationId UserType Workload ResultStatus Scope UserAgent Activity
  ItemName ItemId WorkSpaceName WorkspaceId CapacityId CapacityName CapacityState DatasetId DatasetName Datasets
  ReportId ReportName ReportType ReportCertificationStage ReportMobileLayoutAction DashboardId DashboardName
  DataflowId DataflowName DataflowType DataflowRefreshScheduleType DataflowAllowNativeQueries
  DataflowAccessTokenRequestParameters DatasetCertificationStage DataConnectivityMode LastRefreshTime RefreshType
  RefreshEnforcementPolicy ArtifactId ArtifactName ArtifactKind ArtifactObjectId AuditedArtifactInformation ObjectId
  ObjectType ObjectDisplayName Experience BillingType IsSuccess RequestId ActivityId AppId AppName AppReportId
  DistributionMethod ConsumptionMethod SensitivityLabelId SharingAction SharingScope ShareLinkId SwitchState
  DataClassification ModelId ModelsSnapshots Monikers DatasourceId DatasourceObjectIds DatasourceInformations
  Datasources DatasourceType CredentialSetupMode GatewayId GatewayMemberId GatewayType GatewayClusterId
  GatewayClustersObjectIds GatewayClusterDatasources GatewayClusters ImportId ImportType ImportSource
  ImportDisplayName Schedules SubscriptionDetails SubscriptionSchedule FolderObjectId FolderDisplayName
  WorkspacesSemicolonDelimitedList TargetWorkspaceId AggregatedWorkspaceInformation ExportedArtifactInfo
  ExportedArtifactDownloadInfo ExportEventStartDateTimeParameter ExportEventEndDateTimeParameter
  ExportEventActivityTypeParameter GenerateScreenshotInformation HasFullReportAttachment IsTenantAdminApi
  IsUpdateAppActivity IsTemplateAppFromMarketplace TemplateAppFolderObjectId TemplateAppIsInstalledWithAutomation
  TemplateAppObjectId TemplateAppOwnerTenantObjectId TemplateAppVersion TemplatePackageName PackageId
  PaginatedReportDataSources DeploymentPipelineId DeploymentPipelineObjectId DeploymentPipelineDisplayName
  DeploymentPipelineStageOrder CopiedReportId CopiedReportName CustomVisualAccessTokenResourceId
  CustomVisualAccessTokenSiteUri AccessRequestMessage AccessRequestType EndPoint TableName TileText
  UpdateFeaturedTables`;

const KINDS: ReadonlyMap<string, Personal | 'neither'> = new Map([
  ...TABLE.map(([property, kind]): [string, Personal] => [property, kind]),
  ...OTHERS.trim()
    .split(/\s+/)
    .map((property): [string, 'neither'] => [property, 'neither']),
]);

/** What is known of a property; undefined of one that is not documented. */
export function kindOf(property: string): Personal | 'neither' | undefined {
  return KINDS.get(property);
}

/** How much of a value is about people. */
export type Depth = typeof THINGS | typeof ABOUT_PEOPLE | typeof WHO;
/** Only mail addresses in it are replaced. */
export const THINGS = 0;
/** The same, and within it ids and names are those of people. */
export const ABOUT_PEOPLE = 1;
/** It says who: every text and number of it is replaced as a whole. */
export const WHO = 2;

/** Fields that say who, by how their names end, wherever they stand: RequesterUserPrincipalName, EmailAddress, addedBy. */
const SAYS_WHO =
  /(?:mail|mailaddress|upn|puid|principalname|user(?:id|key|name|objectid)|recipients?|recipientname|members?|owners?|(?:added|created|modified|granted|configured|removed)by|users(?:added|removed)?|client_?ip|ip_?address)$/i;

/** Fields that say who only within a property that is about people; elsewhere they name things. */
const SAYS_WHO_OF_PEOPLE =
  /^(?:id|objectid|graphid|principalid|identifier|address|name|displayname|givenname|surname)$/i;

/** The same few names come in every event; strange ones must not pile up. */
const MOST_JUDGED = 5000;
const judged = new Map<string, boolean>();

function saysWho(field: string): boolean {
  let verdict = judged.get(field);
  if (verdict === undefined) {
    verdict = SAYS_WHO.test(field);
    if (judged.size >= MOST_JUDGED) judged.clear();
    judged.set(field, verdict);
  }
  return verdict;
}

/** @param around of the value that the field stands in */
export function depthOfField(field: string, around: Depth): Depth {
  if (saysWho(field)) return WHO;
  if (around === THINGS) return THINGS;
  return SAYS_WHO_OF_PEOPLE.test(field) ? WHO : ABOUT_PEOPLE;
}

const DEPTHS: ReadonlyMap<string, Depth> = new Map(
  [...KINDS].map(([property, kind]): [string, Depth] => [property, kind === 'neither' ? THINGS : WHO]),
);

/** @param property of an event. One that is not documented is judged by its name, as fields are. */
export function depthOfProperty(property: string): Depth {
  return DEPTHS.get(property) ?? depthOfField(property, THINGS);
}
