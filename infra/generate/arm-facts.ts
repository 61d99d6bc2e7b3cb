/**
 * What Azure takes of the resources that are used here: versions known to exist, properties that have to be there,
 * properties that may be there, and values. From https://github.com/Azure/bicep-types-az and the template reference,
 * https://learn.microsoft.com/en-us/azure/templates/.
 */
export interface ResourceFact {
  readonly versions: readonly string[];
  readonly required: readonly string[];
  /** Paths from the resource; what is in lists has no index. A path that ends in * takes any names below it. */
  readonly allowed: readonly string[];
  /** Values that a path may have, where it is there. */
  readonly values?: Readonly<Record<string, readonly unknown[]>>;
  /** Least and greatest number of a path. */
  readonly ranges?: Readonly<
    Record<string, { readonly least: number; readonly most: number; readonly or?: number }>
  >;
}

/** Each of these takes any of the names below a path: "a.b": ["c", "d"] allows a.b, a.b.c and a.b.d. */
function under(tree: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(tree).flatMap(([path, names]) => [path, ...names.map((name) => `${path}.${name}`)]);
}

const TRACKED = ['name', 'location', 'tags.*', 'identity.*'];

export const RESOURCE_FACTS: Readonly<Record<string, ResourceFact>> = {
  'Microsoft.Resources/deployments': {
    versions: ['2021-04-01', '2022-09-01', '2025-04-01'],
    required: ['name', 'properties.mode', 'properties.template'],
    allowed: [
      ...['name', 'location', 'resourceGroup', 'subscriptionId', 'tags.*'],
      ...under({
        properties: [
          'mode',
          'parameters.*',
          'template.*',
          'parametersLink.*',
          'templateLink.*',
          'debugSetting.*',
        ],
        'properties.expressionEvaluationOptions': ['scope'],
      }),
    ],
    values: { 'properties.mode': ['Incremental'], 'properties.expressionEvaluationOptions.scope': ['inner'] },
  },
  'Microsoft.OperationalInsights/workspaces': {
    versions: ['2022-10-01', '2023-09-01', '2025-02-01', '2025-07-01'],
    required: ['name', 'location', 'properties.sku.name'],
    allowed: [
      ...TRACKED,
      ...under({
        properties: [
          ...['retentionInDays', 'publicNetworkAccessForIngestion', 'publicNetworkAccessForQuery'],
          ...['features.*', 'workspaceCapping.*', 'forceCmkForQuery', 'defaultDataCollectionRuleResourceId'],
        ],
        'properties.sku': ['name', 'capacityReservationLevel'],
      }),
    ],
    values: { 'properties.sku.name': ['PerGB2018', 'CapacityReservation', 'Standalone'] },
    ranges: { 'properties.retentionInDays': { least: 30, most: 730 } },
  },
  'Microsoft.OperationalInsights/workspaces/tables': {
    versions: ['2022-10-01', '2023-09-01', '2025-02-01', '2025-07-01'],
    required: ['name', 'properties.schema.name', 'properties.schema.columns'],
    allowed: [
      'name',
      ...under({
        properties: ['plan', 'retentionInDays', 'totalRetentionInDays', 'restoredLogs.*', 'searchResults.*'],
        'properties.schema': ['name', 'displayName', 'description'],
        'properties.schema.columns': ['name', 'type', 'description', 'displayName', 'dataTypeHint'],
      }),
    ],
    values: {
      'properties.plan': ['Analytics', 'Basic', 'Auxiliary'],
      'properties.schema.columns.type': [
        'boolean',
        'datetime',
        'dynamic',
        'guid',
        'int',
        'long',
        'real',
        'string',
      ],
    },
    ranges: {
      'properties.retentionInDays': { least: 4, most: 730, or: -1 },
      'properties.totalRetentionInDays': { least: 4, most: 4383, or: -1 },
    },
  },
  'Microsoft.OperationalInsights/workspaces/savedSearches': {
    versions: ['2020-08-01', '2023-09-01', '2025-02-01', '2025-07-01'],
    required: ['name', 'properties.category', 'properties.displayName', 'properties.query'],
    allowed: [
      ...['name', 'etag'],
      ...under({
        properties: ['category', 'displayName', 'query', 'functionAlias', 'functionParameters', 'version'],
        'properties.tags': ['name', 'value'],
      }),
    ],
    values: { 'properties.version': [1, 2] },
  },
  'Microsoft.OperationalInsights/queryPacks': {
    versions: ['2019-09-01', '2023-09-01', '2025-02-01', '2025-07-01'],
    required: ['name', 'location', 'properties'],
    allowed: [...TRACKED, 'properties'],
  },
  'Microsoft.OperationalInsights/queryPacks/queries': {
    versions: ['2019-09-01', '2023-09-01', '2025-02-01', '2025-07-01'],
    required: ['name', 'properties.displayName', 'properties.body'],
    allowed: [
      'name',
      ...under({
        properties: ['displayName', 'description', 'body', 'properties.*', 'tags.*'],
        'properties.related': ['categories', 'resourceTypes', 'solutions'],
      }),
    ],
  },
  'Microsoft.Insights/dataCollectionEndpoints': {
    versions: ['2021-09-01-preview', '2022-06-01', '2023-03-11'],
    required: ['name', 'location'],
    allowed: [
      ...[...TRACKED, 'kind'],
      ...under({ properties: ['description'], 'properties.networkAcls': ['publicNetworkAccess'] }),
    ],
    values: { 'properties.networkAcls.publicNetworkAccess': ['Enabled', 'Disabled', 'SecuredByPerimeter'] },
  },
  'Microsoft.Insights/dataCollectionRules': {
    versions: ['2023-03-11'],
    required: [
      ...['name', 'location', 'properties.streamDeclarations'],
      ...['properties.destinations.logAnalytics', 'properties.dataFlows'],
    ],
    allowed: [
      ...[...TRACKED, 'kind'],
      ...under({
        properties: [
          ...['description', 'dataCollectionEndpointId', 'streamDeclarations.*', 'dataSources.*'],
          ...['references.*', 'agentSettings.*'],
        ],
        'properties.destinations': [],
        'properties.destinations.logAnalytics': ['name', 'workspaceResourceId'],
        'properties.dataFlows': [
          ...['streams', 'destinations', 'transformKql', 'outputStream'],
          ...['builtInTransform', 'captureOverflow'],
        ],
      }),
    ],
    values: { kind: ['Direct'] },
  },
  'Microsoft.Authorization/roleAssignments': {
    versions: ['2022-04-01'],
    required: ['name', 'scope', 'properties.principalId', 'properties.roleDefinitionId'],
    allowed: [
      ...['name', 'scope'],
      ...under({
        properties: [
          ...['principalId', 'roleDefinitionId', 'principalType', 'condition', 'conditionVersion'],
          ...['description', 'delegatedManagedIdentityResourceId'],
        ],
      }),
    ],
    values: { 'properties.principalType': ['ServicePrincipal'], 'properties.conditionVersion': ['2.0'] },
  },
  'Microsoft.Insights/diagnosticSettings': {
    versions: ['2021-05-01-preview'],
    required: ['name', 'scope', 'properties.workspaceId', 'properties.logs'],
    allowed: [
      ...['name', 'scope'],
      ...under({
        properties: [
          ...['workspaceId', 'storageAccountId', 'eventHubName', 'eventHubAuthorizationRuleId'],
          ...['logAnalyticsDestinationType', 'marketplacePartnerId', 'serviceBusRuleId'],
        ],
        'properties.logs': ['category', 'categoryGroup', 'enabled', 'retentionPolicy.*'],
        'properties.metrics': ['category', 'enabled', 'timeGrain', 'retentionPolicy.*'],
      }),
    ],
  },
};

/**
 * Names that a table's column must not have, in any case.
 * https://learn.microsoft.com/en-us/azure/azure-monitor/logs/create-custom-table
 */
export const RESERVED_COLUMNS: readonly string[] = [
  ...['id', 'BilledSize', 'IsBillable', 'InvalidTimeGenerated', 'TenantId', 'Title', 'Type', 'UniqueId'],
  ...['_ItemId', '_ResourceGroup', '_ResourceId', '_SubscriptionId', '_TimeReceived'],
];
