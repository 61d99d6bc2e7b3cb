import { API, type Parameter } from './arm.ts';
import type { Json } from './json-text.ts';
import { FUNCTION_NAME, functionParameters, type Query } from './queries.ts';
import { READER_ROLE, readerRole } from './reader-role.ts';
import { TABLE, tableColumns } from './schema.ts';

/** The nested deployment's name, which the rule waits for. */
export const TABLE_DEPLOYMENT = 'fabric-user-activity-table';

const HANDED_ON = [
  'workspaceName',
  'principalId',
  'allowReadBack',
  'createWorkspace',
  'location',
  'tablePlan',
  'retentionInDays',
  'totalRetentionInDays',
];

/**
 * Workspace, table, saved function and the right to read the table, as a deployment of its own: the workspace may be in another resource group.
 * Basic and Auxiliary tables have a fixed retention, and giving one is an error there. The service takes 4 days or more,
 * or -1 for its own choice, and a parameter can have only one range.
 * https://learn.microsoft.com/en-us/azure/azure-monitor/logs/data-retention-configure
 */
export function tableDeployment(parameters: Readonly<Record<string, Parameter>>, functionQuery: Query): Json {
  const workspace = "resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))";
  return {
    type: 'Microsoft.Resources/deployments',
    apiVersion: API.deployments,
    name: TABLE_DEPLOYMENT,
    resourceGroup: "[parameters('workspaceResourceGroup')]",
    properties: {
      mode: 'Incremental',
      expressionEvaluationOptions: { scope: 'inner' },
      parameters: Object.fromEntries(HANDED_ON.map((name) => [name, { value: `[parameters('${name}')]` }])),
      template: {
        $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
        contentVersion: '1.0.0.0',
        parameters: Object.fromEntries(
          HANDED_ON.map((name) => [name, { type: parameters[name]?.type ?? 'string' }]),
        ),
        variables: { readerRole: READER_ROLE },
        resources: [
          {
            condition: "[parameters('createWorkspace')]",
            type: 'Microsoft.OperationalInsights/workspaces',
            apiVersion: API.workspaces,
            name: "[parameters('workspaceName')]",
            location: "[parameters('location')]",
            properties: { sku: { name: 'PerGB2018' }, retentionInDays: 30 },
          },
          {
            type: 'Microsoft.OperationalInsights/workspaces/tables',
            apiVersion: API.tables,
            name: `[concat(parameters('workspaceName'), '/${TABLE}')]`,
            dependsOn: [`[${workspace}]`],
            properties: {
              plan: "[parameters('tablePlan')]",
              retentionInDays:
                "[if(equals(parameters('tablePlan'), 'Analytics'), if(less(parameters('retentionInDays'), 4), -1, parameters('retentionInDays')), null())]",
              totalRetentionInDays:
                "[if(less(parameters('totalRetentionInDays'), 4), -1, parameters('totalRetentionInDays'))]",
              schema: {
                name: TABLE,
                description: 'User activity of Microsoft Fabric and Power BI; query by CreationTime',
                columns: tableColumns(),
              },
            },
          },
          {
            type: 'Microsoft.OperationalInsights/workspaces/savedSearches',
            apiVersion: API.savedSearches,
            name: `[concat(parameters('workspaceName'), '/${FUNCTION_NAME}')]`,
            dependsOn: [
              `[resourceId('Microsoft.OperationalInsights/workspaces/tables', parameters('workspaceName'), '${TABLE}')]`,
            ],
            // Without an etag a second deployment is refused.
            etag: '*',
            properties: {
              category: 'Fabric user activity',
              displayName: FUNCTION_NAME,
              functionAlias: FUNCTION_NAME,
              functionParameters: functionParameters(functionQuery),
              query: `${functionQuery.head}\n${functionQuery.body}`,
              version: 2,
            },
          },
          readerRole(workspace),
        ],
      },
    },
  };
}
