variable "resource_group_name" {
  description = "Resource group that the rule goes to."
  type        = string
}

variable "deployment_name" {
  description = "Name of the deployment."
  type        = string
  default     = "fabric-user-activity"
}

variable "workspace_name" {
  description = "Name of the Log Analytics workspace."
  type        = string
}

variable "principal_id" {
  description = "Object id of the service principal that may send rows; null grants nobody."
  type        = string
  default     = null
}

variable "allow_read_back" {
  description = "Whether this service principal may also read the table, for the input workspace-id."
  type        = bool
  default     = null
}

variable "create_workspace" {
  description = "Whether to create the workspace."
  type        = bool
  default     = null
}

variable "workspace_resource_group" {
  description = "Resource group of the workspace, where it is another one."
  type        = string
  default     = null
}

variable "location" {
  description = "Region of the workspace, where it is not that of the resource group."
  type        = string
  default     = null
}

variable "table_plan" {
  description = "Plan of the table."
  type        = string
  default     = null

  validation {
    condition     = var.table_plan == null ? true : contains(["Analytics", "Basic"], var.table_plan)
    error_message = "Expected Analytics or Basic."
  }
}

variable "retention_in_days" {
  description = "Days that rows can be queried at full speed."
  type        = number
  default     = null

  validation {
    condition     = var.retention_in_days == null ? true : (var.retention_in_days >= 4 && var.retention_in_days <= 730) || var.retention_in_days == -1
    error_message = "Expected 4 to 730, or -1 for the workspace's."
  }
}

variable "total_retention_in_days" {
  description = "Days that rows are kept in all."
  type        = number
  default     = null

  validation {
    condition     = var.total_retention_in_days == null ? true : (var.total_retention_in_days >= 4 && var.total_retention_in_days <= 4383) || var.total_retention_in_days == -1
    error_message = "Expected 4 to 4383, or -1 for retention_in_days."
  }
}

variable "rule_name" {
  description = "Name of the data collection rule."
  type        = string
  default     = null
}

variable "transform_kql" {
  description = "Transformation on arrival, one row at a time."
  type        = string
  default     = null
}

variable "private_link" {
  description = "Whether to add a data collection endpoint for private link."
  type        = bool
  default     = null
}

variable "endpoint_name" {
  description = "Name of that endpoint."
  type        = string
  default     = null
}
