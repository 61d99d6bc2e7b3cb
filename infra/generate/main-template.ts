import { API, armTemplate } from './arm.ts';
import type { Json } from './json-text.ts';
import { PARAMETERS } from './parameters.ts';
import type { Query } from './queries.ts';
import { STREAM, streamColumns } from './schema.ts';
import { TABLE_DEPLOYMENT, tableDeployment } from './table-template.ts';

/** Monitoring Metrics Publisher: https://learn.microsoft.com/en-us/azure/role-based-access-control/built-in-roles */
const PUBLISHER_ROLE = '3913510d-42f4-4e42-8a64-420c390055eb';

const RULE_ID = "resourceId('Microsoft.Insights/dataCollectionRules', parameters('ruleName'))";
const ENDPOINT_ID = "resourceId('Microsoft.Insights/dataCollectionEndpoints', parameters('endpointName'))";
const PUBLISHER_ID =
  "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', variables('publisherRole'))";

/** infra/azuredeploy.json: table, rule, roles and diagnostic setting. */
export function mainTemplate(functionQuery: Query): Json {
  const rule = `reference(${RULE_ID}, '${API.dataCollectionRules}')`;
  const endpoint =
    `if(parameters('privateLink'), reference(${ENDPOINT_ID}, '${API.dataCollectionEndpoints}').logsIngestion.endpoint, ` +
    `${rule}.endpoints.logsIngestion)`;
  const workspaceId = `reference(variables('workspaceId'), '${API.workspaces}').customerId`;
  return armTemplate({
    parameters: PARAMETERS,
    variables: {
      workspaceId:
        "[resourceId(parameters('workspaceResourceGroup'), 'Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))]",
      publisherRole: PUBLISHER_ROLE,
    },
    resources: [
      tableDeployment(PARAMETERS, functionQuery),
      endpointResource(),
      ruleResource(),
      roleResource(),
      errorsResource(),
    ],
    // An output's name has to be an identifier, so the action's own names are the keys of an object.
    outputs: {
      dcrEndpoint: { type: 'string', value: `[${endpoint}]` },
      dcrImmutableId: { type: 'string', value: `[${rule}.immutableId]` },
      streamName: { type: 'string', value: STREAM },
      workspaceId: { type: 'string', value: `[${workspaceId}]` },
      actionInputs: {
        type: 'object',
        value: {
          'dcr-endpoint': `[${endpoint}]`,
          'dcr-immutable-id': `[${rule}.immutableId]`,
          'stream-name': STREAM,
          'workspace-id': `[${workspaceId}]`,
        },
      },
    },
  });
}

function endpointResource(): Json {
  return {
    condition: "[parameters('privateLink')]",
    type: 'Microsoft.Insights/dataCollectionEndpoints',
    apiVersion: API.dataCollectionEndpoints,
    name: "[parameters('endpointName')]",
    location: "[parameters('location')]",
    properties: { networkAcls: { publicNetworkAccess: 'Disabled' } },
  };
}

/**
 * kind Direct gives the rule its own ingestion endpoint, which no setting closes to the public network: with private link
 * rows come by the closed endpoint alone. The table has to exist first.
 */
function ruleResource(): Json {
  return {
    type: 'Microsoft.Insights/dataCollectionRules',
    apiVersion: API.dataCollectionRules,
    name: "[parameters('ruleName')]",
    location: "[parameters('location')]",
    kind: "[if(parameters('privateLink'), null(), 'Direct')]",
    dependsOn: [
      `[resourceId(parameters('workspaceResourceGroup'), 'Microsoft.Resources/deployments', '${TABLE_DEPLOYMENT}')]`,
      `[${ENDPOINT_ID}]`,
    ],
    properties: {
      description: 'Takes in the user activity of Microsoft Fabric and Power BI',
      dataCollectionEndpointId: `[if(parameters('privateLink'), ${ENDPOINT_ID}, null())]`,
      streamDeclarations: { [STREAM]: { columns: streamColumns() } },
      destinations: {
        logAnalytics: [{ name: 'workspace', workspaceResourceId: "[variables('workspaceId')]" }],
      },
      dataFlows: [
        {
          streams: [STREAM],
          destinations: ['workspace'],
          transformKql: "[parameters('transformKql')]",
          outputStream: STREAM,
        },
      ],
    },
  };
}

/** The role on the rule and on nothing else: enough to send rows to it, and no more. */
function roleResource(): Json {
  return {
    condition: "[not(empty(parameters('principalId')))]",
    type: 'Microsoft.Authorization/roleAssignments',
    apiVersion: API.roleAssignments,
    name: `[guid(${RULE_ID}, parameters('principalId'), variables('publisherRole'))]`,
    scope: `[${RULE_ID}]`,
    dependsOn: [`[${RULE_ID}]`],
    properties: {
      roleDefinitionId: `[${PUBLISHER_ID}]`,
      principalId: "[parameters('principalId')]",
      principalType: 'ServicePrincipal',
    },
  };
}

/**
 * Sends to DCRLogErrors what ingestion drops after it said 204.
 * https://learn.microsoft.com/en-us/azure/azure-monitor/data-collection/data-collection-monitor
 */
function errorsResource(): Json {
  return {
    type: 'Microsoft.Insights/diagnosticSettings',
    apiVersion: API.diagnosticSettings,
    name: 'ingestion-errors',
    scope: `[${RULE_ID}]`,
    dependsOn: [`[${RULE_ID}]`],
    properties: {
      workspaceId: "[variables('workspaceId')]",
      logs: [{ category: 'LogErrors', enabled: true }],
    },
  };
}
