import { createHash } from 'node:crypto';
import type { Inputs } from '../inputs/inputs.ts';

/** What decides which events a run is about, as a hash: progress of one configuration means nothing to another. */
export function fingerprintOf(inputs: Inputs): string {
  return hashOf({ ...inputs, source: inputs.source === 'auto' ? 'power-bi' : inputs.source });
}

/** `auto` and `power-bi` read the same log. Until version 1.1 each had a fingerprint of its own. */
export function formerFingerprints(inputs: Inputs): string[] {
  const isOneLog = inputs.source === 'auto' || inputs.source === 'power-bi';
  return isOneLog ? [hashOf({ ...inputs, source: 'auto' })] : [];
}

function hashOf(inputs: Inputs): string {
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
