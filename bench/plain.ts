import { appendFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';

/** Bare HTTPS for the pipelines that the action is compared with. */
const agent = new Agent({ keepAlive: true });

export interface Setting {
  readonly url: string;
  readonly start: number;
  readonly end: number;
  readonly rule: string;
  readonly stream: string;
  readonly tenant: string;
  readonly client: string;
}

export function settingFromEnv(): Setting {
  return JSON.parse(process.env.BENCH_SETTING ?? '{}') as Setting;
}

export function request(
  url: string,
  method: string,
  headers: Record<string, string | number>,
  body?: Buffer | string,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(url, { method, headers, agent }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const content = Buffer.concat(chunks);
        if ((response.statusCode ?? 0) < 300) resolve(content);
        else reject(new Error(`HTTP ${response.statusCode} ${content.toString('utf8', 0, 200)}`));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export async function accessToken(setting: Setting, scope: string): Promise<string> {
  const form = new URLSearchParams({
    client_id: setting.client,
    client_secret: 'synthetic-client-secret',
    grant_type: 'client_credentials',
    scope,
  }).toString();
  const url = `${setting.url}/${setting.tenant}/oauth2/v2.0/token`;
  const body = await request(url, 'POST', { 'Content-Type': 'application/x-www-form-urlencoded' }, form);
  return JSON.parse(body.toString('utf8')).access_token;
}

export interface Page {
  activityEventEntities: Record<string, unknown>[];
  continuationToken: string | null;
}

export async function page(setting: Setting, token: string, hour: number, next?: string): Promise<Page> {
  const query =
    next === undefined
      ? `startDateTime='${new Date(hour).toISOString()}'&endDateTime='${new Date(hour + 3_599_999).toISOString()}'`
      : `continuationToken='${next}'`;
  const url = `${setting.url}/v1.0/myorg/admin/activityevents?${query}`;
  const body = await request(url, 'GET', { Authorization: `Bearer ${token}` });
  return JSON.parse(body.toString('utf8'));
}

/** Notes a figure where `measure` looks for outputs. */
export function noteOutput(name: string, value: number): void {
  appendFileSync(process.env.GITHUB_OUTPUT ?? '/dev/null', `${name}<<end\n${value}\nend\n`);
}

export const POWER_BI = 'https://analysis.windows.net/powerbi/api/.default';
export const MONITOR = 'https://monitor.azure.com/.default';
