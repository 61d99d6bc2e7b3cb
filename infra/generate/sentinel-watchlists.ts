/** A list that the rules look things up in; the search key is its first column. */
export interface Watchlist {
  readonly alias: string;
  readonly column: string;
  readonly description: string;
  /** Parameter of the template that fills it. */
  readonly parameter: string;
}

export const WATCHLISTS: readonly Watchlist[] = [
  {
    alias: 'FabricOwnDomains',
    column: 'Domain',
    description: 'Mail domains of the organisation, subdomains included.',
    parameter: 'ownDomains',
  },
  {
    alias: 'FabricAllowedPartners',
    column: 'Domain',
    description: 'Mail domains of partners that content may be shared with.',
    parameter: 'allowedPartners',
  },
  {
    alias: 'FabricSensitiveWorkspaces',
    column: 'WorkspaceId',
    description: 'Ids of workspaces in which every admin role that is granted counts.',
    parameter: 'sensitiveWorkspaces',
  },
  {
    alias: 'FabricServicePrincipals',
    column: 'ClientId',
    description:
      'Application ids that may read the activity log and export, as UserId shows them; the collector is one.',
    parameter: 'servicePrincipals',
  },
  {
    alias: 'FabricPublishers',
    column: 'UserPrincipalName',
    description: 'Users who may publish reports to the public web.',
    parameter: 'publishers',
  },
  {
    alias: 'FabricLeavers',
    column: 'UserPrincipalName',
    description: 'Users who are about to leave.',
    parameter: 'leavers',
  },
  {
    alias: 'FabricKnownNetworks',
    column: 'Range',
    description: 'IPv4 ranges, such as 203.0.113.0/24, from which service principals come.',
    parameter: 'knownNetworks',
  },
];
