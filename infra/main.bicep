// Table, rule and roles as a Bicep module. Bicep reads the ARM template, which stays the only description.
// az deployment group create -g RESOURCE-GROUP -f infra/main.bicep -p workspaceName=NAME principalId=OBJECT-ID

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Object id of the service principal that may send rows.')
param principalId string

@description('Whether it may also read the table, for the input workspace-id.')
param allowReadBack bool = false

@description('Whether to create the workspace.')
param createWorkspace bool = false

@description('Days that rows can be queried at full speed.')
param retentionInDays int = 90

module fabricActivity 'azuredeploy.json' = {
  name: 'fabric-user-activity'
  params: {
    workspaceName: workspaceName
    principalId: principalId
    allowReadBack: allowReadBack
    createWorkspace: createWorkspace
    retentionInDays: retentionInDays
  }
}

output dcrEndpoint string = fabricActivity.outputs.dcrEndpoint
output dcrImmutableId string = fabricActivity.outputs.dcrImmutableId
output streamName string = fabricActivity.outputs.streamName
output workspaceId string = fabricActivity.outputs.workspaceId
