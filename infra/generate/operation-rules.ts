/** What the name of an operation tells of it, for those that no list knows yet. */
export type OperationClass =
  | 'AdminRead'
  | 'Copy'
  | 'Create'
  | 'Credential'
  | 'Deletion'
  | 'Export'
  | 'Move'
  | 'Other'
  | 'Permission'
  | 'Refresh'
  | 'Sharing'
  | 'TenantSetting'
  | 'Update'
  | 'View';

export const OTHER = 'Other';

/** How a name looks; of several properties all hold. Letter case does not count. */
export interface NameForm {
  readonly begins?: string;
  readonly ends?: string;
  readonly holds?: string;
}

export interface ClassRule {
  readonly gives: OperationClass;
  /** One of these forms is enough. */
  readonly when: readonly NameForm[];
}

const begins = (...texts: string[]): NameForm[] => texts.map((text) => ({ begins: text }));
const ends = (...texts: string[]): NameForm[] => texts.map((text) => ({ ends: text }));
const holds = (...texts: string[]): NameForm[] => texts.map((text) => ({ holds: text }));

/**
 * In this order; the first that fits decides. Reading comes first, since "Get" before a policy or a role only reads it.
 * Written after the names of https://learn.microsoft.com/en-us/fabric/admin/operation-list
 */
export const CLASS_RULES: readonly ClassRule[] = [
  {
    gives: 'AdminRead',
    when: [
      { begins: 'Get', ends: 'AsAdmin' },
      { begins: 'Get', ends: 'ViaAdminApi' },
      { begins: 'Get', holds: 'Tenant' },
    ],
  },
  { gives: 'View', when: begins('Get', 'List', 'View', 'Read', 'Preview', 'Check') },
  { gives: 'Export', when: begins('Export', 'Download', 'Print', 'AnalyzeInExcel') },
  { gives: 'Copy', when: begins('Copy') },
  {
    gives: 'TenantSetting',
    when: [
      ...holds('TenantSetting', 'TenantKey', 'TenantPolic', 'TenantDlp', 'TenantRelocation'),
      ...begins('Extensibility'),
      ...holds('ManagedPrivateEndpoint', 'OutboundAccess', 'WorkspaceEncryption', 'PolicySet'),
    ],
  },
  { gives: 'Refresh', when: begins('Refresh') },
  {
    gives: 'Sharing',
    when: [
      ...begins('Share', 'PublishToWeb'),
      ...holds('EmailSubscription', 'ExternalDataShare', 'DataSharing'),
    ],
  },
  {
    gives: 'Permission',
    when: [
      ...ends('Access', 'AccessAsAdmin', 'Members', 'Admins', 'Roles', 'Role', 'Permissions', 'Principals'),
      ...begins('TakeOver', 'TookOver'),
      ...holds('WorkspaceRole', 'AccessRole'),
    ],
  },
  {
    gives: 'Credential',
    when: [...ends('Credentials', 'Token'), ...holds('ServicePrincipalProfile', 'WorkspaceIdentity')],
  },
  { gives: 'Deletion', when: begins('Delete', 'Remove', 'Drop', 'Unpublish') },
  { gives: 'Move', when: begins('Move', 'Migrate') },
  { gives: 'Create', when: begins('Create', 'Add', 'Insert', 'Import', 'Install', 'Post', 'Put') },
  {
    gives: 'Update',
    when: begins(
      'Update',
      'Upsert',
      'Edit',
      'Set',
      'Patch',
      'Rename',
      'Restore',
      'Change',
      'Deploy',
      'Append',
    ),
  },
];

export function classByRule(operation: string): OperationClass {
  const name = operation.toLowerCase();
  const fits = (form: NameForm) =>
    name.startsWith(form.begins?.toLowerCase() ?? '') &&
    name.endsWith(form.ends?.toLowerCase() ?? '') &&
    name.includes(form.holds?.toLowerCase() ?? '');
  return CLASS_RULES.find(({ when }) => when.some(fits))?.gives ?? OTHER;
}
