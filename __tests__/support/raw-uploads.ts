/** Uploads by raw requests. */
import type { Emulator } from '../../emulator/server.ts';
import { ask, bearer, MONITOR, type Reply, type Sent, UPLOAD_PATH } from './raw-requests.ts';

export function upload(
  target: Emulator,
  body: string | Buffer,
  sent: Sent & { path?: string } = {},
): Promise<Reply> {
  const headers = { 'content-type': 'application/json', ...bearer(target, MONITOR), ...sent.headers };
  return ask(target, sent.path ?? UPLOAD_PATH, { method: 'POST', body, ...sent, headers });
}
