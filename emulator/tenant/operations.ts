import type { Facet } from './facets.ts';
import * as facet from './facets.ts';

/** An audited operation: its name, how often it occurs, and what its events carry. */
export interface Operation {
  name: string;
  weight: number;
  facets: readonly Facet[];
}

const { inWorkspace, onReport, viewed, onDataset, refreshed, onDashboard, onDataflow, shared } = facet;
const { ofApp, ofGateway, ofFolder, ofSwitch, ofExtraction, exported, subscribed, imported } = facet;
const { onLakehouse, piped } = facet;

/**
 * A selection of https://learn.microsoft.com/en-us/fabric/admin/operation-list, weighted as a busy tenant is.
 */
export const OPERATIONS: readonly Operation[] = [
  { name: 'ViewReport', weight: 420, facets: [inWorkspace, onReport, viewed] },
  { name: 'ViewDashboard', weight: 60, facets: [inWorkspace, onDashboard, viewed] },
  { name: 'RefreshDataset', weight: 80, facets: [inWorkspace, onDataset, refreshed] },
  { name: 'ExportReport', weight: 25, facets: [inWorkspace, onReport, viewed, exported] },
  { name: 'ExportArtifact', weight: 15, facets: [inWorkspace, onReport, exported] },
  { name: 'PrintReport', weight: 8, facets: [inWorkspace, onReport, viewed] },
  { name: 'ShareReport', weight: 20, facets: [inWorkspace, onReport, shared] },
  { name: 'ShareDashboard', weight: 8, facets: [inWorkspace, onDashboard, shared] },
  { name: 'ShareDataset', weight: 4, facets: [inWorkspace, onDataset, shared] },
  { name: 'CreateReport', weight: 15, facets: [inWorkspace, onReport] },
  { name: 'EditReport', weight: 25, facets: [inWorkspace, onReport] },
  { name: 'DeleteReport', weight: 6, facets: [inWorkspace, onReport] },
  { name: 'CopyReport', weight: 4, facets: [inWorkspace, onReport] },
  { name: 'PublishToWebReport', weight: 1, facets: [inWorkspace, onReport] },
  { name: 'ViewUsageMetrics', weight: 10, facets: [inWorkspace, onReport, viewed] },
  { name: 'GenerateScreenshot', weight: 12, facets: [inWorkspace, onReport] },
  { name: 'AnalyzedByExternalApplication', weight: 25, facets: [inWorkspace, onDataset] },
  { name: 'AnalyzeInExcel', weight: 10, facets: [inWorkspace, onDataset] },
  { name: 'CreateDataset', weight: 8, facets: [inWorkspace, onDataset] },
  { name: 'EditDataset', weight: 10, facets: [inWorkspace, onDataset] },
  { name: 'DeleteDataset', weight: 3, facets: [inWorkspace, onDataset] },
  { name: 'SetScheduledRefresh', weight: 4, facets: [inWorkspace, onDataset, refreshed] },
  { name: 'TakeOverDataset', weight: 3, facets: [inWorkspace, onDataset] },
  { name: 'ViewDataflow', weight: 8, facets: [inWorkspace, onDataflow] },
  { name: 'CreateDataflow', weight: 2, facets: [inWorkspace, onDataflow] },
  { name: 'RequestDataflowRefresh', weight: 10, facets: [inWorkspace, onDataflow, refreshed] },
  { name: 'GenerateDataflowSasToken', weight: 6, facets: [inWorkspace, onDataflow] },
  { name: 'CreateFolder', weight: 3, facets: [inWorkspace, ofFolder] },
  { name: 'UpdateFolderAccess', weight: 6, facets: [inWorkspace, ofFolder] },
  { name: 'AddFolderAccess', weight: 5, facets: [inWorkspace, ofFolder] },
  { name: 'CreateApp', weight: 3, facets: [inWorkspace, ofApp] },
  { name: 'UpdateApp', weight: 5, facets: [inWorkspace, ofApp] },
  { name: 'InstallApp', weight: 4, facets: [inWorkspace, ofApp] },
  { name: 'UpdatedAdminFeatureSwitch', weight: 1, facets: [ofSwitch] },
  { name: 'ExportActivityEvents', weight: 8, facets: [ofExtraction] },
  { name: 'GetGroupsAsAdmin', weight: 6, facets: [ofSwitch] },
  { name: 'CreateGateway', weight: 1, facets: [ofGateway] },
  { name: 'AddDatasourceToGateway', weight: 3, facets: [ofGateway] },
  { name: 'Import', weight: 8, facets: [inWorkspace, onDataset, imported] },
  { name: 'CreateEmailSubscription', weight: 3, facets: [inWorkspace, onReport, subscribed] },
  { name: 'RunEmailSubscription', weight: 20, facets: [inWorkspace, onReport, subscribed] },
  { name: 'PostComment', weight: 3, facets: [inWorkspace, onDashboard] },
  { name: 'CreateArtifact', weight: 10, facets: [inWorkspace, onLakehouse] },
  { name: 'ReadArtifact', weight: 60, facets: [inWorkspace, onLakehouse] },
  { name: 'DeployAlmPipeline', weight: 2, facets: [inWorkspace, piped] },
];

/** Operations repeated by weight, so that one draw picks one. */
export const WEIGHTED: readonly Operation[] = OPERATIONS.flatMap((operation) =>
  Array.from({ length: operation.weight }, () => operation),
);
