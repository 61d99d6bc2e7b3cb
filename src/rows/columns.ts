/**
 * The columns of the table: the one place that names them. Mapping, the stream and table declarations, the queries'
 * schema and docs/tables.md derive from this list or are tested against it.
 */
export type ColumnType = 'datetime' | 'string' | 'boolean' | 'dynamic';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Properties of the event that fill it, the preferred one first; empty where the action itself does. */
  readonly from: readonly string[];
  /** Whether the notebook that this action replaces sent it. */
  readonly notebook: boolean;
  readonly meaning: string;
  readonly example: string;
}

/** Name, type, meaning, example; from the property of the same name and known to the notebook, unless it says otherwise. */
type Entry = readonly [
  name: string,
  type: ColumnType,
  meaning: string,
  example: string,
  unlike?: { readonly from?: readonly string[]; readonly notebook?: false },
];

/**
 * Field names and meanings: https://learn.microsoft.com/en-us/rest/api/power-bi/admin/get-activity-events and
 * https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema
 * RecordType and UserType are numbers in activity events and words in workspace records; both fit a string.
 */
// biome-ignore format: a table
const TABLE: readonly Entry[] = [
  ['TimeGenerated',      'datetime', 'CreationTime as UTC; the service replaces it by the time of arrival when it is more than two days old', '2026-11-20T07:55:15Z', { from: [] }],
  ['ActivityId',         'string',   "The event's unique id, its property Id", '00000000-0000-4000-8000-000000000001', { from: ['Id'] }],
  ['RecordType',         'string',   'Kind of audit record: 20 is Power BI, WorkspaceAccess a workspace record', '20'],
  ['CreationTime',       'datetime', 'When it happened, UTC: the time to query by', '2026-11-20T07:55:15'],
  ['Operation',          'string',   'Name of the operation', 'ViewReport'],
  ['OrganizationId',     'string',   'Id of the Entra tenant', '00000000-0000-4000-8000-0000000000aa'],
  ['UserType',           'string',   'Kind of user: 0 regular, 2 admin, 5 application, 6 service principal, 10 guest', '0'],
  ['UserKey',            'string',   "The user's PUID or another key", '100SYNTH0001'],
  ['Workload',           'string',   'Service that wrote the event', 'PowerBI'],
  ['UserId',             'string',   'User principal name, or the id of an app or service', 'ana@example.test'],
  ['ClientIP',           'string',   'Address that the user came from, IPv4 or IPv6', '203.0.113.7'],
  ['UserAgent',          'string',   'Browser or client', 'SyntheticAgent/1.0'],
  ['Activity',           'string',   'Name of the activity, normally the same as Operation', 'ViewReport'],
  ['ActivityType',       'string',   'Kind of activity, where the source names one', 'WorkspaceViewed'],
  ['ItemName',           'string',   'Name of the item acted on', 'Margin'],
  ['WorkspaceId',        'string',   'Id of the workspace', '00000000-0000-4000-8000-0000000000b1'],
  ['WorkspaceName',      'string',   'Name of the workspace', 'Sales', { from: ['WorkSpaceName', 'WorkspaceName'] }],
  ['CapacityId',         'string',   'Id of the capacity', '00000000-0000-4000-8000-0000000000c1'],
  ['CapacityName',       'string',   'Name of the capacity', 'F2 test'],
  ['AppName',            'string',   'Name of the Power BI app', 'Sales app'],
  ['ObjectId',           'string',   'The object acted on: an id, or the name of an item', 'Margin'],
  ['DatasetName',        'string',   'Name of the semantic model', 'Sales model'],
  ['ReportName',         'string',   'Name of the report', 'Margin'],
  ['ReportType',         'string',   'Kind of report', 'PowerBIReport'],
  ['RequestId',          'string',   'Id of the request behind the event', '00000000-0000-4000-8000-0000000000f1'],
  ['AppReportId',        'string',   'Id of the report within an app', '00000000-0000-4000-8000-0000000000e2'],
  ['DistributionMethod', 'string',   'How the report reached the user', 'Apps'],
  ['ConsumptionMethod',  'string',   'Where the user read it', 'Power BI Web'],
  ['IsSuccess',          'boolean',  'Whether the operation succeeded', 'true', { notebook: false }],
  ['ArtifactId',         'string',   'Id of the item acted on', '00000000-0000-4000-8000-0000000000e1', { notebook: false }],
  ['ArtifactName',       'string',   'Name of the item acted on', 'Margin', { notebook: false }],
  ['ArtifactKind',       'string',   'Kind of item', 'Report', { notebook: false }],
  ['DatasetId',          'string',   'Id of the semantic model', '00000000-0000-4000-8000-0000000000d1', { notebook: false }],
  ['ReportId',           'string',   'Id of the report', '00000000-0000-4000-8000-0000000000e1', { notebook: false }],
  ['SourceApi',          'string',   'Where the row came from: power-bi, fabric or workspaces', 'power-bi', { from: [], notebook: false }],
  ['AdditionalFields',   'dynamic',  'Every other property of the event under its own name', '{"SharingAction":"Direct"}', { from: [], notebook: false }],
];

export const COLUMNS: readonly Column[] = TABLE.map(
  ([name, type, meaning, example, { from = [name], notebook = true } = {}]) => ({
    name,
    type,
    from,
    notebook,
    meaning,
    example,
  }),
);
