import type { ResourceFact } from './arm-facts.ts';

const under = (path: string, names: readonly string[]): string[] => [
  path,
  ...names.map((name) => `${path}.${name}`),
];

/** What Azure takes of alerts, workbooks and Sentinel's resources; the same sources as arm-facts.ts. */
export const ALERT_FACTS: Readonly<Record<string, ResourceFact>> = {
  'Microsoft.Insights/scheduledQueryRules': {
    versions: ['2021-08-01', '2022-06-15', '2023-12-01'],
    required: [
      ...['name', 'location', 'properties.criteria.allOf', 'properties.enabled', 'properties.scopes'],
      ...['properties.evaluationFrequency', 'properties.severity', 'properties.windowSize'],
    ],
    allowed: [
      ...['name', 'location', 'kind', 'tags.*', 'identity.*'],
      ...under('properties', [
        ...['autoMitigate', 'checkWorkspaceAlertsStorageConfigured', 'description', 'displayName', 'enabled'],
        ...['evaluationFrequency', 'muteActionsDuration', 'overrideQueryTimeRange', 'scopes', 'severity'],
        ...['skipQueryValidation', 'targetResourceTypes', 'windowSize', 'ruleResolveConfiguration.*'],
      ]),
      ...under('properties.actions', ['actionGroups', 'actionProperties.*', 'customProperties.*']),
      ...under('properties.criteria', []),
      ...under('properties.criteria.allOf', [
        ...['metricMeasureColumn', 'metricName', 'operator', 'query', 'resourceIdColumn', 'threshold'],
        'timeAggregation',
      ]),
      ...under('properties.criteria.allOf.dimensions', ['name', 'operator', 'values']),
      ...under('properties.criteria.allOf.failingPeriods', [
        ...['minFailingPeriodsToAlert', 'numberOfEvaluationPeriods'],
      ]),
    ],
    values: {
      kind: ['LogAlert'],
      'properties.severity': [0, 1, 2, 3, 4],
      'properties.evaluationFrequency': ['PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'P1D'],
      'properties.windowSize': ['PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'P1D', 'P2D'],
      'properties.criteria.allOf.operator': [
        'Equals',
        'GreaterThan',
        'GreaterThanOrEqual',
        'LessThan',
        'LessThanOrEqual',
      ],
      'properties.criteria.allOf.timeAggregation': ['Average', 'Count', 'Maximum', 'Minimum', 'Total'],
      'properties.criteria.allOf.dimensions.operator': ['Include', 'Exclude'],
    },
  },
  'Microsoft.Insights/metricAlerts': {
    versions: ['2018-03-01'],
    required: [
      ...['name', 'location', 'properties.criteria.odata.type', 'properties.criteria.allOf'],
      ...['properties.enabled', 'properties.evaluationFrequency', 'properties.scopes'],
      ...['properties.severity', 'properties.windowSize'],
    ],
    allowed: [
      ...['name', 'location', 'tags.*'],
      ...under('properties', [
        ...['autoMitigate', 'description', 'enabled', 'evaluationFrequency', 'scopes', 'severity'],
        ...['targetResourceRegion', 'targetResourceType', 'windowSize'],
      ]),
      ...under('properties.actions', ['actionGroupId', 'webHookProperties.*']),
      ...under('properties.criteria', ['odata.type']),
      ...under('properties.criteria.allOf', [
        ...['name', 'criterionType', 'metricNamespace', 'metricName', 'timeAggregation', 'operator'],
        ...['threshold', 'skipMetricValidation', 'dimensions.*'],
      ]),
    ],
    values: {
      location: ['global'],
      'properties.severity': [0, 1, 2, 3, 4],
      'properties.evaluationFrequency': ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H'],
      'properties.windowSize': ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'PT12H', 'P1D'],
      'properties.criteria.odata.type': ['Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'],
      'properties.criteria.allOf.criterionType': ['StaticThresholdCriterion'],
      'properties.criteria.allOf.timeAggregation': ['Average', 'Count', 'Maximum', 'Minimum', 'Total'],
      'properties.criteria.allOf.operator': [
        ...['Equals', 'GreaterThan', 'GreaterThanOrEqual', 'LessThan', 'LessThanOrEqual', 'NotEquals'],
      ],
    },
  },
  'Microsoft.Insights/workbooks': {
    versions: ['2022-04-01', '2023-06-01'],
    required: [
      ...['name', 'location', 'kind', 'properties.category', 'properties.displayName'],
      'properties.serializedData',
    ],
    allowed: [
      ...['name', 'location', 'kind', 'etag', 'tags.*', 'identity.*'],
      ...under('properties', [
        ...['category', 'description', 'displayName', 'serializedData', 'sourceId', 'storageUri', 'version'],
        'tags',
      ]),
    ],
    values: { kind: ['shared'] },
  },
  'Microsoft.SecurityInsights/alertRules': {
    versions: ['2024-09-01', '2025-09-01'],
    required: [
      ...['name', 'scope', 'kind', 'properties.displayName', 'properties.enabled', 'properties.query'],
      ...['properties.queryFrequency', 'properties.queryPeriod', 'properties.severity'],
      ...['properties.suppressionDuration', 'properties.suppressionEnabled'],
      ...['properties.triggerOperator', 'properties.triggerThreshold'],
    ],
    allowed: [
      ...['name', 'scope', 'kind', 'etag'],
      ...under('properties', [
        ...['displayName', 'description', 'enabled', 'severity', 'query', 'queryFrequency', 'queryPeriod'],
        ...['triggerOperator', 'triggerThreshold', 'suppressionDuration', 'suppressionEnabled', 'tactics'],
        ...['techniques', 'alertRuleTemplateName', 'templateVersion', 'customDetails.*'],
      ]),
      ...under('properties.eventGroupingSettings', ['aggregationKind']),
      ...under('properties.entityMappings', ['entityType']),
      ...under('properties.entityMappings.fieldMappings', ['identifier', 'columnName']),
      ...under('properties.alertDetailsOverride', [
        ...['alertDisplayNameFormat', 'alertDescriptionFormat', 'alertTacticsColumnName'],
        ...['alertSeverityColumnName', 'alertDynamicProperties.*'],
      ]),
      ...under('properties.incidentConfiguration', ['createIncident']),
      ...under('properties.incidentConfiguration.groupingConfiguration', [
        ...['enabled', 'reopenClosedIncident', 'lookbackDuration', 'matchingMethod', 'groupByEntities'],
        ...['groupByAlertDetails', 'groupByCustomDetails'],
      ]),
    ],
    values: {
      kind: ['Scheduled'],
      'properties.severity': ['High', 'Medium', 'Low', 'Informational'],
      'properties.triggerOperator': ['GreaterThan', 'LessThan', 'Equal', 'NotEqual'],
      'properties.eventGroupingSettings.aggregationKind': ['AlertPerResult', 'SingleAlert'],
      'properties.incidentConfiguration.groupingConfiguration.matchingMethod': [
        ...['AllEntities', 'AnyAlert', 'Selected'],
      ],
    },
  },
  'Microsoft.SecurityInsights/watchlists': {
    versions: ['2024-09-01', '2025-09-01'],
    required: [
      ...['name', 'scope', 'properties.displayName', 'properties.itemsSearchKey', 'properties.provider'],
    ],
    allowed: [
      ...['name', 'scope', 'etag'],
      ...under('properties', [
        ...['displayName', 'watchlistAlias', 'description', 'provider', 'itemsSearchKey', 'source'],
        ...['sourceType', 'contentType', 'numberOfLinesToSkip', 'rawContent', 'defaultDuration', 'labels'],
      ]),
    ],
    values: { 'properties.sourceType': ['Local', 'AzureStorage'] },
  },
};
