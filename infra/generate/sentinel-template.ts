import { API, armTemplate, literal, type Parameter } from './arm.ts';
import type { Json } from './json-text.ts';
import { FUNCTION_NAME, functionParameters, type Query } from './queries.ts';
import {
  type AnalyticRule,
  type HuntingQuery,
  type Parser,
  parserParameters,
  readHunts,
  readParsers,
  readRules,
} from './sentinel-content.ts';
import { WATCHLISTS, type Watchlist } from './sentinel-watchlists.ts';

const WORKSPACE_ID = "resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))";
const CATEGORY = 'Fabric user activity';

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

/** https://learn.microsoft.com/en-us/azure/templates/microsoft.securityinsights/watchlists */
function watchlist({ alias, column, description, parameter }: Watchlist): Json {
  return {
    condition: "[parameters('deployWatchlists')]",
    type: 'Microsoft.SecurityInsights/watchlists',
    apiVersion: API.watchlists,
    name: alias,
    scope: `[${WORKSPACE_ID}]`,
    properties: {
      displayName: alias,
      watchlistAlias: alias,
      description,
      provider: 'Custom',
      itemsSearchKey: column,
      source: `${alias}.csv`,
      sourceType: 'Local',
      contentType: 'text/csv',
      numberOfLinesToSkip: 0,
      rawContent: `[concat('${column}', '\n', join(parameters('${parameter}'), '\n'))]`,
    },
  };
}

function savedSearch(
  name: string,
  properties: Record<string, Json>,
  dependsOn: readonly string[] = [],
): Json {
  return {
    type: 'Microsoft.OperationalInsights/workspaces/savedSearches',
    apiVersion: API.savedSearches,
    name: `[concat(parameters('workspaceName'), '/${name}')]`,
    ...(dependsOn.length === 0 ? {} : { dependsOn: dependsOn.map(functionId) }),
    // Without an etag a second deployment is refused.
    etag: '*',
    properties,
  };
}

function functionId(name: string): string {
  return `[resourceId('Microsoft.OperationalInsights/workspaces/savedSearches', parameters('workspaceName'), '${name}')]`;
}

function savedFunction(saved: Query): Json {
  return savedSearch(FUNCTION_NAME, {
    category: CATEGORY,
    displayName: FUNCTION_NAME,
    functionAlias: FUNCTION_NAME,
    functionParameters: functionParameters(saved),
    query: `${saved.head}\n${saved.body}`,
    version: 2,
  });
}

function parserFunction(parser: Parser, all: readonly Parser[]): Json {
  const called = all
    .map(({ ParserName }) => ParserName)
    .filter((name) => parser.ParserQuery.includes(`${name}(`));
  return savedSearch(
    parser.ParserName,
    {
      category: 'ASIM',
      displayName: parser.Parser.Title,
      functionAlias: parser.ParserName,
      functionParameters: parserParameters(parser),
      query: parser.ParserQuery,
      version: 2,
    },
    called.length === 0 ? [FUNCTION_NAME] : called,
  );
}

/** https://learn.microsoft.com/en-us/azure/sentinel/normalization-manage-parsers */
function unifying(): Json[] {
  const filtering = readParsers().find(({ content }) => content.ParserName.startsWith('vim'))?.content;
  if (filtering === undefined) throw new Error('Expected a filtering parser in sentinel/Parsers, got none.');
  const names = filtering.ParserParams.map(({ Name }) => Name);
  const given = names.map((name) => `${name}=${name}`).join(', ');
  const functions: [string, string, string][] = [
    [
      'Im_AuditEventCustom',
      `${parserParameters(filtering)}, pack:bool=false`,
      `vimAuditEventMicrosoftFabric(${given})`,
    ],
    [
      'ASim_AuditEventCustom',
      'pack:bool=false, disabled:bool=false',
      'ASimAuditEventMicrosoftFabric(disabled=disabled)',
    ],
  ];
  return functions.map(([name, functionParameters_, query]) => ({
    condition: "[parameters('hookUnifyingParsers')]",
    ...(savedSearch(
      name,
      {
        category: 'ASIM',
        displayName: name,
        functionAlias: name,
        functionParameters: functionParameters_,
        query,
        version: 2,
      },
      ['vimAuditEventMicrosoftFabric', 'ASimAuditEventMicrosoftFabric'],
    ) as object),
  }));
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
