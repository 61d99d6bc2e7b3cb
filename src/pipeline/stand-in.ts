import { ActionError, FAULTS } from '../errors.ts';
import { FABRIC_SCOPE } from '../inputs/clouds.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { afterRefusals, isRefusal } from '../report/conclusions.ts';
import type { Collected } from '../report/run-record.ts';
import type { ActivityEvent } from '../rows/event.ts';
import { linkTo, type SourceServices } from '../sources/open.ts';
import { type WorkspaceResult, workspaceRecords } from '../sources/workspaces.ts';
import type { Window } from '../time/window.ts';

/**
 * Workspace records, asked for or in place of an activity log that is not accessible.
 * @throws ActionError 'workspaces-refused' or 'source-unreachable' where not a single one can be had
 */
export async function* standIn(
  { source, fabricUrl, workspaceIds, concurrency }: Inputs,
  services: SourceServices,
  collected: Collected,
): AsyncGenerator<{ readonly window: Window; readonly events: Iterable<ActivityEvent> }, void> {
  const link = linkTo(services, 'Fabric', FABRIC_SCOPE);
  const now = services.time.now();
  let readable = 0;
  let refused = 0;
  const results = workspaceRecords(fabricUrl ?? '', workspaceIds, link, concurrency);
  for await (const result of withRefusals(results, collected.refusals)) {
    if ('record' in result) {
      readable += 1;
      collected.fallbackUsed = source === 'auto';
      yield { window: { start: now, end: now }, events: [result.record] };
    } else {
      if (isRefusal(result.status)) refused += 1;
      collected.unreadable.push({ id: result.unreadable, why: result.why });
    }
  }
  if (readable === 0) {
    const why = collected.unreadable[0]?.why ?? 'the list is empty';
    // No source is left: every refusal on the way names its remedy.
    const isRefused = collected.unreadable.length === 0 || refused > 0;
    const code = isRefused ? 'workspaces-refused' : 'source-unreachable';
    throw afterRefusals(code, `no workspace could be read (${why})`, collected.refusals);
  }
  const what = collected.fallbackUsed
    ? 'No activity log was accessible, and workspace records stand in'
    : 'Workspace records were collected';
  const remedy = collected.fallbackUsed ? ` ${FAULTS['source-refused'].remedy}` : '';
  const text = `${what}: they say that the app could read a workspace, not that anybody used it. No hour counts as collected.${remedy}`;
  collected.notices.push({ code: 'fallback', text });
}

/** A list of workspaces that cannot be had is not the whole story where another source had refused before. */
async function* withRefusals(
  results: AsyncGenerator<WorkspaceResult, void>,
  refusals: readonly string[],
): AsyncGenerator<WorkspaceResult, void> {
  try {
    yield* results;
  } catch (error) {
    throw error instanceof ActionError ? afterRefusals(error.code, error.parts, refusals) : error;
  }
}
