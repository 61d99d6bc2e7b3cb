import { API } from './arm.ts';
import type { Json } from './json-text.ts';
import { FUNCTION_NAME, functionParameters, type Query } from './queries.ts';
import { type Parser, parserParameters, readParsers } from './sentinel-content.ts';
import type { Watchlist } from './sentinel-watchlists.ts';

export const WORKSPACE_ID =
  "resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))";
const CATEGORY = 'Fabric user activity';

/** https://learn.microsoft.com/en-us/azure/templates/microsoft.securityinsights/watchlists */
export function watchlist({ alias, column, description, parameter }: Watchlist): Json {
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

export function savedSearch(
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

export function functionId(name: string): string {
  return `[resourceId('Microsoft.OperationalInsights/workspaces/savedSearches', parameters('workspaceName'), '${name}')]`;
}

export function savedFunction(saved: Query): Json {
  return savedSearch(FUNCTION_NAME, {
    category: CATEGORY,
    displayName: FUNCTION_NAME,
    functionAlias: FUNCTION_NAME,
    functionParameters: functionParameters(saved),
    query: `${saved.head}\n${saved.body}`,
    version: 2,
  });
}

export function parserFunction(parser: Parser, all: readonly Parser[]): Json {
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
export function unifying(): Json[] {
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
