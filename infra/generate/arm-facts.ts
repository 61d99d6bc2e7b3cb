/**
 * What Azure demands of the resources that are used here: type, versions known to exist, and properties that have to
 * be there, by paths from the resource. From the template reference, https://learn.microsoft.com/en-us/azure/templates/
 * (each type's page names its properties and which of them are required).
 */
export interface ResourceFact {
  readonly versions: readonly string[];
  readonly required: readonly string[];
  /** Values that a path may have. */
  readonly values?: Readonly<Record<string, readonly unknown[]>>;
}

export const RESOURCE_FACTS: Readonly<Record<string, ResourceFact>> = {
  'Microsoft.Resources/deployments': {
    versions: ['2021-04-01', '2022-09-01', '2025-04-01'],
    required: ['name', 'properties.mode', 'properties.template'],
    values: { 'properties.mode': ['Incremental'], 'properties.expressionEvaluationOptions.scope': ['inner'] },
  },
  'Microsoft.OperationalInsights/workspaces': {
    versions: ['2022-10-01', '2023-09-01', '2025-02-01'],
    required: ['name', 'location', 'properties.sku.name'],
  },
  'Microsoft.OperationalInsights/workspaces/tables': {
    versions: ['2022-10-01', '2023-09-01', '2025-02-01', '2025-07-01'],
    required: ['name', 'properties.schema.name', 'properties.schema.columns'],
  },
  'Microsoft.OperationalInsights/workspaces/savedSearches': {
    versions: ['2020-08-01', '2023-09-01', '2025-02-01'],
    required: ['name', 'properties.category', 'properties.displayName', 'properties.query'],
  },
  'Microsoft.OperationalInsights/queryPacks': {
    versions: ['2019-09-01', '2023-09-01', '2025-02-01'],
    required: ['name', 'location', 'properties'],
  },
  'Microsoft.OperationalInsights/queryPacks/queries': {
    versions: ['2019-09-01', '2023-09-01', '2025-02-01'],
    required: ['name', 'properties.displayName', 'properties.body'],
  },
  'Microsoft.Insights/dataCollectionEndpoints': {
    versions: ['2021-09-01-preview', '2022-06-01', '2023-03-11'],
    required: ['name', 'location'],
    values: { 'properties.networkAcls.publicNetworkAccess': ['Enabled', 'Disabled', 'SecuredByPerimeter'] },
  },
  'Microsoft.Insights/dataCollectionRules': {
    versions: ['2023-03-11'],
    required: [
      'name',
      'location',
      'kind',
      'properties.streamDeclarations',
      'properties.destinations.logAnalytics',
      'properties.dataFlows',
    ],
    values: { kind: ['Direct'] },
  },
  'Microsoft.Authorization/roleAssignments': {
    versions: ['2022-04-01'],
    required: ['name', 'scope', 'properties.principalId', 'properties.roleDefinitionId'],
    values: { 'properties.principalType': ['ServicePrincipal'] },
  },
  'Microsoft.Insights/diagnosticSettings': {
    versions: ['2021-05-01-preview'],
    required: ['name', 'scope', 'properties.workspaceId', 'properties.logs'],
  },
  'Microsoft.Insights/scheduledQueryRules': {
    versions: ['2021-08-01', '2022-06-15', '2023-12-01'],
    required: [
      'name',
      'location',
      'properties.criteria.allOf',
      'properties.enabled',
      'properties.evaluationFrequency',
      'properties.scopes',
      'properties.severity',
      'properties.windowSize',
    ],
    values: {
      kind: ['LogAlert'],
      'properties.severity': [0, 1, 2, 3, 4],
      'properties.evaluationFrequency': ['PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'P1D'],
      'properties.windowSize': ['PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'P1D', 'P2D'],
    },
  },
  'Microsoft.SecurityInsights/alertRules': {
    versions: ['2023-11-01', '2024-09-01'],
    required: [
      'name',
      'scope',
      'kind',
      'properties.displayName',
      'properties.enabled',
      'properties.query',
      'properties.queryFrequency',
      'properties.queryPeriod',
      'properties.severity',
      'properties.suppressionDuration',
      'properties.suppressionEnabled',
      'properties.triggerOperator',
      'properties.triggerThreshold',
    ],
    values: {
      kind: ['Scheduled'],
      'properties.severity': ['High', 'Medium', 'Low', 'Informational'],
      'properties.triggerOperator': ['GreaterThan', 'LessThan', 'Equal', 'NotEqual'],
    },
  },
  'Microsoft.Insights/workbooks': {
    versions: ['2022-04-01', '2023-06-01'],
    required: [
      'name',
      'location',
      'kind',
      'properties.category',
      'properties.displayName',
      'properties.serializedData',
    ],
    values: { kind: ['shared'] },
  },
};

/** https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/template-functions */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  'and',
  'concat',
  'createArray',
  'empty',
  'equals',
  'guid',
  'if',
  'not',
  'null',
  'parameters',
  'reference',
  'resourceGroup',
  'resourceId',
  'string',
  'subscriptionResourceId',
  'variables',
]);

/**
 * Names that a table's column must not have, in any case.
 * https://learn.microsoft.com/en-us/azure/azure-monitor/logs/create-custom-table
 */
export const RESERVED_COLUMNS: readonly string[] = [
  'id',
  'BilledSize',
  'IsBillable',
  'InvalidTimeGenerated',
  'TenantId',
  'Title',
  'Type',
  'UniqueId',
  '_ItemId',
  '_ResourceGroup',
  '_ResourceId',
  '_SubscriptionId',
  '_TimeReceived',
];
