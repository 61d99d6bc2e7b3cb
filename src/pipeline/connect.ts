import type { EntraCredential } from '../auth/credential.ts';
import { signIn } from '../auth/sign-in.ts';
import { LogsIngestion } from '../destination/logs-ingestion.ts';
import type { Host } from '../host.ts';
import { userAgent } from '../http/user-agent.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { ServiceTime } from '../time/service-time.ts';
import type { RunLimits } from './run-limits.ts';

/** What a run has once it is signed in, and the destination is known to take its rows. */
export interface Connections {
  readonly userAgent: string;
  readonly credential: EntraCredential;
  readonly destination: LogsIngestion;
}

/**
 * Signs in, and asks the destination whether it would take rows, before anything is collected.
 * @param time told the time of each service that answers
 * @throws ActionError of the sign-in, 'vault-…' or 'destination-…'
 */
export async function connect(
  inputs: Inputs,
  { context, idTokenRequest, mask }: Host,
  { collecting }: RunLimits,
  time: ServiceTime,
): Promise<Connections> {
  const agent = userAgent(context);
  const observe = (service: string) => (date: string | undefined) => time.observe(service, date);
  const credential = await signIn(inputs, {
    userAgent: agent,
    idTokenRequest,
    deadline: collecting,
    mask,
    onDate: observe('sign-in'),
  });
  const destination = new LogsIngestion(inputs, credential, agent, observe('ingestion'));
  await credential.getToken(destination.scope);
  await destination.check(collecting);
  return { userAgent: agent, credential, destination };
}
