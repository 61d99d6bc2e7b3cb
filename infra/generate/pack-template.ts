import { API, armTemplate, literal } from './arm.ts';
import type { Json } from './json-text.ts';
import { FUNCTION_NAME, type Query } from './queries.ts';

/** infra/query-pack.json: every query under the queries of Log Analytics. Names are GUIDs, made from the file's name. */
export function packTemplate(queries: ReadonlyMap<string, Query>): Json {
  const packId = "[resourceId('Microsoft.OperationalInsights/queryPacks', parameters('packName'))]";
  return armTemplate({
    parameters: {
      packName: {
        type: 'string',
        description: 'Name of the query pack.',
        defaultValue: 'Fabric user activity',
      },
      location: {
        type: 'string',
        description: 'Region of the pack.',
        defaultValue: '[resourceGroup().location]',
      },
    },
    resources: [
      {
        type: 'Microsoft.OperationalInsights/queryPacks',
        apiVersion: API.queryPacks,
        name: "[parameters('packName')]",
        location: "[parameters('location')]",
        properties: {},
      },
      ...[...queries.values()]
        .filter(({ name }) => name !== FUNCTION_NAME)
        .map((query) => ({
          type: 'Microsoft.OperationalInsights/queryPacks/queries',
          apiVersion: API.queryPacks,
          name: `[concat(parameters('packName'), '/', guid(parameters('packName'), ${literal(query.name)}))]`,
          dependsOn: [packId],
          properties: {
            displayName: query.title,
            description: query.question,
            body: query.text,
            related: {
              categories: ['monitor'],
              resourceTypes: ['microsoft.operationalinsights/workspaces'],
            },
            tags: { labels: ['Fabric user activity'] },
          },
        })),
    ],
    outputs: { queryPackId: { type: 'string', value: packId } },
  });
}
