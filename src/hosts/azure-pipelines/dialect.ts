import type { HostDialect } from '../../host.ts';
import type { Connection } from '../../inputs/connection.ts';
import { camelCase } from '../../inputs/names.ts';

/** Azure Pipelines ends a job after 60 minutes unless the pipeline says otherwise. */
const DEADLINE_MINUTES = 50;

/** How Azure Pipelines writes and says what a run has to say. */
export function dialectOf(connection: Connection | undefined): HostDialect {
  return {
    inputs: {
      written: camelCase,
      deadlineMinutes: DEADLINE_MINUTES,
      undefinedVariable: /^\$\([^()]+\)$/,
      connection,
    },
    words: { runner: 'agent', workflow: 'pipeline', action: 'task' },
    remedies: {
      inputs: 'Correct what is named here in the pipeline, or on the agent; nothing was called.',
      'entra-secret-wrong':
        'Store the secret\'s Value, not its Secret ID (which looks like a GUID), of the app named by "clientId" or by the service connection.',
      'entra-secret-expired':
        'Create a new client secret and store its Value, or sign in by a service connection with workload identity federation, which needs none.',
      'entra-app-unknown':
        'Check that "clientId", or the service connection, names the Application (client) ID of an app in its tenant.',
      'entra-federation':
        'Copy issuer and subject identifier from the page of the service connection (Project settings > Service connections) into a federated credential of the app, to the letter; a new one takes some minutes to work. The log shows both as ***, the summary as they are.',
      'entra-certificate':
        'Upload the certificate of "clientCertificate", or of the service connection, to the app under Certificates & secrets.',
      'managed-identity':
        'Run on a self-hosted agent in Azure with an identity assigned; "clientId", or the service connection, selects a user-assigned one.',
      'state-locked':
        'Let one run at a time use the file: give the stage "lockBehavior: sequential", and each job of a matrix a file of its own.',
    },
  };
}
