import { defaultLogAnalytics, type LogAnalyticsSettings } from './log-analytics-settings.ts';
import type { StreamDeclaration } from './stream.ts';
import { TENANT_ID } from './tenant.ts';

/** A federated identity credential of the app: all three are compared exactly. */
export interface FederatedCredential {
  issuer: string;
  subject: string;
  audience: string;
}

/** A service connection of the emulated Azure DevOps project, with workload identity federation. */
export interface ServiceConnection {
  id: string;
  issuer: string;
  subject: string;
  audience: string;
  /** Whether the stage that runs names it in an input. */
  isReferenced: boolean;
}

/** A workspace of the Fabric API. */
export interface FabricWorkspace {
  id: string;
  displayName: string;
  description?: string;
  type?: 'Personal' | 'Workspace' | 'AdminWorkspace';
  capacityId?: string;
  /** False where the caller has no role: listed, yet 403 when asked for. */
  readable?: boolean;
}

export interface EmulatorOptions {
  /** Emulator clock in milliseconds; default Date.now. */
  now?: () => number;
  /** Synthetic events in each UTC hour; default 0. */
  eventsPerHour?: number | ((hourStartMs: number) => number);
  seed?: number;
  /** False only counts rows, without looking at them: for load. Default true. */
  keepRows?: boolean;
  /** Requests an hour, rolling, that each source answers before 429; default none. */
  budget?: number | undefined;
  /** Events a page; default 5000. */
  pageSize?: number;
  /** Sprinkles empty pages with a token, always at the same places; default true. */
  emptyPages?: boolean;
  workspaces?: FabricWorkspace[];
  /** Workspaces a page; default 3, so that small tenants page too. */
  workspacePageSize?: number;
  tokenLifetimeSeconds?: number;
  pageDelayMs?: number;
  uploadDelayMs?: number;
  /** Declared columns; without it every column is accepted. */
  stream?: StreamDeclaration;
  /** Compresses answers for clients that accept it; default false. */
  gzip?: boolean;
  /** Rendered hours kept in memory, in bytes; default 1.5 GB. */
  renderedBytes?: number;
}

/** What the administrators of the emulated tenant have set up. May be changed at any time. */
export interface Settings {
  /** Ids and domains of the known tenants. */
  tenants: string[];
  clientIds: string[];
  clientSecret: string;
  secretExpired: boolean;
  federatedCredentials: FederatedCredential[];
  /** PEM certificates registered with the app. */
  certificates: string[];
  oidcIssuer: string;
  /** Subject of the ID tokens that the emulated GitHub issues. */
  oidcSubject: string;
  oidcLifetimeSeconds: number;
  serviceConnections: ServiceConnection[];
  /** Client ids of user-assigned identities, and whether there is a system-assigned one. */
  userAssignedIdentities: string[];
  systemAssignedIdentity: boolean;
  /** False is the tenant setting that keeps service principals out of the admin APIs. */
  powerBiAllowed: boolean;
  /** False is the tenant setting that keeps service principals out of the Fabric APIs. */
  fabricAllowed: boolean;
  /** `missing` is what every known tenant answers. */
  fabricActivities: 'missing' | 'served' | 'forbidden';
  /** Whether the app is Monitoring Metrics Publisher on the rule. */
  roleGranted: boolean;
  dcrImmutableId: string;
  streamName: string;
  /**
   * The rule's transformation, run on each upload before its rows land; `source` is the stream. Empty: none.
   * https://learn.microsoft.com/azure/azure-monitor/data-collection/data-collection-transformations-kql
   */
  transformKql: string;
  /** Whether a diagnostic setting of the rule sends its errors to the table DCRLogErrors. */
  ruleErrorsLogged: boolean;
  logAnalytics: LogAnalyticsSettings;
  vaultAllowed: boolean;
  vaultSecrets: Record<string, string>;
}

/** The default app, also the default `client-id`. */
export const CLIENT_ID = '00000000-0000-4000-8000-0000000000a1';

/** The service connection that there is by default. */
export const CONNECTION_ID = '00000000-0000-4000-8000-0000000000d1';

/** The form of connections made since November 2025, ids made up. */
const CONNECTION: ServiceConnection = {
  id: CONNECTION_ID,
  issuer: `https://login.microsoftonline.com/${TENANT_ID}/v2.0`,
  subject: `/eid1/c/pub/t/c3ludGhldGljLXRlbmFudA/a/c3ludGhldGljLWFwcA/sc/00000000-0000-4000-8000-0000000000d2/${CONNECTION_ID}`,
  audience: 'api://AzureADTokenExchange',
  isReferenced: true,
};

const SUBJECT = 'repo:example@1001/activity@2002:ref:refs/heads/main';
const ISSUER = 'https://token.actions.githubusercontent.com';

/** A tenant in which everything is set up as the documentation asks. */
export function defaultSettings(options: EmulatorOptions): Settings {
  const streamName = options.stream?.name ?? 'Custom-FabricUserActivity_CL';
  return {
    tenants: [TENANT_ID, 'tenant.example.test'],
    clientIds: [CLIENT_ID],
    clientSecret: 'synthetic-client-secret',
    secretExpired: false,
    federatedCredentials: [
      { issuer: ISSUER, subject: SUBJECT, audience: 'api://AzureADTokenExchange' },
      { issuer: CONNECTION.issuer, subject: CONNECTION.subject, audience: CONNECTION.audience },
    ],
    certificates: [],
    oidcIssuer: ISSUER,
    oidcSubject: SUBJECT,
    oidcLifetimeSeconds: 300,
    serviceConnections: [{ ...CONNECTION }],
    userAssignedIdentities: [CLIENT_ID],
    systemAssignedIdentity: true,
    powerBiAllowed: true,
    fabricAllowed: true,
    fabricActivities: 'missing',
    roleGranted: true,
    dcrImmutableId: 'dcr-00000000000000000000000000000000',
    streamName,
    transformKql: '',
    ruleErrorsLogged: true,
    logAnalytics: defaultLogAnalytics(streamName, options.stream),
    vaultAllowed: true,
    vaultSecrets: { 'activity-client-secret': 'synthetic-client-secret' },
  };
}

/** Seven workspaces, two of which the caller cannot read. */
export function defaultWorkspaces(): FabricWorkspace[] {
  return Array.from({ length: 7 }, (_, index) => ({
    id: `00000000-0000-4000-8000-0000000000b${index + 1}`,
    displayName:
      ['Sales', 'Größen', '在庫', 'Finance', 'People', 'Energy ⚡', 'Archive'][index] ?? 'Workspace',
    description: '',
    type: 'Workspace' as const,
    capacityId: '00000000-0000-4000-8000-0000000000c1',
    readable: index !== 2 && index !== 5,
  }));
}
