/** An activity event as the source gave it: properties vary with the activity, and new ones appear. */
export type ActivityEvent = Readonly<Record<string, unknown>>;

export type SourceName = 'power-bi' | 'fabric' | 'workspaces';
