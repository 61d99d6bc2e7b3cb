/** By which a notice is looked up in docs/troubleshooting.md. */
export const NOTICE_TITLES = {
  clipped: 'Window clipped',
  clock: 'The clock is off',
  'settled-hours': 'Events of settled hours',
  fallback: 'Workspace records, not activity',
  'no-events': 'No events',
  cut: 'Values cut',
  'unreadable-workspaces': 'Unreadable workspaces',
  'aged-out': 'Hours lost',
  incomplete: 'Incomplete',
  lost: 'Hours never settled',
  quiet: 'Unusually quiet',
  budget: 'Schedule too dense',
  'state-set-aside': 'State file set aside',
  'rejected-set-aside': 'Rejected rows set aside',
  'state-not-compacted': 'State file not rewritten',
  replay: 'Replay',
  'proof-unavailable': 'Not proved',
  missing: 'Rows missing from the table',
  'given-up': 'Rows given up',
} as const;

export type NoticeCode = keyof typeof NOTICE_TITLES;

/** Something that the reader should know and that is no fault. */
export interface Notice {
  readonly code: NoticeCode;
  readonly text: string;
}
