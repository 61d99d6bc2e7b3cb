import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer } from './exchange.ts';

const compress = promisify(gzip);
const WORTH_COMPRESSING = 1024;

/** The body of an answer as parts, and what has to stand in its headers. */
export interface Prepared {
  status: number;
  headers: Record<string, string>;
  parts: readonly Buffer[];
  length: number;
}

/** Compresses an answer where wanted, and counts its bytes. */
export async function prepare(answer: Answer, useGzip: boolean): Promise<Prepared> {
  const body = answer.body ?? '';
  let parts = typeof body === 'string' ? [Buffer.from(body, 'utf8')] : Buffer.isBuffer(body) ? [body] : body;
  let length = parts.reduce((sum, part) => sum + part.length, 0);
  const headers = { ...answer.headers };
  if (useGzip && length >= WORTH_COMPRESSING) {
    parts = [await compress(Buffer.concat(parts), { level: 1 })];
    length = parts[0]?.length ?? 0;
    headers['content-encoding'] = 'gzip';
  }
  if (answer.status !== 204) headers['content-length'] = String(length);
  return { status: answer.status, headers, parts, length };
}

/** Sends a whole answer. */
export function send(response: ServerResponse, prepared: Prepared): void {
  response.writeHead(prepared.status, prepared.headers);
  for (const part of prepared.parts) if (part.length > 0) response.write(part);
  response.end();
}

/** Sends the headers of the whole answer and so many bytes of its body, then calls back. */
export function sendCut(response: ServerResponse, prepared: Prepared, bytes: number, then: () => void): void {
  response.writeHead(prepared.status, prepared.headers);
  response.flushHeaders();
  const piece = Buffer.concat(prepared.parts).subarray(0, bytes);
  if (piece.length === 0) then();
  else response.write(piece, then);
}
