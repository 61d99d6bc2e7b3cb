import type { CheckpointWriter } from '../checkpoint/writer.ts';
import type { Batch } from '../destination/batch.ts';
import type { Delivery } from '../destination/delivery.ts';
import type { RejectedFile } from '../destination/rejected-file.ts';
import type { ReplayFile } from '../destination/replay-file.ts';
import { ActionError } from '../errors.ts';
import { addDelivery, type Delivered } from '../report/delivered.ts';

export interface DeliveryOptions {
  readonly checkpoint: CheckpointWriter;
  readonly rejected: RejectedFile | undefined;
  readonly replay: ReplayFile | undefined;
  /** Whether the next run knows from a checkpoint which events were handled. */
  readonly carriesOn: boolean;
  /** Whether rows are looked for in the table: records of workspaces are not. */
  readonly isProvable: () => boolean;
  /** By the runner's clock, ms since the epoch. */
  readonly now: () => number;
  /** Takes the memory of a batch back. */
  readonly reuse: (batch: Batch) => void;
  /** Told that nothing more is to be sent. */
  readonly onStop: (reason: unknown) => void;
}

/**
 * Decides what becomes of each row: acknowledged rows and rejected ones that are kept safely count as handled; all
 * others are sent again by the next run.
 * @param delivered where it is counted
 * @throws what went wrong with the replayed file, or with the deliveries themselves, once all of them are handled
 */
export async function deliver(
  deliveries: AsyncIterable<Delivery>,
  delivered: Delivered,
  options: DeliveryOptions,
): Promise<void> {
  const { checkpoint, replay } = options;
  let failure: { readonly error: unknown } | undefined;
  for await (const delivery of deliveries) {
    const { status, batch } = delivery;
    addDelivery(delivered, delivery);
    if (status !== 'dry-run') {
      if (status === 'delivered') checkpoint.accepted();
      const outcome = keep(delivery, delivered, options);
      const isKept = outcome === 'delivered' && !options.isProvable();
      checkpoint.resolve(batch.keys, isKept ? 'kept' : outcome, delivery.requestId);
    }
    try {
      if (status === 'delivered') replay?.accepted(batch.keys);
    } catch (error) {
      failure ??= { error };
      options.onStop(error);
    }
    options.reuse(batch);
  }
  if (failure !== undefined) throw failure.error;
}

/** Keeps rejected rows. @returns failed: the rows of the delivery have to be sent again */
export function keep(
  { status, batch, why }: Delivery,
  delivered: Pick<Delivered, 'faults'>,
  options: Pick<DeliveryOptions, 'rejected' | 'carriesOn' | 'now' | 'onStop'>,
): 'delivered' | 'kept' | 'failed' {
  const { rejected, carriesOn, now } = options;
  if (status === 'delivered') return status;
  if (status === 'failed' || rejected === undefined) return 'failed';
  try {
    rejected.append(batch, why, { now: now(), recorded: carriesOn });
    return 'kept';
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    delivered.faults.push(error);
    if (error.code === 'state-locked') options.onStop(error);
    return 'failed';
  }
}
