import { createHash } from 'node:crypto';
import type { Inputs } from '../inputs.ts';

/** What decides which events a run is about, as a hash: progress of one configuration means nothing to another. */
export function fingerprintOf(inputs: Inputs): string {
  const { tenantId, cloud, source, activity, userId, workspaceIds, dcrImmutableId, streamName } = inputs;
  const parts = [
    tenantId.toLowerCase(),
    cloud,
    source,
    activity?.toLowerCase() ?? '',
    userId?.toLowerCase() ?? '',
    [...workspaceIds].sort().join(','),
    dcrImmutableId.toLowerCase(),
    streamName,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
