import { API } from './arm.ts';
import type { Json } from './json-text.ts';
import { TABLE } from './schema.ts';

/**
 * Log Analytics Data Reader: runs queries, and reads the data that a condition lets through.
 * https://learn.microsoft.com/en-us/azure/role-based-access-control/built-in-roles/monitor
 */
export const READER_ROLE = '3b03c2da-16b3-4a49-8834-0f8130efdd3b';

/** The table itself, why ingestion dropped a row, and whether the daily cap has stopped collection. */
const READABLE_TABLES = [TABLE, 'DCRLogErrors', 'Operation'];

const READ = 'Microsoft.OperationalInsights/workspaces/tables/data/read';
const NAME = '@Resource[Microsoft.OperationalInsights/workspaces/tables:name]';

/**
 * Data of these tables only, on the workspace as a whole: a condition on the table's own scope would need two roles.
 * https://learn.microsoft.com/en-us/azure/azure-monitor/logs/granular-rbac-log-analytics
 */
export const READER_CONDITION = `((!(ActionMatches{'${READ}'})) OR (${READABLE_TABLES.map(
  (table) => `${NAME} StringEquals '${table}'`,
).join(' OR ')}))`;

/** Lets the principal read the table back; within the workspace's own deployment, whose group may be another one. */
export function readerRole(workspaceId: string): Json {
  return {
    condition: "[and(parameters('allowReadBack'), not(empty(parameters('principalId'))))]",
    type: 'Microsoft.Authorization/roleAssignments',
    apiVersion: API.roleAssignments,
    name: `[guid(${workspaceId}, parameters('principalId'), variables('readerRole'))]`,
    scope: `[${workspaceId}]`,
    dependsOn: [`[${workspaceId}]`],
    properties: {
      roleDefinitionId:
        "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', variables('readerRole'))]",
      principalId: "[parameters('principalId')]",
      principalType: 'ServicePrincipal',
      condition: READER_CONDITION,
      conditionVersion: '2.0',
    },
  };
}
