import type { Parameter } from './arm.ts';

/** An alert, and where its numbers come from. */
export interface AlertRule {
  /** File in queries/; its rows are what the rule fires on. */
  readonly query: string;
  /** Name of a query parameter to the expression that gives its KQL text. */
  readonly values: Readonly<Record<string, string>>;
  readonly severity: 0 | 1 | 2 | 3 | 4;
  /** Columns by which alerts are told apart, so that a second user raises a second alert. */
  readonly dimensions: readonly string[];
  /** Whether its table may be unknown to a workspace that never had a row of it, so that the query cannot be tried. */
  readonly untried?: true;
  /** Also offered as a Sentinel analytics rule, with these tactics. */
  readonly tactics?: readonly string[];
}

/**
 * Events reach the table hours after they happened, so each rule looks at two days, the longest that a log alert can.
 * https://learn.microsoft.com/en-us/azure/azure-monitor/alerts/alerts-types#log-alerts
 */
export const LOOKBACK = "'2d'";

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
  sentinelRules: {
    type: 'bool',
    description:
      'Whether to add the security rules as Sentinel analytics rules too; the workspace needs Sentinel.',
    defaultValue: false,
  },
} as const satisfies Record<string, Parameter>;

export const ALERT_RULES: readonly AlertRule[] = [
  {
    query: 'no-data',
    values: { Hours: "string(parameters('noDataHours'))" },
    severity: 1,
    dimensions: [],
  },
  {
    query: 'ingestion-errors',
    values: { Lookback: LOOKBACK },
    severity: 2,
    dimensions: [],
    untried: true,
  },
  {
    query: 'mass-export',
    values: { Lookback: LOOKBACK, Threshold: "string(parameters('massExportThreshold'))" },
    severity: 2,
    dimensions: ['UserId'],
    tactics: ['Exfiltration'],
  },
  {
    query: 'external-sharing',
    values: {
      Lookback: LOOKBACK,
      OwnDomains: "concat('dynamic(', string(parameters('ownDomains')), ')')",
    },
    severity: 3,
    dimensions: ['UserId'],
    tactics: ['Exfiltration'],
  },
];
