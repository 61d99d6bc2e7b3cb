import type { Parameter } from './arm.ts';

/** An alert on rows of a query, and where its numbers come from. */
export interface AlertRule {
  /** File in queries/; its rows are what the rule fires on. */
  readonly query: string;
  /**
   * Name of a query parameter to what stands in its place: a literal, as `ago()` takes no other in an alert, or an
   * expression of the template.
   */
  readonly values: Readonly<Record<string, string | { readonly expression: string }>>;
  /** KQL after the query, to make text of a dimension. */
  readonly tail?: string;
  readonly severity: 0 | 1 | 2 | 3 | 4;
  /** Columns by which alerts are told apart, so that a second user, item or day raises a second alert. */
  readonly dimensions: readonly string[];
  /**
   * Whether each evaluation that finds something tells it, which fits what is looked at once. Otherwise one alert stands
   * until its condition is over.
   */
  readonly stateless: boolean;
}

/** An alert on a metric of the data collection rule, which needs no table and no query that might fail. */
export interface MetricRule {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly metric: string;
  readonly aggregation: 'Total' | 'Count';
  readonly operator: 'GreaterThan' | 'LessThan';
  readonly threshold: number;
  readonly window: 'PT1H' | 'P1D';
  readonly severity: 0 | 1 | 2 | 3 | 4;
}

/**
 * A log alert looks back two days at most, by TimeGenerated
 * (https://learn.microsoft.com/en-us/azure/azure-monitor/alerts/alerts-create-log-alert-rule). That is enough to see all
 * that arrives: what is older than two days on arrival gets the time of arrival.
 */
export const WINDOW = 'P2D';

/** The hour between two evaluations, and ten minutes, so that one that begins late leaves nothing out. */
const ARRIVED = '70m';

export const ALERT_PARAMETERS = {
  workspaceName: {
    type: 'string',
    description: 'Name of the workspace, in the resource group that this is deployed to.',
  },
  location: {
    type: 'string',
    description: 'Region of the workspace.',
    defaultValue: '[resourceGroup().location]',
  },
  ruleName: {
    type: 'string',
    description: 'Name of the data collection rule.',
    defaultValue: 'dcr-fabric-user-activity',
  },
  ruleResourceGroup: {
    type: 'string',
    description: 'Resource group of the data collection rule.',
    defaultValue: '[resourceGroup().name]',
  },
  actionGroupId: {
    type: 'string',
    description: 'Resource id of the action group to notify; empty only shows the alerts in the portal.',
    defaultValue: '',
  },
  enabled: { type: 'bool', description: 'Whether the rules are on.', defaultValue: true },
  noDataHours: {
    type: 'int',
    description: 'Hours without a row before an alert; more than the time between two runs.',
    defaultValue: 26,
    minValue: 1,
    maxValue: 47,
  },
  massExportThreshold: {
    type: 'int',
    description: 'Exports of one user in one day (UTC) above which there is an alert.',
    defaultValue: 50,
    minValue: 0,
  },
  ownDomains: {
    type: 'array',
    description: 'Mail domains of the organisation; sharing with any other raises an alert.',
    defaultValue: [],
  },
} as const satisfies Record<string, Parameter>;

export const ALERT_RULES: readonly AlertRule[] = [
  {
    query: 'no-data',
    values: { Silence: { expression: "concat(string(parameters('noDataHours')), 'h')" } },
    severity: 1,
    dimensions: [],
    stateless: false,
  },
  {
    query: 'mass-export',
    values: {
      Arrived: ARRIVED,
      Threshold: { expression: "string(parameters('massExportThreshold'))" },
    },
    tail: '| extend Day = format_datetime(Day, "yyyy-MM-dd")',
    severity: 2,
    dimensions: ['UserId', 'Day'],
    stateless: false,
  },
  {
    query: 'external-sharing',
    values: {
      Arrived: ARRIVED,
      OwnDomains: { expression: "concat('dynamic(', string(parameters('ownDomains')), ')')" },
    },
    severity: 3,
    dimensions: ['UserId', 'Operation', 'RecipientEmail', 'Reason', 'ItemLabel', 'EventKey'],
    stateless: true,
  },
  {
    query: 'tenant-setting-changes',
    values: { Arrived: ARRIVED },
    severity: 3,
    dimensions: ['UserId', 'Operation', 'Setting', 'SwitchState', 'EventKey'],
    stateless: true,
  },
];

/** https://learn.microsoft.com/en-us/azure/azure-monitor/reference/supported-metrics/microsoft-insights-datacollectionrules-metrics */
export const METRIC_RULES: readonly MetricRule[] = [
  {
    name: 'rows-dropped',
    title: 'Rows dropped',
    description: 'Did the data collection rule drop rows that were acknowledged?',
    metric: 'RowsDropped_Count',
    aggregation: 'Total',
    operator: 'GreaterThan',
    threshold: 0,
    window: 'PT1H',
    severity: 2,
  },
  {
    name: 'transformation-errors',
    title: 'Transformation errors',
    description: 'Did the transformation of the data collection rule fail?',
    metric: 'TransformationErrors_Count',
    aggregation: 'Count',
    operator: 'GreaterThan',
    threshold: 0,
    window: 'PT1H',
    severity: 2,
  },
  {
    name: 'rows-silent',
    title: 'No rows received',
    description: 'Did the data collection rule receive no row for a day?',
    metric: 'RowsReceived_Count',
    aggregation: 'Total',
    operator: 'LessThan',
    threshold: 1,
    window: 'P1D',
    severity: 1,
  },
];
