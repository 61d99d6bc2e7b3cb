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

const column = (
  name: string,
  type: ColumnType,
  from: readonly string[],
  notebook: boolean,
  meaning: string,
  example: string,
): Column => ({ name, type, from, notebook, meaning, example });

/**
 * Field names and meanings: https://learn.microsoft.com/en-us/rest/api/power-bi/admin/get-activity-events and
 * https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema
 * RecordType and UserType are numbers in activity events and words in workspace records; both fit a string.
 */
export const COLUMNS: readonly Column[] = [
  column(
    'TimeGenerated',
    'datetime',
    [],
    true,
    'CreationTime as UTC; the service replaces it by the time of arrival when it is more than two days old',
    '2026-11-20T07:55:15Z',
  ),
  column(
    'ActivityId',
    'string',
    ['Id'],
    true,
    "The event's unique id, its property Id",
    '00000000-0000-4000-8000-000000000001',
  ),
  column(
    'RecordType',
    'string',
    ['RecordType'],
    true,
    'Kind of audit record: 20 is Power BI, WorkspaceAccess a workspace record',
    '20',
  ),
  column(
    'CreationTime',
    'datetime',
    ['CreationTime'],
    true,
    'When it happened, UTC: the time to query by',
    '2026-11-20T07:55:15',
  ),
  column('Operation', 'string', ['Operation'], true, 'Name of the operation', 'ViewReport'),
  column(
    'OrganizationId',
    'string',
    ['OrganizationId'],
    true,
    'Id of the Entra tenant',
    '00000000-0000-4000-8000-0000000000aa',
  ),
  column(
    'UserType',
    'string',
    ['UserType'],
    true,
    'Kind of user: 0 regular, 2 admin, 5 application, 6 service principal, 10 guest',
    '0',
  ),
  column('UserKey', 'string', ['UserKey'], true, "The user's PUID or another key", '100SYNTH0001'),
  column('Workload', 'string', ['Workload'], true, 'Service that wrote the event', 'PowerBI'),
  column(
    'UserId',
    'string',
    ['UserId'],
    true,
    'User principal name, or the id of an app or service',
    'ana@example.test',
  ),
  column(
    'ClientIP',
    'string',
    ['ClientIP'],
    true,
    'Address that the user came from, IPv4 or IPv6',
    '203.0.113.7',
  ),
  column('UserAgent', 'string', ['UserAgent'], true, 'Browser or client', 'SyntheticAgent/1.0'),
  column(
    'Activity',
    'string',
    ['Activity'],
    true,
    'Name of the activity, normally the same as Operation',
    'ViewReport',
  ),
  column(
    'ActivityType',
    'string',
    ['ActivityType'],
    true,
    'Kind of activity, where the source names one',
    'WorkspaceViewed',
  ),
  column('ItemName', 'string', ['ItemName'], true, 'Name of the item acted on', 'Margin'),
  column(
    'WorkspaceId',
    'string',
    ['WorkspaceId'],
    true,
    'Id of the workspace',
    '00000000-0000-4000-8000-0000000000b1',
  ),
  column(
    'WorkspaceName',
    'string',
    ['WorkSpaceName', 'WorkspaceName'],
    true,
    'Name of the workspace',
    'Sales',
  ),
  column(
    'CapacityId',
    'string',
    ['CapacityId'],
    true,
    'Id of the capacity',
    '00000000-0000-4000-8000-0000000000c1',
  ),
  column('CapacityName', 'string', ['CapacityName'], true, 'Name of the capacity', 'F2 test'),
  column('AppName', 'string', ['AppName'], true, 'Name of the Power BI app', 'Sales app'),
  column(
    'ObjectId',
    'string',
    ['ObjectId'],
    true,
    'The object acted on: an id, or the name of an item',
    'Margin',
  ),
  column('DatasetName', 'string', ['DatasetName'], true, 'Name of the semantic model', 'Sales model'),
  column('ReportName', 'string', ['ReportName'], true, 'Name of the report', 'Margin'),
  column('ReportType', 'string', ['ReportType'], true, 'Kind of report', 'PowerBIReport'),
  column(
    'RequestId',
    'string',
    ['RequestId'],
    true,
    'Id of the request behind the event',
    '00000000-0000-4000-8000-0000000000f1',
  ),
  column(
    'AppReportId',
    'string',
    ['AppReportId'],
    true,
    'Id of the report within an app',
    '00000000-0000-4000-8000-0000000000e2',
  ),
  column(
    'DistributionMethod',
    'string',
    ['DistributionMethod'],
    true,
    'How the report reached the user',
    'Apps',
  ),
  column(
    'ConsumptionMethod',
    'string',
    ['ConsumptionMethod'],
    true,
    'Where the user read it',
    'Power BI Web',
  ),
  column('IsSuccess', 'boolean', ['IsSuccess'], false, 'Whether the operation succeeded', 'true'),
  column(
    'ArtifactId',
    'string',
    ['ArtifactId'],
    false,
    'Id of the item acted on',
    '00000000-0000-4000-8000-0000000000e1',
  ),
  column('ArtifactName', 'string', ['ArtifactName'], false, 'Name of the item acted on', 'Margin'),
  column('ArtifactKind', 'string', ['ArtifactKind'], false, 'Kind of item', 'Report'),
  column(
    'DatasetId',
    'string',
    ['DatasetId'],
    false,
    'Id of the semantic model',
    '00000000-0000-4000-8000-0000000000d1',
  ),
  column(
    'ReportId',
    'string',
    ['ReportId'],
    false,
    'Id of the report',
    '00000000-0000-4000-8000-0000000000e1',
  ),
  column(
    'SourceApi',
    'string',
    [],
    false,
    'Where the row came from: power-bi, fabric or workspaces',
    'power-bi',
  ),
  column(
    'AdditionalFields',
    'dynamic',
    [],
    false,
    'Every other property of the event under its own name',
    '{"SharingAction":"Direct"}',
  ),
];
