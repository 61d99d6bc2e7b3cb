# A thin module around the ARM template, which stays the only description of the resources.
# https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/resource_group_template_deployment
resource "azurerm_resource_group_template_deployment" "fabric_activity" {
  name                = var.deployment_name
  resource_group_name = var.resource_group_name
  deployment_mode     = "Incremental"
  template_content    = file("${path.module}/../azuredeploy.json")

  parameters_content = jsonencode({
    for name, value in local.parameters : name => { value = value } if value != null
  })

  # Destroying the deployment deletes the table with all its rows, and changing its name or group means destroying it.
  lifecycle {
    prevent_destroy = true
  }
}

locals {
  # Mixed types in one map, so that what is left at null takes the template's default.
  parameters = {
    workspaceName          = var.workspace_name
    principalId            = var.principal_id
    allowReadBack          = var.allow_read_back
    createWorkspace        = var.create_workspace
    workspaceResourceGroup = var.workspace_resource_group
    location               = var.location
    tablePlan              = var.table_plan
    retentionInDays        = var.retention_in_days
    totalRetentionInDays   = var.total_retention_in_days
    ruleName               = var.rule_name
    transformKql           = var.transform_kql
    privateLink            = var.private_link
    endpointName           = var.endpoint_name
  }

  outputs = jsondecode(azurerm_resource_group_template_deployment.fabric_activity.output_content)
}
