export type NoticeCode =
  | 'clipped'
  | 'clock'
  | 'settled-hours'
  | 'fallback'
  | 'no-events'
  | 'cut'
  | 'unreadable-workspaces'
  | 'aged-out'
  | 'incomplete'
  | 'lost'
  | 'quiet'
  | 'budget'
  | 'state-set-aside'
  | 'rejected-set-aside'
  | 'state-not-compacted'
  | 'replay'
  | 'proof-unavailable'
  | 'missing'
  | 'given-up';

/** Something that the reader should know and that is no fault. */
export interface Notice {
  readonly code: NoticeCode;
  readonly text: string;
}
