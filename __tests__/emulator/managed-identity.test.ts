import { request as httpRequest } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import {
  closeEmulatorsAtEnd,
  emulator,
  MONITOR,
  POWER_BI,
  type Reply,
  TENANT,
} from '../support/raw-requests.ts';

closeEmulatorsAtEnd();

describe('managed identity', () => {
  function get(url: string, headers: Record<string, string>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(url, { headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  it('speaks as a virtual machine and as App Service', async () => {
    const target = await emulator();
    const query = `api-version=2018-02-01&resource=${MONITOR}`;
    const imds = `${target.imdsUrl}/metadata/identity/oauth2/token?${query}`;
    const reply = await get(imds, { metadata: 'true' });
    expect(JSON.parse(reply.text)).toMatchObject({
      expires_in: '3599',
      token_type: 'Bearer',
      resource: MONITOR,
    });
    expect((await get(imds, {})).status).toBe(400);
    expect((await get(`${imds}&client_id=${TENANT}`, { metadata: 'true' })).status).toBe(400);
    const { IDENTITY_ENDPOINT = '', IDENTITY_HEADER = '' } = target.appServiceEnv;
    const app = `${IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=${POWER_BI}`;
    expect((await get(app, { 'x-identity-header': IDENTITY_HEADER })).status).toBe(200);
    expect((await get(app, {})).status).toBe(401);
  });
});
