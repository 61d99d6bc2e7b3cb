import { randomBytes } from 'node:crypto';

/**
 * New x-ms-client-request-id: a GUID (version 8) whose first 12 digits are the workflow run's id in hexadecimal, so
 * that DCRLogErrors.ClientRequestId tells which run sent a batch.
 */
export function newRequestId(runId: number): string {
  const run = runId.toString(16).padStart(12, '0').slice(-12);
  const random = randomBytes(10).toString('hex');
  const variant = '89ab'[Number.parseInt(random.slice(3, 4), 16) % 4];
  return `${run.slice(0, 8)}-${run.slice(8)}-8${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}
