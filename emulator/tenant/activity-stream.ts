import { COLUMNS } from '../../src/rows/columns.ts';
import type { StreamDeclaration } from './stream.ts';

/** The stream as the template declares it, so that the table can be queried. */
export const ACTIVITY_STREAM: StreamDeclaration = {
  name: 'Custom-FabricUserActivity_CL',
  columns: Object.fromEntries(COLUMNS.map(({ name, type }) => [name, type])),
};
