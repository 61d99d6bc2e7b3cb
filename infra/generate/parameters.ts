import type { Parameter } from './arm.ts';

/** What a user may choose when the table and its rule are deployed; Bicep and Terraform hand on the same names. */
export const PARAMETERS = {
  workspaceName: { type: 'string', description: 'Name of the Log Analytics workspace.' },
  principalId: {
    type: 'string',
    description:
      'Object id of the service principal (not the application id) that may send rows; empty grants nobody.',
    defaultValue: '',
  },
  allowReadBack: {
    type: 'bool',
    description:
      'Whether this service principal may also read the table and what was dropped on the way to it, for the input workspace-id; Analytics plan only.',
    defaultValue: false,
  },
  createWorkspace: {
    type: 'bool',
    description:
      'Whether to create the workspace, or to set pricing and retention of one that exists back to those of a new one. With false it has to exist, and its own settings are left alone.',
    defaultValue: false,
  },
  workspaceResourceGroup: {
    type: 'string',
    description: 'Resource group of the workspace.',
    defaultValue: '[resourceGroup().name]',
  },
  location: {
    type: 'string',
    description: 'Region of the workspace; the rule has to be in the same one.',
    defaultValue: '[resourceGroup().location]',
  },
  tablePlan: {
    type: 'string',
    description:
      'Analytics, for which the queries, alerts and workbook are written, or Basic, where they are not promised.',
    defaultValue: 'Analytics',
    allowedValues: ['Analytics', 'Basic'],
  },
  retentionInDays: {
    type: 'int',
    description:
      'Days that rows can be queried at full speed, 4 to 730; Analytics only, Basic has a fixed time. Less than 4 takes the workspace’s.',
    defaultValue: 90,
    minValue: -1,
    maxValue: 730,
  },
  totalRetentionInDays: {
    type: 'int',
    description:
      'Days that rows are kept in all, 4 to 4383, the cheaper long-term part included. Less than 4 is retentionInDays.',
    defaultValue: -1,
    minValue: -1,
    maxValue: 4383,
  },
  ruleName: {
    type: 'string',
    description: 'Name of the data collection rule.',
    defaultValue: 'dcr-fabric-user-activity',
  },
  transformKql: {
    type: 'string',
    description:
      'Transformation on arrival, one row at a time; source keeps all. To drop a column for good: source | project-away ClientIP',
    defaultValue: 'source',
  },
  privateLink: {
    type: 'bool',
    description:
      'Whether rows come by a data collection endpoint that is closed to the public network, for private link. The rule has no endpoint of its own then; of a rule that exists this cannot be changed.',
    defaultValue: false,
  },
  endpointName: {
    type: 'string',
    description: 'Name of that endpoint.',
    defaultValue: 'dce-fabric-user-activity',
  },
} as const satisfies Record<string, Parameter>;

/** A file of parameters to start from; the values stand for the user's own. */
export const EXAMPLE_PARAMETERS = {
  workspaceName: 'log-fabric',
  createWorkspace: true,
  principalId: '00000000-0000-0000-0000-000000000000',
  retentionInDays: 90,
} as const;
