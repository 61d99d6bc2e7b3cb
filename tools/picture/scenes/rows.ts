import { ActionError } from '../../../src/errors.ts';
import { MINUTE, SECOND } from '../../../src/time/clock.ts';
import type { Scene } from './scene.ts';
import { carryOn, last, runOver, send } from './synthetic-run.ts';

/** Runs whose rows were not all taken. */
export const ROWS: readonly Scene[] = [
  {
    name: 'rows-kept',
    title: 'Rows refused and kept',
    when: 'When the rule refuses single rows, with `rejected-file`: they wait in that file.',
    took: 2 * MINUTE,
    record: () => {
      const record = runOver(last(24));
      carryOn(record);
      record.files = { ...record.files, keepsRejected: true };
      send(record, { refused: 4 });
      return record;
    },
  },
  {
    name: 'rows-not-kept',
    title: 'Rows refused and not kept',
    when: 'When the rule refuses single rows, and there is no file to keep them in.',
    took: 2 * MINUTE,
    record: () => {
      const record = runOver(last(24));
      send(record, { refused: 61 });
      return record;
    },
  },
  {
    name: 'uploads-failed',
    title: 'Uploads failed',
    when: 'When Azure Monitor was not reached, or was not well, after all attempts.',
    took: 6 * MINUTE,
    record: () => {
      const record = runOver(last(24));
      carryOn(record);
      send(record, { failed: 2325 });
      return record;
    },
  },
  {
    name: 'everything-refused',
    title: 'Destination refuses everything',
    when: 'When no row at all was taken, as with a stream of another name or with other columns.',
    took: 31 * SECOND,
    record: () => {
      const record = runOver(last(24));
      send(record, { failed: 9000 });
      record.delivered.rows = 0;
      record.delivered.batchesSent = 0;
      const detail = '50 uploads refused and none accepted, the last with HTTP 400 InvalidPayload';
      record.delivered.faults.push(new ActionError('everything-refused', detail));
      return record;
    },
  },
];
