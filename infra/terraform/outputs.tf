output "dcr_endpoint" {
  description = "Value of the action's input dcr-endpoint."
  value       = local.outputs.dcrEndpoint.value
}

output "dcr_immutable_id" {
  description = "Value of the action's input dcr-immutable-id."
  value       = local.outputs.dcrImmutableId.value
}

output "stream_name" {
  description = "Value of the action's input stream-name."
  value       = local.outputs.streamName.value
}

output "workspace_id" {
  description = "Value of the action's input workspace-id."
  value       = local.outputs.workspaceId.value
}
