import { CLOUDS, type Cloud } from './clouds.ts';
import type { Connection, KnownConnection } from './connection.ts';
import { GUID, type InputReader } from './reader.ts';

const DOMAIN = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i;

/** In which tenant, and as which app, the run signs in. */
export interface Identity {
  readonly tenantId: string;
  /** Undefined only with a system-assigned managed identity. */
  readonly clientId: string | undefined;
  readonly cloud: Cloud;
}

/** Reads them, or takes them from a service connection, with which what is given besides has to agree. */
export function readIdentity(read: InputReader, connection: Connection | undefined): Identity {
  const isTenant = (text: string) => (GUID.test(text) || DOMAIN.test(text) ? text : undefined);
  const isApp = (text: string) => (GUID.test(text) ? text : undefined);
  const tenant = ['tenant-id', 'a tenant GUID or a verified domain name', isTenant] as const;
  const tenantId = connection === undefined ? read.matching(...tenant) : read.optional(...tenant);
  const clientId = read.optional('client-id', 'an application (client) id, a GUID', isApp);
  const cloud = read.oneOf('cloud', Object.keys(CLOUDS) as Cloud[], 'public');
  if (connection === undefined) return { tenantId: tenantId ?? '', clientId, cloud };
  if (!('signIn' in connection)) {
    read.fault('azure-subscription', connection.expected, connection.got);
    return { tenantId: tenantId ?? '', clientId, cloud };
  }
  return agreed(read, { tenantId: tenantId ?? '', clientId, cloud }, connection);
}

function agreed(read: InputReader, given: Identity, connection: KnownConnection): Identity {
  const { tenantId, clientId, cloud } = given;
  const { clouds, environment } = connection;
  // A domain name cannot be compared with an id: Entra refuses where it is another tenant's.
  if (GUID.test(tenantId) && !same(tenantId, connection.tenantId))
    read.fault('tenant-id', OF_CONNECTION, `"${tenantId}"`);
  if (clouds.length > 0 && !clouds.includes(cloud)) {
    const fitting = clouds.map((one) => `"${one}"`).join(' or ');
    read.fault('cloud', `${fitting}, as the service connection is of ${environment}`, `"${cloud}"`);
  }
  // The identity opens the vault, and the app is the one whose secret lies there.
  const isAnotherApp = connection.signIn.by === 'managed-identity' && read.given('key-vault-url');
  const tenant = tenantId === '' ? connection.tenantId : tenantId;
  if (isAnotherApp) return { ...given, tenantId: tenant };
  if (clientId !== undefined && !same(clientId, connection.clientId ?? ''))
    read.fault('client-id', OF_CONNECTION, `"${clientId}"`);
  return { tenantId: tenant, clientId: connection.clientId, cloud };
}

const OF_CONNECTION = 'nothing, or the id that the service connection has';

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
