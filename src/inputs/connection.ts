import type { Cloud } from './clouds.ts';

/** What a service connection of Azure DevOps brings along. */
export interface KnownConnection {
  readonly tenantId: string;
  /** The app, or the user-assigned identity; undefined is the system-assigned one. */
  readonly clientId: string | undefined;
  readonly signIn:
    | { readonly by: 'oidc' }
    | { readonly by: 'managed-identity' }
    | { readonly by: 'secret'; readonly secret: string }
    | { readonly by: 'certificate'; readonly pem: string };
  /** The clouds that it can be of; empty where it does not tell. */
  readonly clouds: readonly Cloud[];
  /** The cloud in its own word, such as AzureUSGovernment. */
  readonly environment: string;
}

/** One that cannot serve: what was expected of it, and what was got. */
export interface RefusedConnection {
  readonly expected: string;
  readonly got: string;
}

export type Connection = KnownConnection | RefusedConnection;

/** What is particular to a host in its inputs. GitHub's way is what there is without it. */
export interface HostInputs {
  /** How the host writes an input that the Action writes `tenant-id`. */
  readonly written: (name: string) => string;
  readonly deadlineMinutes: number;
  /** A value that looks like this is a variable that nobody defined, which the host leaves as it is. */
  readonly undefinedVariable: RegExp;
  /** The service connection that "azure-subscription" names; undefined where it is not given. */
  readonly connection: Connection | undefined;
}
