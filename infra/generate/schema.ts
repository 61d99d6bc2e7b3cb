import { COLUMNS, type Column, type ColumnType } from '../../src/rows/columns.ts';

export const TABLE = 'FabricUserActivity_CL';

/** Streams that are sent to, and output streams of custom tables, begin with Custom-. */
export const STREAM = `Custom-${TABLE}`;

/**
 * Type names of a stream's and a table's columns:
 * https://learn.microsoft.com/en-us/azure/azure-monitor/data-collection/data-collection-rule-structure
 * https://learn.microsoft.com/en-us/azure/azure-monitor/logs/create-custom-table
 */
const ARM_TYPES: Readonly<Record<ColumnType, string>> = {
  boolean: 'boolean',
  datetime: 'datetime',
  dynamic: 'dynamic',
  string: 'string',
};

/** The Kusto query language calls a boolean bool. */
const KQL_TYPES: Readonly<Record<ColumnType, string>> = { ...ARM_TYPES, boolean: 'bool' };

/** Columns that every table of a workspace has and nobody declares. */
const STANDARD_COLUMNS =
  'TenantId: string, Type: string, SourceSystem: string, _ResourceId: string, _SubscriptionId: string, ' +
  '_ItemId: string, _TimeReceived: datetime, _BilledSize: real, _IsBillable: string';

/** The columns with TimeGenerated first, as people expect to read a table. */
export function orderedColumns(): readonly Column[] {
  const time = COLUMNS.filter(({ name }) => name === 'TimeGenerated');
  return [...time, ...COLUMNS.filter(({ name }) => name !== 'TimeGenerated')];
}

export function streamColumns(): { name: string; type: string }[] {
  return orderedColumns().map(({ name, type }) => ({ name, type: ARM_TYPES[type] }));
}

export function tableColumns(): { name: string; type: string; description: string }[] {
  return orderedColumns().map(({ name, type, meaning }) => ({
    name,
    type: ARM_TYPES[type],
    description: meaning,
  }));
}

/** Tables that the queries may read, as the language service wants their schema. */
export function kqlTables(): Readonly<Record<string, string>> {
  const columns = orderedColumns().map(({ name, type }) => `${name}: ${KQL_TYPES[type]}`);
  return {
    [TABLE]: `(${columns.join(', ')}, ${STANDARD_COLUMNS})`,
    // https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/dcrlogerrors
    DCRLogErrors: `(TimeGenerated: datetime, ClientRequestId: string, CorrelationId: string, InputStreamId: string, Message: string, OperationName: string, ${STANDARD_COLUMNS})`,
  };
}
