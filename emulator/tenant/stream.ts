/**
 * The types a stream may declare;
 * https://learn.microsoft.com/azure/azure-monitor/data-collection/data-collection-rule-structure
 */
export type ColumnType = 'string' | 'int' | 'long' | 'real' | 'boolean' | 'datetime' | 'dynamic';

/** Columns by name. */
export type Columns = Record<string, ColumnType>;

/** A declared stream. */
export interface StreamDeclaration {
  name: string;
  columns: Columns;
}
