/** How a query is shown; sizes and names are the workbook's own. */
export interface WorkbookStep {
  /** File in queries/. */
  readonly query: string;
  readonly show: 'table' | 'tiles' | 'timechart';
  /** Query parameters that follow a parameter of the workbook; the others keep the file's value. */
  readonly follows: Readonly<Record<string, string>>;
  /** A click on a row sets this parameter of the workbook to this column. */
  readonly click?: { readonly column: string; readonly parameter: string };
  /** What stands there when there is nothing to show, and whether that is good news. */
  readonly none: string;
  readonly noneIsGood?: true;
  /** Columns with colours: by number, or by text. */
  readonly colours?: Readonly<Record<string, Colour>>;
}

/** A palette for numbers, no column at all, or the colour of each text; the last one is for all others. */
export type Colour =
  | 'blue'
  | 'orange'
  | 'red'
  | 'hidden'
  | readonly (readonly [text: string | null, colour: string])[];

export interface WorkbookTab {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly WorkbookStep[];
}

const LOOKBACK = { Lookback: '{Lookback}' };
const DOMAINS =
  'iff(isempty(trim(" ", "{OwnDomains}")), dynamic([]), split(replace_string("{OwnDomains}", " ", ""), ","))';

const table = (query: string, none: string, more: Partial<WorkbookStep> = {}): WorkbookStep => ({
  query,
  show: 'table',
  follows: LOOKBACK,
  none,
  ...more,
});
const good = (query: string, none: string, more: Partial<WorkbookStep> = {}): WorkbookStep =>
  table(query, none, { noneIsGood: true, ...more });

const USER = { column: 'UserId', parameter: 'ClickedUser' };
const WORKSPACE = { column: 'WorkspaceName', parameter: 'ClickedWorkspace' };
const OPERATION = { column: 'Operation', parameter: 'ClickedOperation' };
const STATES: Colour = [
  ['fresh', 'green'],
  ['late', 'orange'],
  [null, 'redBright'],
];
const CLASSES: Colour = [
  ['Sharing', 'redBright'],
  ['Permission', 'orange'],
  ['TenantSetting', 'redBright'],
  ['Export', 'orange'],
  ['Credential', 'orange'],
  ['Deletion', 'orange'],
  [null, 'gray'],
];

/** What alerts need to tell one event from the other, and nobody reads. */
const KEYS = { EventKey: 'hidden', IngestedAt: 'hidden' } as const;

export const TABS: readonly WorkbookTab[] = [
  {
    id: 'overview',
    title: 'Overview',
    steps: [
      table('last-arrival', 'Nothing has arrived yet.', { follows: {}, colours: { State: STATES } }),
      table('totals', 'No event in this time.', { show: 'tiles' }),
      table('activity-by-hour', 'No event in this time.', { show: 'timechart' }),
      table('top-operations', 'No event in this time.', {
        click: OPERATION,
        colours: { Failed: 'orange', OperationClass: CLASSES },
      }),
      table('capacity-activity', 'No event names a capacity.'),
    ],
  },
  {
    id: 'users',
    title: 'Users',
    steps: [
      table('top-users', 'No event in this time.', {
        click: USER,
        colours: { Exports: 'orange', Failed: 'orange' },
      }),
      table('user-activity', 'Choose a user above, or click one in the list.', {
        follows: { ...LOOKBACK, User: 'iff("{User}" in ("", "*"), "{ClickedUser}", "{User}")' },
        colours: { OperationClass: CLASSES },
      }),
      good('unusual-user', 'Nobody was new to a workspace.', { follows: {}, click: USER }),
      good('leaver-copying', 'Nobody copies far more than before.', {
        follows: {},
        click: USER,
        colours: { CopiesNow: 'red' },
      }),
      table('service-principals', 'No app or service principal in this time.', {
        colours: { Failed: 'orange' },
      }),
    ],
  },
  {
    id: 'workspaces',
    title: 'Workspaces',
    steps: [
      table('workspace-activity', 'No event names a workspace.', {
        click: WORKSPACE,
        colours: { Exports: 'orange' },
      }),
      good('deleted-or-moved', 'Nothing was deleted or moved.', { click: USER }),
      good('dormant-workspaces', 'Every workspace is in use.', { follows: {}, click: WORKSPACE }),
      good('dormant-reports', 'Every report is in use.', { follows: {} }),
    ],
  },
  {
    id: 'security',
    title: 'Security',
    steps: [
      good('external-sharing', 'Nothing was shared outside.', {
        follows: { ...LOOKBACK, OwnDomains: DOMAINS },
        click: USER,
        colours: {
          ...KEYS,
          Reason: [
            ['public web', 'redBright'],
            [null, 'orange'],
          ],
        },
      }),
      good('mass-export', 'Nobody exported in mass.', {
        follows: { ...LOOKBACK, Threshold: '{Threshold}' },
        click: USER,
        colours: { Exports: 'red' },
      }),
      good('tenant-setting-changes', 'No setting was changed.', { click: USER, colours: KEYS }),
      good('permission-changes', 'No permission was changed.', {
        click: USER,
        colours: { OperationClass: CLASSES },
      }),
      good('failed-actions', 'Nobody failed often.', { click: USER, colours: { Failed: 'red' } }),
      good('first-seen-operations', 'Nothing happened for the first time.', {
        follows: {},
        click: OPERATION,
        colours: { OperationClass: CLASSES },
      }),
    ],
  },
  {
    id: 'health',
    title: 'Collection health',
    steps: [
      table('source-mix', 'Nothing has arrived in this time.', { colours: { Repeats: 'orange' } }),
      good('log-gaps', 'No hour is missing.', { follows: {} }),
      table('ingestion-delay', 'No event in this time.'),
      good('ingestion-errors', 'Nothing was dropped.', { colours: { Errors: 'red' } }),
    ],
  },
];
