import { inflated, type Stretch } from '../files/gzip-members.ts';
import { type EventKey, keyOf } from '../rows/event-key.ts';
import { parseExactly } from '../rows/exact-json.ts';
import { parseInstant } from '../time/instant.ts';
import { hourOf } from '../time/window.ts';
import { eventKey } from './rejected-file.ts';

const LF = 0x0a;

/** The lines of a gzip file that can be read, without those that are empty. */
export async function* linesOf(path: string, stretches: readonly Stretch[]): AsyncGenerator<string, void> {
  let begun: Buffer[] = [];
  let end = 0;
  for (const stretch of stretches) {
    if (stretch.kind !== 'whole') continue;
    // A line that ends in what cannot be read does not go on behind it.
    if (stretch.start !== end) yield* rest(begun.splice(0));
    end = stretch.end;
    for await (const chunk of inflated(path, stretch)) {
      let from = 0;
      // Lines end with a line feed and nothing else: JSON may hold what node:readline takes for an end as well.
      for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, from)) {
        yield* rest([...begun, chunk.subarray(from, at)]);
        begun = [];
        from = at + 1;
      }
      begun.push(chunk.subarray(from));
    }
  }
  yield* rest(begun);
}

function* rest(parts: readonly Buffer[]): Generator<string, void> {
  const line = Buffer.concat(parts).toString('utf8');
  if (line !== '') yield line;
}

/** The row of a line and the event that it stands for, or undefined where the line holds none. */
export function rowOf(text: string): { row: Record<string, unknown>; key: EventKey } | undefined {
  try {
    const line = parseExactly(text) as { row?: unknown; event?: unknown; recorded?: unknown };
    if (typeof line.row !== 'object' || line.row === null || Array.isArray(line.row)) return undefined;
    const row = line.row as Record<string, unknown>;
    const time = row.CreationTime ?? row.TimeGenerated;
    const hour = hourOf((typeof time === 'string' ? parseInstant(time) : undefined) ?? 0);
    const key = eventKey(line.event) ?? keyOf({ ...row, Id: row.ActivityId }, hour);
    return { row, key: line.recorded === true ? { ...key, recorded: true } : key };
  } catch {
    return undefined;
  }
}
