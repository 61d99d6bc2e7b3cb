import type { Batch } from './batch.ts';

/**
 * What became of a batch: acknowledged, rejected for good, not delivered, or not sent in a dry run. A batch that is
 * halved has no delivery of its own, its parts have.
 */
export interface Delivery {
  readonly status: 'delivered' | 'rejected' | 'failed' | 'dry-run';
  readonly batch: Batch;
  /** Of the gzipped body. */
  readonly wireBytes: number;
  readonly requestId: string;
  /** Status and code of a refusal, or what failed. */
  readonly why: string;
}

/** A destination that accepts everything, and sends nothing: a dry run. */
export async function* acceptAll(batches: AsyncIterable<Batch>): AsyncGenerator<Delivery, void> {
  for await (const batch of batches) {
    yield { status: 'dry-run', batch, wireBytes: 0, requestId: '', why: '' };
  }
}
