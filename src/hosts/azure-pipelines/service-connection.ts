import type { Cloud } from '../../inputs/clouds.ts';
import type { Connection, KnownConnection } from '../../inputs/connection.ts';
import { GUID, quoted } from '../../inputs/reader.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A connection by what the agent puts into the environment for it. Names are compared without regard to case. */
class Endpoint {
  readonly #values: ReadonlyMap<string, string>;
  readonly #id: string;

  constructor(env: Environment, id: string) {
    const set = Object.entries(env).map(([name, value = '']) => [name.toUpperCase(), value.trim()] as const);
    this.#values = new Map(set);
    this.#id = id.toUpperCase();
  }

  get scheme(): string {
    return this.#value(`ENDPOINT_AUTH_SCHEME_${this.#id}`);
  }

  parameter(name: string): string {
    return this.#value(`ENDPOINT_AUTH_PARAMETER_${this.#id}_${name}`);
  }

  data(name: string): string {
    return this.#value(`ENDPOINT_DATA_${this.#id}_${name}`);
  }

  #value(name: string): string {
    return this.#values.get(name) ?? '';
  }
}

/**
 * The clouds that an environment can be: it can't tell a GCC tenant from a public one, nor GCC High from DoD.
 * (https://learn.microsoft.com/en-us/azure/devops/pipelines/library/azure-resource-manager-alternate-approaches)
 */
const CLOUDS_OF: Readonly<Record<string, readonly Cloud[]>> = {
  azurecloud: ['public', 'gcc'],
  azureusgovernment: ['gcc-high', 'dod'],
  azurechinacloud: ['china'],
};

const EXPECTED =
  'an Azure Resource Manager service connection with workload identity federation, a service principal or a managed identity';

/** @param id what the agent makes of the connection's name */
export function readConnection(env: Environment, id: string): Connection {
  const endpoint = new Endpoint(env, id);
  const { scheme } = endpoint;
  if (scheme === '') return { expected: EXPECTED, got: 'one that the agent does not know in this job' };
  const signIn = signInOf(endpoint);
  if (signIn === undefined) return { expected: EXPECTED, got: `one of the scheme ${quoted(scheme)}` };
  if (typeof signIn === 'string')
    return { expected: EXPECTED, got: `one of the scheme ${quoted(scheme)} without ${signIn}` };
  const isIdentity = signIn.by === 'managed-identity';
  const tenantId = endpoint.parameter('TENANTID');
  const clientId = isIdentity ? endpoint.data('MSICLIENTID') : endpoint.parameter('SERVICEPRINCIPALID');
  if (!GUID.test(tenantId)) return { expected: EXPECTED, got: 'one without a tenant id' };
  if (!GUID.test(clientId) && !(isIdentity && clientId === ''))
    return { expected: EXPECTED, got: 'one without an application (client) id' };
  const environment = endpoint.data('ENVIRONMENT');
  const clouds = CLOUDS_OF[environment.toLowerCase()] ?? [];
  return { tenantId, clientId: clientId === '' ? undefined : clientId, signIn, clouds, environment };
}

/** Everything in the connections and the job that must not be seen. */
export function connectionSecrets(env: Environment): string[] {
  return Object.entries(env).flatMap(([name, value = '']) =>
    /^ENDPOINT_AUTH_PARAMETER_.*_(?:SERVICEPRINCIPALKEY|SERVICEPRINCIPALCERTIFICATE|ACCESSTOKEN)$/i.test(name)
      ? [value]
      : [],
  );
}

/** @returns undefined for a scheme that is none of ours, or what one of ours lacks */
function signInOf(endpoint: Endpoint): KnownConnection['signIn'] | string | undefined {
  switch (endpoint.scheme.toLowerCase()) {
    case 'workloadidentityfederation':
      return { by: 'oidc' };
    case 'managedserviceidentity':
      return { by: 'managed-identity' };
    case 'serviceprincipal': {
      const type = endpoint.parameter('AUTHENTICATIONTYPE').toLowerCase();
      const pem = endpoint.parameter('SERVICEPRINCIPALCERTIFICATE');
      if (type === 'spncertificate') return pem === '' ? 'a certificate' : { by: 'certificate', pem };
      const secret = endpoint.parameter('SERVICEPRINCIPALKEY');
      return secret === '' ? 'a key' : { by: 'secret', secret };
    }
    default:
      return undefined;
  }
}
