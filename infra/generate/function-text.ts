import { operationLines, readOperations } from './operations.ts';
import type { Query } from './queries.ts';

const MARK = '// From here on written by npm run infra';

/** queries/FabricUserActivity.kql with its last part, the classes of operations, as the list has them. */
export function functionText(saved: Query): string {
  const lines = saved.text.trimEnd().split('\n');
  const at = lines.findIndex((line) => line.startsWith(MARK));
  if (at < 0) throw new Error(`Expected a line "${MARK}…" in ${saved.name}.kql, got none.`);
  return `${[...lines.slice(0, at + 1), ...operationLines(readOperations())].join('\n')}\n`;
}
