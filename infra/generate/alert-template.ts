import { ALERT_PARAMETERS, ALERT_RULES, type AlertRule } from './alert-rules.ts';
import { API, armTemplate, literal } from './arm.ts';
import type { Json } from './json-text.ts';
import type { Query } from './queries.ts';

const WORKSPACE_ID = "resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))";

/** infra/alerts.json: scheduled query rules, and Sentinel analytics rules where they are wanted. */
export function alertTemplate(queries: ReadonlyMap<string, Query>): Json {
  const rules = ALERT_RULES.map((rule) => {
    const query = queries.get(rule.query);
    if (query === undefined) throw new Error(`Expected a file queries/${rule.query}.kql, got none.`);
    return { rule, query };
  });
  return armTemplate({
    parameters: ALERT_PARAMETERS,
    // Bodies stand here as plain texts, so that only the parameters pass through an expression.
    variables: Object.fromEntries(rules.map(({ rule, query }) => [bodyName(rule), query.body])),
    resources: [
      ...rules.map(({ rule, query }) => scheduledRule(rule, query)),
      ...rules
        .filter(({ rule }) => rule.tactics !== undefined)
        .map(({ rule, query }) => sentinelRule(rule, query)),
    ],
  });
}

function bodyName(rule: AlertRule): string {
  return `${rule.query.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}Body`;
}

/** An expression that gives the query with the rule's values in the place of the file's. */
function boundQuery(rule: AlertRule, query: Query): string {
  const lets = query.parameters.map(
    ({ name, value }) => `'let ${name} = ', ${rule.values[name] ?? literal(value)}, '; '`,
  );
  return `[concat(${[...lets, `variables('${bodyName(rule)}')`].join(', ')})]`;
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
      windowSize: 'P2D',
      criteria: {
        allOf: [
          {
            query: boundQuery(rule, query),
            timeAggregation: 'Count',
            operator: 'GreaterThan',
            threshold: 0,
            dimensions: rule.dimensions.map((name) => ({ name, operator: 'Include', values: ['*'] })),
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
          },
        ],
      },
      skipQueryValidation: rule.untried ?? false,
      // One alert until the condition is over, instead of one an hour.
      autoMitigate: true,
      actions: {
        actionGroups:
          "[if(empty(parameters('actionGroupId')), createArray(), createArray(parameters('actionGroupId')))]",
      },
    },
  };
}

/**
 * https://learn.microsoft.com/en-us/azure/templates/microsoft.securityinsights/alertrules
 * Runs once a day over two days for late events; what comes up again joins the open incident of the same account.
 */
function sentinelRule(rule: AlertRule, query: Query): Json {
  return {
    condition: "[parameters('sentinelRules')]",
    type: 'Microsoft.SecurityInsights/alertRules',
    apiVersion: API.alertRules,
    name: `[guid(${WORKSPACE_ID}, ${literal(rule.query)})]`,
    scope: `[${WORKSPACE_ID}]`,
    kind: 'Scheduled',
    properties: {
      displayName: `Fabric activity: ${query.title}`,
      description: query.question,
      severity: rule.severity <= 2 ? 'Medium' : 'Low',
      enabled: "[parameters('enabled')]",
      query: boundQuery(rule, query),
      queryFrequency: 'P1D',
      queryPeriod: 'P2D',
      triggerOperator: 'GreaterThan',
      triggerThreshold: 0,
      suppressionDuration: 'PT5H',
      suppressionEnabled: false,
      tactics: rule.tactics ?? [],
      entityMappings: [
        { entityType: 'Account', fieldMappings: [{ identifier: 'FullName', columnName: 'UserId' }] },
      ],
      incidentConfiguration: {
        createIncident: true,
        groupingConfiguration: {
          enabled: true,
          reopenClosedIncident: false,
          lookbackDuration: 'P2D',
          matchingMethod: 'AllEntities',
        },
      },
    },
  };
}
