import type { ActivityEvent } from './event.ts';
import { WEIGHTED } from './operations.ts';
import { mix, Random } from './random.ts';
import { TENANT_ID, tenantOf } from './tenant.ts';

/** Milliseconds of an hour, the unit by which the source pages. */
export const HOUR_MS = 3_600_000;

/**
 * The synthetic events of one UTC hour: the same for the same arguments, in no order of time, as the samples
 * of the REST reference are. CreationTime has whole seconds, and a Z only in about half of the events: the
 * reference shows it without, the guide with.
 */
export function eventsOfHour(hourStartMs: number, count: number, seed: number): ActivityEvent[] {
  const random = new Random(mix(seed, hourStartMs));
  const tenant = tenantOf(seed);
  const hour = new Date(hourStartMs).toISOString().slice(0, 14);
  const events = new Array<ActivityEvent>(count);
  for (let index = 0; index < count; index += 1) {
    const operation = random.pick(WEIGHTED);
    const user = random.popular(tenant.users);
    const report = random.popular(tenant.reports);
    const event: ActivityEvent = {
      Id: random.guid(),
      RecordType: 20,
      CreationTime: `${hour}${two(random.below(60))}:${two(random.below(60))}${random.oneIn(2) ? 'Z' : ''}`,
      Operation: operation.name,
      OrganizationId: TENANT_ID,
      UserType: user.type,
      UserKey: user.key,
      Workload: 'PowerBI',
      UserId: user.upn,
      ClientIP: random.pick(user.addresses),
      UserAgent: user.agent,
      Activity: operation.name,
    };
    for (const facet of operation.facets) facet(event, { random, tenant, user, report, hourStartMs });
    event.IsSuccess = !random.oneIn(50);
    event.RequestId = random.guid();
    event.ActivityId = random.oneIn(10) ? '00000000-0000-0000-0000-000000000000' : random.guid();
    event.RefreshEnforcementPolicy = 0;
    event.BillingType = 1;
    // The service adds properties without notice; a reader has to carry what it does not know.
    if (random.oneIn(500)) event.BrandNewProperty2027 = { revision: random.below(9), note: 'neu ✨' };
    events[index] = event;
  }
  return events;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
