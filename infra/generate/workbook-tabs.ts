/** How a query is shown; sizes and names are the workbook's own. */
export interface WorkbookStep {
  /** File in queries/. */
  readonly query: string;
  readonly show: 'table' | 'tiles' | 'timechart' | 'barchart';
  /** Query parameters that follow a parameter of the workbook; the others keep the file's value. */
  readonly follows: Readonly<Record<string, string>>;
}

export interface WorkbookTab {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly WorkbookStep[];
}

const LOOKBACK = { Lookback: '{Lookback}' };

const table = (query: string, follows: Readonly<Record<string, string>> = LOOKBACK): WorkbookStep => ({
  query,
  show: 'table',
  follows,
});

export const TABS: readonly WorkbookTab[] = [
  {
    id: 'overview',
    title: 'Overview',
    steps: [
      { query: 'totals', show: 'tiles', follows: LOOKBACK },
      { query: 'activity-by-hour', show: 'timechart', follows: LOOKBACK },
      table('top-operations'),
      table('capacity-activity'),
    ],
  },
  {
    id: 'users',
    title: 'Users',
    steps: [
      table('top-users'),
      table('user-activity', { ...LOOKBACK, User: '"{User}"' }),
      table('unusual-user', {}),
      table('leaver-copying', {}),
      table('service-principals'),
    ],
  },
  {
    id: 'workspaces',
    title: 'Workspaces',
    steps: [
      table('workspace-activity'),
      table('deleted-or-moved'),
      table('dormant-workspaces', {}),
      table('dormant-reports', {}),
    ],
  },
  {
    id: 'security',
    title: 'Security',
    steps: [
      table('mass-export', { ...LOOKBACK, Threshold: '{Threshold}' }),
      table('external-sharing'),
      table('permission-changes'),
      table('tenant-setting-changes'),
      table('failed-actions'),
      table('first-seen-operations', {}),
    ],
  },
  {
    id: 'health',
    title: 'Collection health',
    steps: [
      table('source-mix'),
      table('log-gaps', {}),
      { query: 'ingestion-delay', show: 'table', follows: LOOKBACK },
      table('ingestion-errors'),
    ],
  },
];
