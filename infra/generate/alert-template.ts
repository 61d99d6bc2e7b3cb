import { alertQuery } from './alert-query.ts';
import {
  ALERT_PARAMETERS,
  ALERT_RULES,
  type AlertRule,
  METRIC_RULES,
  type MetricRule,
  WINDOW,
} from './alert-rules.ts';
import { API, armTemplate, literal } from './arm.ts';
import type { Json } from './json-text.ts';
import type { Query } from './queries.ts';

const WORKSPACE_ID = "resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))";
const RULE_ID =
  "resourceId(parameters('ruleResourceGroup'), 'Microsoft.Insights/dataCollectionRules', parameters('ruleName'))";

/** infra/alerts.json: rules on queries, and rules on metrics of the data collection rule. */
export function alertTemplate(queries: ReadonlyMap<string, Query>): Json {
  const rules = ALERT_RULES.map((rule) => {
    const query = queries.get(rule.query);
    if (query === undefined) throw new Error(`Expected a file queries/${rule.query}.kql, got none.`);
    return { rule, query };
  });
  return armTemplate({
    parameters: ALERT_PARAMETERS,
    // Queries stand here as plain texts, so that only the values pass through an expression.
    variables: Object.fromEntries(rules.map(({ rule, query }) => [textName(rule), alertQuery(rule, query)])),
    resources: [
      ...rules.map(({ rule, query }) => scheduledRule(rule, query)),
      ...METRIC_RULES.map(metricRule),
    ],
  });
}

function textName(rule: AlertRule): string {
  return `${rule.query.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}Query`;
}

/** An expression that gives the query with the template's values in the place of the braces. */
function boundQuery(rule: AlertRule): string {
  const chosen = Object.entries(rule.values).flatMap(([name, value]) =>
    typeof value === 'string' ? [] : [{ name, expression: value.expression }],
  );
  return `[${chosen.reduce(
    (text, { name, expression }) => `replace(${text}, ${literal(`{${name}}`)}, ${expression})`,
    `variables('${textName(rule)}')`,
  )}]`;
}

/** https://learn.microsoft.com/en-us/azure/templates/microsoft.insights/scheduledqueryrules */
function scheduledRule(rule: AlertRule, query: Query): Json {
  return {
    type: 'Microsoft.Insights/scheduledQueryRules',
    apiVersion: API.scheduledQueryRules,
    name: `fabric-${rule.query}`,
    location: "[parameters('location')]",
    kind: 'LogAlert',
    properties: {
      displayName: `Fabric activity: ${query.title}`,
      description: query.question,
      severity: rule.severity,
      enabled: "[parameters('enabled')]",
      scopes: [`[${WORKSPACE_ID}]`],
      evaluationFrequency: 'PT1H',
      windowSize: WINDOW,
      criteria: {
        allOf: [
          {
            query: boundQuery(rule),
            timeAggregation: 'Count',
            operator: 'GreaterThan',
            threshold: 0,
            dimensions: rule.dimensions.map((name) => ({ name, operator: 'Include', values: ['*'] })),
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
          },
        ],
      },
      autoMitigate: !rule.stateless,
      actions: {
        actionGroups:
          "[if(empty(parameters('actionGroupId')), createArray(), createArray(parameters('actionGroupId')))]",
      },
    },
  };
}

/** https://learn.microsoft.com/en-us/azure/templates/microsoft.insights/metricalerts */
function metricRule(rule: MetricRule): Json {
  return {
    type: 'Microsoft.Insights/metricAlerts',
    apiVersion: API.metricAlerts,
    name: `fabric-${rule.name}`,
    location: 'global',
    properties: {
      description: rule.description,
      severity: rule.severity,
      enabled: "[parameters('enabled')]",
      scopes: [`[${RULE_ID}]`],
      evaluationFrequency: rule.window === 'P1D' ? 'PT1H' : 'PT15M',
      windowSize: rule.window,
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria',
        allOf: [
          {
            name: rule.name,
            criterionType: 'StaticThresholdCriterion',
            metricNamespace: 'Microsoft.Insights/dataCollectionRules',
            metricName: rule.metric,
            timeAggregation: rule.aggregation,
            operator: rule.operator,
            threshold: rule.threshold,
            // The metric may be new to a rule that has not dropped a row yet.
            skipMetricValidation: true,
          },
        ],
      },
      autoMitigate: true,
      actions:
        "[if(empty(parameters('actionGroupId')), createArray(), createArray(createObject('actionGroupId', parameters('actionGroupId'))))]",
    },
  };
}
