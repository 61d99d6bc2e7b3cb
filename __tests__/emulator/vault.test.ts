import { describe, expect, it } from '@jest/globals';
import { ask, bearer, closeEmulatorsAtEnd, emulator, TENANT, VAULT } from '../support/raw-requests.ts';

closeEmulatorsAtEnd();

describe('Key Vault', () => {
  it('challenges, and gives secrets to those who may have them', async () => {
    const target = await emulator();
    const host = 'activity.vault.azure.net';
    const path = '/secrets/activity-client-secret/?api-version=7.4';
    const challenged = await ask(target, path, { host });
    expect(challenged.status).toBe(401);
    const authority = `https://login.microsoftonline.com/${TENANT}`;
    const challenge = `Bearer authorization="${authority}", resource="${VAULT}"`;
    expect(challenged.headers['www-authenticate']).toBe(challenge);
    const headers = bearer(target, VAULT);
    const given = await ask(target, path, { host, headers });
    expect(JSON.parse(given.text)).toMatchObject({
      value: 'synthetic-client-secret',
      attributes: { enabled: true },
    });
    const missing = await ask(target, '/secrets/none?api-version=7.4', { host, headers });
    expect([missing.status, missing.text.includes('SecretNotFound')]).toEqual([404, true]);
    target.configure.vaultAllowed = false;
    expect((await ask(target, path, { host, headers })).status).toBe(403);
  });
});
