import { randomUUID } from 'node:crypto';
import type { Settings } from '../tenant/settings.ts';
import { type Answer, type Call, json } from '../wire/exchange.ts';
import { headerOf } from '../wire/request.ts';
import type { IdTokenIssuer } from './oidc.ts';

/** Where an agent is told to ask: organisation, project, plan and job are made up. */
const PLAN = '00000000-0000-4000-8000-0000000000e1';
const JOB = '00000000-0000-4000-8000-0000000000e2';
const PROJECT = '00000000-0000-4000-8000-0000000000e3';
export const OIDC_TOKEN_PATH = `/example/${PROJECT}/_apis/distributedtask/hubs/build/plans/${PLAN}/jobs/${JOB}/oidctoken`;

/**
 * Azure DevOps gives a job an ID token for a service connection that its stage names
 * (https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create). Answers that threads about it tell
 * of: 405 to GET (hashicorp/terraform-provider-fabric#922), a sign-in page without the header that suppresses it
 * (Azure/azure-sdk-for-js#29854), no explicit reference (dotnet/docker-tools#2012, its status unknown).
 */
export class AzureDevOpsTokens {
  /** What the agent has as the job's access token. */
  readonly jobToken = `synthetic-job-${randomUUID()}`;
  readonly #issuer: IdTokenIssuer;
  readonly #settings: Settings;

  constructor(issuer: IdTokenIssuer, settings: Settings) {
    this.#issuer = issuer;
    this.#settings = settings;
  }

  handle(call: Call): Answer {
    if (call.method !== 'POST') return said(405, 'The requested resource does not support this http method.');
    const bearer = /^bearer (\S+)$/i.exec(headerOf(call, 'authorization') ?? '')?.[1];
    if (bearer !== this.jobToken) return this.#signIn(call);
    if (call.path !== OIDC_TOKEN_PATH) return said(404, 'The orchestration plan or job could not be found.');
    if (!/^\d+\.\d/.test(call.query['api-version'] ?? '')) return said(400, 'No api-version was supplied.');
    const id = call.query.serviceConnectionId ?? '';
    const connection = this.#settings.serviceConnections.find((one) => one.id === id.toLowerCase());
    if (connection === undefined) return said(404, `Service connection ${id} could not be found.`);
    if (!connection.isReferenced) {
      const stage = 'current stage collect.collect.__default';
      return said(400, `There is no explicit reference to service connection ${id} from ${stage}.`);
    }
    return json(200, { oidcToken: this.#issuer.connectionToken(connection) });
  }

  #signIn(call: Call): Answer {
    if (headerOf(call, 'x-tfs-fedauthredirect')?.toLowerCase() === 'suppress')
      return said(401, 'TF400813: The user is not authorized to access this resource.');
    return { status: 302, headers: { location: 'https://app.vssps.visualstudio.com/_signin' } };
  }
}

function said(status: number, message: string): Answer {
  return json(status, { $id: '1', innerException: null, message, errorCode: 0 });
}
