/** An emulator at a fixed time, and raw requests to it: it is the judge of the action, so its own strictness is proved by these. */
import { existsSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { afterAll, expect } from '@jest/globals';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../emulator/server.ts';

export const HOUR = 3_600_000;
export const NOW = Date.parse('2026-11-20T12:34:56Z');
export const POWER_BI = 'https://analysis.windows.net/powerbi/api';
export const MONITOR = 'https://monitor.azure.com';
export const FABRIC = 'https://api.fabric.microsoft.com';
export const VAULT = 'https://vault.azure.net';
export const TENANT = '00000000-0000-4000-8000-0000000000aa';
export const CLIENT = '00000000-0000-4000-8000-0000000000a1';
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const TOKEN_PATH = `/${TENANT}/oauth2/v2.0/token`;
export const LOG_PATH = '/v1.0/myorg/admin/activityevents';
export const RULE = 'dcr-00000000000000000000000000000000';
export const STREAM = 'Custom-FabricUserActivity_CL';
export const UPLOAD_PATH = `/dataCollectionRules/${RULE}/streams/${STREAM}?api-version=2023-01-01`;

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** The real host name to speak to. */
  host?: string;
}

const started: Emulator[] = [];

/** An emulator whose clock stands still, unless told otherwise. */
export async function emulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const one = await startEmulator({ now: () => NOW, ...options });
  started.push(one);
  return one;
}

/** Ends the emulators of a test file after its last test, and sees to it that their files are gone. */
export function closeEmulatorsAtEnd(): void {
  afterAll(async () => {
    await Promise.all(started.map((one) => one.close()));
    expect(started.filter((one) => existsSync(one.caFile))).toEqual([]);
  });
}

/** One request over TLS, without a library that could put things right. */
export function ask(
  target: Emulator,
  path: string,
  { method = 'GET', headers = {}, body, host }: Sent = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const named = host === undefined ? {} : { host: '127.0.0.1', servername: host };
    const hostHeader: Record<string, string> = host === undefined ? {} : { host };
    const options = { ca: target.ca, port: target.port, path, method, agent: false, ...named };
    const sent = httpsRequest({ ...options, headers: { ...hostHeader, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export function bearer(target: Emulator, resource: string): Record<string, string> {
  return { authorization: `Bearer ${target.accessToken(resource)}` };
}
