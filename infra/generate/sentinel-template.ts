import { API, armTemplate, literal, type Parameter } from './arm.ts';
import type { Json } from './json-text.ts';
import { FUNCTION_NAME, type Query } from './queries.ts';
import {
  type AnalyticRule,
  type HuntingQuery,
  readHunts,
  readParsers,
  readRules,
} from './sentinel-content.ts';
import {
  functionId,
  parserFunction,
  savedFunction,
  savedSearch,
  unifying,
  WORKSPACE_ID,
  watchlist,
} from './sentinel-functions.ts';
import { WATCHLISTS } from './sentinel-watchlists.ts';

/** infra/sentinel.json: all of sentinel/, without the content hub. */
export function sentinelTemplate(saved: Query): Json {
  const parsers = readParsers().map(({ content }) => content);
  return armTemplate({
    parameters: parameters(),
    resources: [
      ...WATCHLISTS.map(watchlist),
      savedFunction(saved),
      ...parsers.map((parser) => parserFunction(parser, parsers)),
      ...unifying(),
      ...readRules().map(({ content, file }) => rule(content, file)),
      ...readHunts().map(({ content, file }) => hunt(content, file)),
    ],
  });
}

function parameters(): Record<string, Parameter> {
  const flag = (description: string, defaultValue: boolean): Parameter => ({
    type: 'bool',
    description,
    defaultValue,
  });
  return {
    workspaceName: {
      type: 'string',
      description:
        'Name of the workspace, in the resource group that this is deployed to; it has Sentinel and the table.',
    },
    enabled: flag('Whether the rules are on.', true),
    deployRules: flag('Whether to deploy the analytic rules.', true),
    deployHuntingQueries: flag('Whether to deploy the hunting queries.', true),
    deployWatchlists: flag(
      'Whether to deploy the watchlists. Say false when you deploy again, and keep what you filled in.',
      true,
    ),
    hookUnifyingParsers: flag(
      'Whether to make Im_AuditEventCustom and ASim_AuditEventCustom, by which the unifying parsers of AuditEvent read Fabric too. It replaces such functions where you have them: see docs/sentinel.md.',
      false,
    ),
    ...Object.fromEntries(
      WATCHLISTS.map(({ parameter, description, alias }): [string, Parameter] => [
        parameter,
        {
          type: 'array',
          description: `${description} First content of the watchlist ${alias}.`,
          defaultValue: [],
        },
      ]),
    ),
  };
}

const OPERATORS: Readonly<Record<string, string>> = {
  gt: 'GreaterThan',
  lt: 'LessThan',
  eq: 'Equal',
  ne: 'NotEqual',
};

/** https://learn.microsoft.com/en-us/azure/templates/microsoft.securityinsights/alertrules */
function rule(content: AnalyticRule, file: string): Json {
  const { groupingConfiguration: grouping, createIncident } = content.incidentConfiguration;
  return {
    condition: "[parameters('deployRules')]",
    type: 'Microsoft.SecurityInsights/alertRules',
    apiVersion: API.alertRules,
    name: `[guid(${WORKSPACE_ID}, ${literal(nameOf(file))})]`,
    scope: `[${WORKSPACE_ID}]`,
    kind: 'Scheduled',
    // The query is run when the rule is saved, so what it calls has to be there.
    dependsOn: [
      functionId(FUNCTION_NAME),
      ...WATCHLISTS.filter(({ alias }) => content.query.includes(`'${alias}'`)).map(
        ({ alias }) =>
          `[extensionResourceId(${WORKSPACE_ID}, 'Microsoft.SecurityInsights/watchlists', '${alias}')]`,
      ),
    ],
    properties: {
      displayName: content.name,
      description: content.description.trim(),
      severity: content.severity,
      enabled: "[parameters('enabled')]",
      query: content.query,
      queryFrequency: isoSpan(content.queryFrequency),
      queryPeriod: isoSpan(content.queryPeriod),
      triggerOperator: OPERATORS[content.triggerOperator] ?? content.triggerOperator,
      triggerThreshold: content.triggerThreshold,
      suppressionEnabled: false,
      suppressionDuration: 'PT5H',
      tactics: content.tactics,
      techniques: content.relevantTechniques.map((technique) => technique.replace(/\..*/, '')),
      entityMappings: content.entityMappings as unknown as Json,
      ...(content.customDetails === undefined ? {} : { customDetails: content.customDetails }),
      ...(content.alertDetailsOverride === undefined
        ? {}
        : { alertDetailsOverride: content.alertDetailsOverride }),
      eventGroupingSettings: content.eventGroupingSettings,
      incidentConfiguration: {
        createIncident,
        groupingConfiguration: { ...grouping, lookbackDuration: isoSpan(grouping.lookbackDuration) },
      },
    },
  };
}

/** https://learn.microsoft.com/en-us/azure/sentinel/hunting-with-rest-api */
function hunt(content: HuntingQuery, file: string): Json {
  const search = savedSearch(
    nameOf(file),
    {
      category: 'Hunting Queries',
      displayName: content.name,
      query: content.query,
      version: 2,
      tags: [
        { name: 'description', value: content.description.trim() },
        { name: 'tactics', value: content.tactics.join(',') },
        { name: 'techniques', value: content.relevantTechniques.join(',') },
      ],
    },
    [FUNCTION_NAME],
  );
  return { condition: "[parameters('deployHuntingQueries')]", ...(search as object) };
}

function nameOf(file: string): string {
  return file.replace(/^.*\/|\.yaml$/g, '');
}

/** "1h" as "PT1H", "14d" as "P14D" */
function isoSpan(span: string): string {
  const text = span.toUpperCase();
  return text.endsWith('D') ? `P${text}` : `PT${text}`;
}
