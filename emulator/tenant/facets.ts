/**
 * What an operation adds to an event. Property names and shapes follow the samples of the REST reference and
 * of the administrator's guide; values are synthetic. A property that does not apply is absent, never null.
 * https://learn.microsoft.com/en-us/rest/api/power-bi/admin/get-activity-events
 * https://learn.microsoft.com/en-us/power-bi/guidance/admin-activity-log
 */
import type { ActivityEvent } from './event.ts';
import type { Random } from './random.ts';
import { type Report, TENANT_ID, type Tenant, type User } from './tenant.ts';

/** The actors of one event. */
export interface Scene {
  random: Random;
  tenant: Tenant;
  user: User;
  report: Report;
  hourStartMs: number;
}

/** Adds the properties of one aspect to an event. */
export type Facet = (event: ActivityEvent, scene: Scene) => void;

export const inWorkspace: Facet = (event, { report }) => {
  event.WorkSpaceName = report.workspace.name;
  event.WorkspaceId = report.workspace.id;
  event.CapacityId = report.workspace.capacityId;
  event.CapacityName = report.workspace.capacityName;
};

export const onReport: Facet = (event, { report }) => {
  event.ItemName = report.name;
  event.ObjectId = report.name;
  event.DatasetName = report.datasetName;
  event.ReportName = report.name;
  event.DatasetId = report.datasetId;
  event.ReportId = report.id;
  event.ArtifactId = report.id;
  event.ArtifactName = report.name;
  event.ReportType = report.type;
  event.ArtifactKind = 'Report';
};

export const viewed: Facet = (event, { report }) => {
  event.DistributionMethod = report.viewedIn;
  event.ConsumptionMethod = 'Power BI Web';
  if (report.viewedIn === 'Apps') {
    event.AppName = report.appName;
    event.AppReportId = report.appReportId;
  }
};

export const onDataset: Facet = (event, { report, random }) => {
  event.ItemName = report.datasetName;
  event.ObjectId = report.datasetId;
  event.DatasetName = report.datasetName;
  event.DatasetId = report.datasetId;
  event.ArtifactId = report.datasetId;
  event.ArtifactName = report.datasetName;
  event.ArtifactKind = 'Dataset';
  event.DataConnectivityMode = random.oneIn(4) ? 'DirectQuery' : 'Import';
};

export const refreshed: Facet = (event, { hourStartMs, random }) => {
  event.RefreshType = random.oneIn(3) ? 'Scheduled' : 'OnDemand';
  event.LastRefreshTime = new Date(hourStartMs - 1000 * random.below(80000)).toISOString();
  event.ModelsSnapshots = [];
  event.Schedules = {
    RefreshFrequency: 'Daily',
    TimeZone: 'W. Europe Standard Time',
    Days: ['All'],
    Time: ['06:00:00', '18:00:00'],
  };
};

export const onDashboard: Facet = (event, { report }) => {
  event.ItemName = report.name;
  event.DashboardName = report.name;
  event.DashboardId = report.appReportId;
  event.ObjectId = report.appReportId;
  event.Datasets = [{ DatasetId: report.datasetId, DatasetName: report.datasetName }];
  event.ArtifactKind = 'Dashboard';
};

export const onDataflow: Facet = (event, { report }) => {
  event.ItemName = `${report.name} flow`;
  event.DataflowId = report.appReportId;
  event.DataflowName = `${report.name} flow`;
  event.DataflowType = 'Dataflow';
  event.DataflowAllowNativeQueries = false;
  event.DataflowRefreshScheduleType = 'Scheduled';
  event.DataflowAccessTokenRequestParameters = {
    entityName: 'Orders',
    partitionUri: 'https://storage.example.test/p1',
    permissions: 3,
    tokenLifetimeInMinutes: 1440,
  };
};

export const shared: Facet = (event, { tenant, random }) => {
  event.SharingInformation = Array.from({ length: 1 + random.below(3) }, () => {
    const recipient = random.pick(tenant.users);
    return {
      RecipientEmail: recipient.upn,
      RecipientName: recipient.name,
      ObjectId: recipient.objectId,
      ResharePermission: 'ReadReshare',
      UserPrincipalName: recipient.upn,
      TenantObjectId: TENANT_ID,
    };
  });
  event.SharingAction = 'Direct';
  event.SharingScope = 'Specific People';
};

export const ofApp: Facet = (event, { report, tenant, random }) => {
  event.ItemName = report.appName;
  event.AppName = report.appName;
  event.AppId = report.appReportId;
  event.IsUpdateAppActivity = random.oneIn(2);
  // A string by the schema page, an object in the samples of the guide.
  event.OrgAppPermission = { recipients: random.pick(tenant.users).upn, permissions: 'Entire Organization' };
};

export const ofGateway: Facet = (event, { random }) => {
  const id = random.guid();
  event.GatewayId = id;
  event.GatewayType = 'Resource';
  event.DatasourceType = 'Sql';
  event.GatewayClustersObjectIds = [id];
  event.GatewayClusters = [{ id, memberGatewaysIds: [random.guid()], permissions: [], type: 'Resource' }];
  event.Datasources = [{ ConnectionDetails: '{"server":"sql.example.test"}', DatasourceType: 'Sql' }];
};

export const ofFolder: Facet = (event, { report, user }) => {
  event.FolderObjectId = report.workspace.id;
  event.FolderDisplayName = report.workspace.name;
  event.FolderAccessRequests = [
    {
      GroupId: 0,
      GroupObjectId: TENANT_ID,
      RolePermissions: 'Member',
      UserId: 17,
      UserObjectId: user.objectId,
    },
  ];
  event.MembershipInformation = [{ MemberEmail: user.upn, Status: 'Accepted' }];
};

export const ofSwitch: Facet = (event, { random }) => {
  event.SwitchState = `Enabled: ${random.oneIn(2)}`;
  event.ItemName = 'ServicePrincipalAccess';
  event.IsTenantAdminApi = true;
};

export const ofExtraction: Facet = (event, { hourStartMs }) => {
  event.ExportEventStartDateTimeParameter = new Date(hourStartMs).toISOString();
  event.ExportEventEndDateTimeParameter = new Date(hourStartMs + 3_599_999).toISOString();
  event.ExportEventActivityTypeParameter = 'ViewReport';
  event.IsTenantAdminApi = true;
};

export const exported: Facet = (event, { report }) => {
  event.ExportedArtifactInfo = {
    ArtifactId: report.name.length * 7919,
    ArtifactType: 'Report',
    ExportType: 'PDF',
  };
};

export const subscribed: Facet = (event, { random, tenant }) => {
  const recipient = random.pick(tenant.users);
  event.SubscribeeInformation = [
    { ObjectId: recipient.objectId, RecipientEmail: recipient.upn, RecipientName: recipient.name },
  ];
  event.SubscriptionSchedule = {
    DaysOfTheMonth: '',
    StartDate: '2026-01-05',
    EndDate: '2026-12-31',
    Time: ['08:00'],
    TimeZone: 'UTC',
    Type: 'Weekly',
    WeekDays: ['Monday', 'Thursday'],
  };
  event.HasFullReportAttachment = false;
};

export const imported: Facet = (event, { random, report }) => {
  event.ImportId = random.guid();
  event.ImportSource = 'Upload';
  event.ImportType = 'PowerBIPremium';
  event.ImportDisplayName = report.name;
};

export const onLakehouse: Facet = (event, { report }) => {
  event.ItemName = `Lager ${report.name}`;
  event.ObjectType = 'Lakehouse';
  event.ObjectDisplayName = `Lager ${report.name}`;
  event.Experience = 'DataEngineering';
  event.ArtifactId = report.appReportId;
  event.ArtifactKind = 'Lakehouse';
};

export const piped: Facet = (event, { random, user }) => {
  event.DeploymentPipelineId = random.below(5000);
  event.DeploymentPipelineObjectId = random.guid();
  event.DeploymentPipelineDisplayName = 'Freigabe für Produktion';
  event.DeploymentPipelineStageOrder = random.below(3);
  event.DeploymentPipelineAccesses = [{ RolePermissions: 'Admin', UserObjectId: user.objectId }];
};
