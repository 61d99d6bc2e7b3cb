import { ActionError } from '../errors.ts';
import { DAY, HOUR } from '../time/clock.ts';
import { cannotKeepUp, lengthOf, REQUESTS_AN_HOUR, remainingOf } from './budget.ts';
import { afterRefusals, describe, type Tally } from './run-record.ts';

/** Draws the conclusions that need the whole picture: faults and warnings that no single stage can tell. */
export function conclude(tally: Tally): void {
  const endedEarly = tally.errors.size > 0 || tally.outOfTime !== undefined;
  if (tally.outOfTime !== undefined) endEarly(tally, tally.outOfTime);
  // A source that refuses says itself how much is missing.
  if (tally.missing.length > 0 && !tally.errors.has('source-refused')) failMissing(tally);
  if (tally.refusedRows > 0) {
    tally.fail(
      new ActionError(
        'rows-refused',
        `${tally.refusedRows} rows were refused one by one with HTTP 400 or 413`,
      ),
    );
  }
  if (tally.failed > tally.refusedRows && !endedEarly) {
    tally.fail(
      new ActionError('uploads-failed', `${tally.failed - tally.refusedRows} rows were not acknowledged`),
    );
  }
  if (tally.agedOut.length > 0) {
    const hours = tally.agedOut.reduce((sum, part) => sum + (part.end - part.start), 0) / HOUR;
    tally.warn(
      'aged-out',
      `Lost: ${round(hours)} h of the window had left the 28 days that the service keeps before they could be asked for.`,
    );
  }
  if (tally.quietHours.length > 0) {
    const named = tally.quietHours.slice(0, 5).map((hour) => describe({ start: hour, end: hour + HOUR }));
    tally.warn('quiet', `No event in ${named.join(', ')} (UTC), where there usually are some.`);
  }
  if (!tally.ownStart && cannotKeepUp(tally.sourceRequests - tally.caughtUpHours, interval(tally))) {
    tally.warn(
      'budget',
      `This run needed ${tally.sourceRequests} source requests, more than the ${REQUESTS_AN_HOUR} an hour that the service documents leave between two runs: run less often.`,
    );
  }
  if (tally.counts.ofSettledHours > 0) {
    tally.warn(
      'settled-hours',
      `${tally.counts.ofSettledHours} events of hours that are settled were listed under other hours. They were not sent: whether they are in the table already is no longer known.`,
    );
  }
  if (tally.counts.rows > 0) {
    tally.warn(
      'cut',
      `Cut to the service's limit of 64 KiB: ${tally.counts.values} value(s) in ${tally.counts.rows} row(s).`,
    );
  }
  if (tally.unreadable.length > 0) {
    const named = tally.unreadable.slice(0, 10).map(({ id, why }) => `${id} (${why})`);
    const more = tally.unreadable.length > 10 ? ` and ${tally.unreadable.length - 10} more` : '';
    tally.warn('unreadable-workspaces', `Workspaces that could not be read: ${named.join(', ')}${more}.`);
  }
  const { window } = tally;
  const quiet =
    tally.collectedWhole && tally.counts.collected === 0 && tally.settledWanted === 0 && window !== undefined;
  if (quiet && window.end - window.start >= DAY) {
    tally.warn(
      'no-events',
      "Not a single event in 24 hours or more: unusual for a tenant in use. Check the filters and the app's access.",
    );
  }
}

function interval(tally: Tally): number | undefined {
  return tally.lastRunAt === undefined ? undefined : tally.startedAt - tally.lastRunAt;
}

function endEarly(tally: Tally, why: string): void {
  const left = remainingOf(tally.hoursPlanned, tally.hoursDone, tally.sourceRequests);
  const hours =
    left.hours === 0
      ? 'all hours were collected, but not every row was acknowledged'
      : `${left.hours} of ${tally.hoursPlanned} hours are left, about ${left.requests} requests or ${lengthOf(left.ms)} at ${REQUESTS_AN_HOUR} requests an hour`;
  const detail = `${why}; ${hours}`;
  if (!tally.carriesOn || tally.source === 'workspaces') tally.fail(new ActionError('out-of-time', detail));
  else tally.warn('incomplete', `Out of time: ${detail}. The next run goes on from here.`);
}

function failMissing(tally: Tally): void {
  const named = tally.missing.slice(0, 5).map(({ window, why }) => `${describe(window)} (${why})`);
  const more = tally.missing.length > 5 ? ` and ${tally.missing.length - 5} more` : '';
  const list = `${named.join(', ')}${more}`;
  const nothing =
    tally.counts.collected === 0 &&
    tally.hoursDone >= tally.hoursPlanned &&
    tally.missing.every(({ why }) => !/^HTTP 4/.test(why)) &&
    !tally.anyHourWhole;
  tally.fail(afterRefusals(nothing ? 'source-unreachable' : 'hours-missing', list, tally));
}

function round(value: number): string {
  return (Math.round(value * 10) / 10).toString();
}
