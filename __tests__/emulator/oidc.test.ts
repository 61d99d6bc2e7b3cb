import { describe, expect, it } from '@jest/globals';
import { ask, closeEmulatorsAtEnd, emulator } from '../support/raw-requests.ts';
import { withIdToken } from '../support/raw-sign-in.ts';

closeEmulatorsAtEnd();

describe('GitHub OIDC', () => {
  it('issues five-minute tokens to the bearer of the request token', async () => {
    const target = await emulator();
    const path = `${new URL(target.env.ACTIONS_ID_TOKEN_REQUEST_URL ?? '').pathname}?api-version=2.0`;
    const headers = { authorization: `bearer ${target.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` };
    const { text } = await ask(target, `${path}&audience=api://AzureADTokenExchange`, { headers });
    const { value } = JSON.parse(text) as { value: string };
    const claims = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      number
    >;
    expect(claims).toMatchObject({ iss: target.configure.oidcIssuer, aud: 'api://AzureADTokenExchange' });
    expect([(claims.exp ?? 0) - (claims.iat ?? 0), (claims.iat ?? 0) - (claims.nbf ?? 0)]).toEqual([
      300, 600,
    ]);
    expect((await withIdToken(target, value)).status).toBe(200);
    expect((await ask(target, path, { headers })).status).toBe(400);
    expect(
      (await ask(target, `${path}&audience=a`, { headers: { authorization: 'bearer no' } })).status,
    ).toBe(401);
  });
});
