/** The ways to sign in, set up on both sides: in the emulated tenant, and in what the step is given. */
import { generate } from 'selfsigned';
import type { Emulator, Service } from '../../emulator/server.ts';
import type { WholeRun } from './invariants.ts';
import { asking, NO_ID_TOKEN, wholeHours, wholeRun } from './whole-run.ts';

export const RANGE = wholeHours(2);
export const SECRET = 'synthetic-client-secret';
export const VAULT = {
  'key-vault-url': 'https://activity-test.vault.azure.net/',
  'key-vault-secret-name': 'activity-client-secret',
};
export type Counts = Partial<Record<Service, number>>;

export interface Setting {
  readonly inputs?: Record<string, string>;
  readonly env?: Record<string, string>;
}

export interface Way {
  readonly real?: true;
  readonly inputs?: Record<string, string>;
  /** Inputs and environment that only the running emulator knows. */
  readonly setUp?: (emulator: Emulator) => Promise<Setting> | Setting;
}

export async function withCertificate(emulator: Emulator): Promise<Setting> {
  const made = await generate([{ name: 'commonName', value: 'activity' }], { keyType: 'rsa', keySize: 2048 });
  emulator.configure.certificates.push(made.cert);
  return { inputs: { 'client-certificate': `${made.private}\n${made.cert}` }, env: NO_ID_TOKEN };
}

/** As pasted into a field of one line. */
export function userAssigned({ configure, imdsEnv }: Emulator): Setting {
  configure.systemAssignedIdentity = false;
  return { env: { ...NO_ID_TOKEN, ...imdsEnv } };
}

export function systemAssigned({ configure, imdsEnv }: Emulator): Setting {
  configure.userAssignedIdentities = [];
  return { env: { ...NO_ID_TOKEN, ...imdsEnv } };
}

/** Requests of the sign-in, by service. */
export function signInRequests(emulator: Emulator): Counts {
  const services: Service[] = ['oidc', 'entra', 'imds', 'vault'];
  const counts = services.map((service): [Service, number] => [service, emulator.requestsTo(service).length]);
  return Object.fromEntries(counts.filter(([, requests]) => requests > 0));
}

export async function signIn(emulator: Emulator, way: Way): Promise<WholeRun> {
  const { inputs = {}, env = {} } = (await way.setUp?.(emulator)) ?? {};
  return wholeRun(emulator, {
    real: way.real ?? false,
    inputs: { ...asking(RANGE), ...way.inputs, ...inputs },
    env,
  });
}
