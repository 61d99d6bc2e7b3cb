import type { Delivery } from '../destination/delivery.ts';
import type { ActionError } from '../errors.ts';

/** One upload in the batch summary, in the words of the output. */
export interface BatchEntry {
  readonly batch: number;
  readonly rows: number;
  readonly bytes: number;
  readonly wireBytes: number;
  readonly status: 'sent' | 'refused' | 'failed' | 'dry-run';
  readonly requestId: string;
}

/** First entries kept of the batch summary, so that the output stays far below GitHub's megabyte. */
export const BATCH_ENTRIES = 500;
/** Refused batches that are shown. */
export const REFUSED_ENTRIES = 50;

const STATUS_WORDS = {
  delivered: 'sent',
  rejected: 'refused',
  failed: 'failed',
  'dry-run': 'dry-run',
} as const satisfies Record<Delivery['status'], BatchEntry['status']>;

/** What became of the rows. Written by the stage that delivers, and by nothing else. */
export interface Delivered {
  /** Acknowledged. */
  rows: number;
  /** Rejected for good. */
  rejectedRows: number;
  batches: number;
  batchesSent: number;
  batchesFailed: number;
  /** On the wire. */
  bytes: number;
  /** The first of the batches. */
  readonly entries: BatchEntry[];
  /** The first of the refused ones. */
  readonly refused: BatchEntry[];
  readonly faults: ActionError[];
}

export function nothingDelivered(): Delivered {
  return {
    rows: 0,
    rejectedRows: 0,
    batches: 0,
    batchesSent: 0,
    batchesFailed: 0,
    bytes: 0,
    entries: [],
    refused: [],
    faults: [],
  };
}

/** Counts a delivery. */
export function addDelivery(delivered: Delivered, delivery: Omit<Delivery, 'why'>): void {
  const { status, batch, wireBytes, requestId } = delivery;
  const rows = batch.keys.length;
  delivered.batches += 1;
  if (status === 'delivered') {
    delivered.rows += rows;
    delivered.batchesSent += 1;
    delivered.bytes += wireBytes;
  } else if (status !== 'dry-run') {
    delivered.batchesFailed += 1;
    if (status === 'rejected') delivered.rejectedRows += rows;
  }
  const bytes = batch.body.length;
  const word = STATUS_WORDS[status];
  const entry = { batch: delivered.batches, rows, bytes, wireBytes, status: word, requestId };
  if (delivered.entries.length < BATCH_ENTRIES) delivered.entries.push(entry);
  if (status === 'rejected' && delivered.refused.length < REFUSED_ENTRIES) delivered.refused.push(entry);
}
