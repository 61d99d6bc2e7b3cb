import { type Certificate, parseCertificate } from './certificate.ts';
import { vaultScope } from './clouds.ts';
import type { Connection, HostInputs } from './connection.ts';
import { type InputReader, plainHttpsUrl } from './reader.ts';

/** Ways to sign in that need nothing but themselves; each can also open a vault. */
export type DirectSignIn =
  | { readonly by: 'oidc' }
  | { readonly by: 'certificate'; readonly certificate: Certificate }
  | { readonly by: 'managed-identity'; readonly clientId: string | undefined };

export type SignIn =
  | DirectSignIn
  | { readonly by: 'secret'; readonly secret: string }
  | {
      readonly by: 'vault';
      readonly url: string;
      readonly scope: string;
      readonly secretName: string;
      readonly openedBy: DirectSignIn;
    };

/**
 * The one way to sign in that the inputs choose; where they choose none, GitHub OIDC, or a fault at a host that has no
 * identity of its own. Faults are noted in `read`.
 * @param now ms since the epoch, to tell an expired certificate
 */
export function readSignIn(
  read: InputReader,
  clientId: string | undefined,
  now: number,
  host?: HostInputs,
): SignIn {
  const connection = host?.connection;
  const secret = read.secret('client-secret');
  const pem = read.secret('client-certificate');
  const managedIdentity = read.boolean('managed-identity', false);
  const vaultUrl = read.optional(
    'key-vault-url',
    'https://NAME.vault.azure.net/ (or .vault.usgovcloudapi.net, .vault.azure.cn)',
    (text) => (vaultScopeOf(text) === undefined ? undefined : new URL(text).origin),
  );
  const vaultGiven = read.given('key-vault-url');
  const secretName = read.optional(
    'key-vault-secret-name',
    'letters, digits and hyphens, up to 127',
    (text) => (/^[0-9a-z-]{1,127}$/i.test(text) ? text : undefined),
  );
  const ways = [
    connection !== undefined && 'azure-subscription',
    secret !== undefined && 'client-secret',
    pem !== undefined && 'client-certificate',
    managedIdentity && 'managed-identity',
  ].filter((way) => way !== false);

  if (ways.length === 0 && host !== undefined && !read.given('azure-subscription'))
    read.fault('azure-subscription', NO_WAY, 'nothing');
  if (ways.length > 1) read.fault(ways.join(' and '), 'at most one way to sign in', `${ways.length}`);
  if (secret !== undefined && vaultGiven) {
    read.fault('client-secret and key-vault-url', 'only one of the two', 'both');
  }
  if (vaultGiven && !read.given('key-vault-secret-name')) {
    read.fault('key-vault-secret-name', 'the name of the secret, with "key-vault-url"', 'nothing');
  }
  if (!vaultGiven && read.given('key-vault-secret-name')) {
    read.fault('key-vault-secret-name', '"key-vault-url" with it', 'it alone');
  }
  const isIdentity = managedIdentity || (connection !== undefined && byOf(connection) === 'managed-identity');
  const isNamed = read.given('client-id') || (connection !== undefined && !(isIdentity && vaultGiven));
  if (!isNamed && (!isIdentity || vaultGiven)) {
    read.fault('client-id', 'an application (client) id, a GUID', 'nothing');
  }

  const signIn =
    connection === undefined
      ? ownSignIn(read, { pem, managedIdentity, clientId: vaultGiven ? undefined : clientId }, now)
      : connectionSignIn(read, connection, now);
  if (signIn.by === 'secret') {
    if (vaultGiven)
      read.fault(
        'azure-subscription and key-vault-url',
        'a connection without a secret',
        'one with a secret',
      );
    return signIn;
  }
  if (vaultUrl !== undefined && secretName !== undefined) {
    const scope = vaultScopeOf(vaultUrl) ?? '';
    return { by: 'vault', url: vaultUrl, scope, secretName, openedBy: signIn };
  }
  return secret === undefined ? signIn : { by: 'secret', secret };
}

function ownSignIn(
  read: InputReader,
  given: { pem: string | undefined; managedIdentity: boolean; clientId: string | undefined },
  now: number,
): DirectSignIn {
  const { pem, managedIdentity, clientId } = given;
  if (pem === undefined) return managedIdentity ? { by: 'managed-identity', clientId } : { by: 'oidc' };
  const certificate = parseCertificate(pem, now);
  if (typeof certificate !== 'string') return { by: 'certificate', certificate };
  read.fault('client-certificate', 'a PEM with private key and valid certificate', certificate);
  return { by: 'oidc' };
}

function connectionSignIn(
  read: InputReader,
  connection: Connection,
  now: number,
): DirectSignIn | Extract<SignIn, { by: 'secret' }> {
  // What is wrong with a connection that cannot serve is noted where tenant and app are read.
  if (!('signIn' in connection)) return { by: 'oidc' };
  const { signIn, clientId } = connection;
  switch (signIn.by) {
    case 'oidc':
    case 'secret':
      return signIn;
    case 'managed-identity':
      return { by: 'managed-identity', clientId };
    case 'certificate': {
      const certificate = parseCertificate(signIn.pem, now);
      if (typeof certificate !== 'string') return { by: 'certificate', certificate };
      const expected = 'a connection with private key and valid certificate';
      read.fault('azure-subscription', expected, certificate);
      return { by: 'oidc' };
    }
  }
}

const NO_WAY =
  'a service connection, or one of "client-secret", "client-certificate" and "managed-identity" in its place';

function byOf(connection: Connection): string | undefined {
  return 'signIn' in connection ? connection.signIn.by : undefined;
}

function vaultScopeOf(text: string): string | undefined {
  const plain = plainHttpsUrl(text);
  const url = plain === undefined ? null : URL.parse(plain);
  return url === null || url.pathname !== '/' ? undefined : vaultScope(url.hostname);
}
