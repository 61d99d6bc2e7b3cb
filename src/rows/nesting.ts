import type { ActivityEvent } from './event.ts';

/**
 * Uses an event as it is, or, where it nests deeper than JSON can be written again (it is read to any depth), with such
 * properties cut.
 * @param onCut told where they were cut
 */
export function withoutDepth<T>(
  event: ActivityEvent,
  use: (event: ActivityEvent) => T,
  onCut?: () => void,
): T {
  try {
    return use(event);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    onCut?.();
    return use(flat(event));
  }
}

function flat(event: ActivityEvent): ActivityEvent {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [name, isWritable(value) ? value : '…[cut]']),
  );
}

function isWritable(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
