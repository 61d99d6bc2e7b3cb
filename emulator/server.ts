import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Emulator } from './emulator.ts';
import { runnerSettings } from './environment.ts';
import { Assertions } from './services/assertions.ts';
import { entra } from './services/entra.ts';
import { fabric } from './services/fabric.ts';
import { ingestion } from './services/ingestion.ts';
import { logAnalytics } from './services/log-analytics.ts';
import { LogWorkspace } from './services/log-workspace.ts';
import { managedIdentity } from './services/managed-identity.ts';
import { IdTokenIssuer } from './services/oidc.ts';
import { AzureDevOpsTokens } from './services/oidctoken.ts';
import { powerBi } from './services/power-bi.ts';
import { QueryCache } from './services/query-cache.ts';
import { type Landed, landRows, type RowStore } from './services/row-store.ts';
import { vault } from './services/vault.ts';
import { Budget } from './tenant/budget.ts';
import { EventSource } from './tenant/event-source.ts';
import { HOUR_MS } from './tenant/events.ts';
import { CLIENT_ID, defaultSettings, defaultWorkspaces, type EmulatorOptions } from './tenant/settings.ts';
import { Tokens } from './tenant/tokens.ts';
import { makeCertificate } from './wire/certificate.ts';
import { type Call, empty, type Handler } from './wire/exchange.ts';
import { Faults } from './wire/faults.ts';
import { type Front, listener } from './wire/front.ts';
import { serviceOf } from './wire/hosts.ts';
import { listen, portOf } from './wire/listening.ts';
import { makeProxy } from './wire/proxy.ts';
import type { Service } from './wire/request.ts';
import { RequestLog } from './wire/request-log.ts';
import { Sockets } from './wire/sockets.ts';

export type { Emulator } from './emulator.ts';
export type { ActivityEvent } from './tenant/event.ts';
export type { LogAnalyticsSettings, ReadAccess } from './tenant/log-analytics-settings.ts';
export type {
  EmulatorOptions,
  FabricWorkspace,
  FederatedCredential,
  ServiceConnection,
  Settings,
} from './tenant/settings.ts';
export type { StreamDeclaration } from './tenant/stream.ts';
export type { LoggedRequest } from './wire/exchange.ts';
export type { Fault } from './wire/fault.ts';
export type { Service } from './wire/request.ts';
export type { Row } from './wire/rows.ts';

const IDENTITY_HEADER = 'synthetic-identity-header';
const TOKEN_LIFETIME_SECONDS = 3599;
/** https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#log-queries-and-language */
const QUERY_SPAN_MS = 30_000;
const QUIET_TURNS = 5;
const QUIET_TURN_MS = 10;

/** Starts the services, the proxy and the identity endpoint, all on free ports of this machine. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const now = options.now ?? Date.now;
  const settings = defaultSettings(options);
  const tokens = new Tokens(now);
  const issuer = new IdTokenIssuer(settings, now);
  const devOps = new AzureDevOpsTokens(issuer, settings);
  const assertions = new Assertions(settings, issuer.publicKey, now);
  const source = new EventSource(options, now);
  const faults = new Faults();
  const log = new RequestLog(now);
  const sockets = new Sockets();
  const stop = new AbortController();
  const landed = nothingLanded();
  const workspace = new LogWorkspace(settings, now);
  const store: RowStore = { settings, stream: options.stream, landed, workspace, now };
  const queryLimit = () => settings.logAnalytics.queriesIn30Seconds;
  const lifetimeSeconds = options.tokenLifetimeSeconds ?? TOKEN_LIFETIME_SECONDS;
  const shared = { settings, tokens, now };
  const paging = { source, pageSize: options.pageSize ?? 5000, emptyPages: options.emptyPages ?? true };
  const workspaces = options.workspaces ?? defaultWorkspaces();
  const workspacePageSize = options.workspacePageSize ?? 3;

  const handlers: Record<Service, Handler> = {
    entra: entra({ ...shared, assertions, lifetimeSeconds }),
    oidc: (call) => (call.path.startsWith('/oidc') ? issuer : devOps).handle(call),
    'power-bi': powerBi({ ...shared, paging, budget: new Budget(() => options.budget, now) }),
    fabric: fabric({
      ...shared,
      paging,
      budget: new Budget(() => options.budget, now),
      workspaces,
      workspacePageSize,
    }),
    ingestion: ingestion({ store, tokens, keepRows: options.keepRows ?? true }),
    'log-analytics': logAnalytics({
      ...shared,
      workspace,
      budget: new Budget(queryLimit, now, QUERY_SPAN_MS),
      cache: new QueryCache(now),
    }),
    vault: vault(settings, tokens),
    imds: managedIdentity({ ...shared, lifetimeSeconds, identityHeader: IDENTITY_HEADER }),
    foreign: () => empty(404),
  };
  const front: Front = {
    ...{ scheme: 'https', serviceOf, handlers, faults, sockets, log, now },
    expireTokens: () => tokens.expireAll(),
    ...{ delayOf: (call) => delayOf(call, options), gzip: options.gzip ?? false, stopped: stop.signal },
  };

  const { key, cert } = await makeCertificate();
  const folder = await mkdtemp(join(tmpdir(), 'emulator-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, cert);
  const connects: string[] = [];
  const https = createHttpsServer({ key, cert, minVersion: 'TLSv1.2' }, listener(front));
  const identity = createHttpServer(listener({ ...front, scheme: 'http', serviceOf: () => 'imds' }));
  const proxy = makeProxy(() => portOf(https), connects);
  const servers = [https, identity, proxy];
  for (const server of servers) {
    // Longer than any pause of a run on a busy machine: a connection that is closed while a request is on its way into it
    // is a fault of its own, which tests ask for where they want it.
    if ('keepAliveTimeout' in server) server.keepAliveTimeout = 120_000;
    sockets.watch(server);
    await listen(server);
  }

  const port = portOf(https);
  const url = `https://localhost:${port}`;
  const proxyUrl = `http://127.0.0.1:${portOf(proxy)}`;
  const imdsUrl = `http://127.0.0.1:${portOf(identity)}`;
  const addresses = { url, proxyUrl, imdsUrl, caFile };
  const { requestToken } = issuer;
  const secrets = { requestToken, jobToken: devOps.jobToken, identityHeader: IDENTITY_HEADER };
  return {
    ...{
      port,
      ca: cert,
      now,
      configure: settings,
      connects,
      ...addresses,
      ...runnerSettings(addresses, secrets, settings),
    },
    ...{
      table: workspace.activity.rows,
      posted: landed.posted,
      requests: log.requests,
      maxConcurrent: log.maxConcurrent,
    },
    droppedColumnNames: landed.droppedColumns,
    droppedValueNames: landed.droppedValues,
    tokensIssued: tokens.issued,
    get rowCount() {
      return landed.rowCount;
    },
    get swallowed() {
      return landed.swallowed;
    },
    get swallowedElements() {
      return landed.swallowedElements;
    },
    get droppedColumns() {
      return sum(landed.droppedColumns);
    },
    get droppedValues() {
      return sum(landed.droppedValues);
    },
    get truncatedValues() {
      return landed.truncatedValues;
    },
    get rewrittenTimes() {
      return landed.rewrittenTimes;
    },
    get reusedAssertions() {
      return assertions.reused;
    },
    requestsTo: (service) => log.requests.filter((request) => request.service === service),
    idle: async () => {
      // What the system has accepted is not known here before it is read: a few turns without anything are asked for.
      for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
        await sleep(QUIET_TURN_MS);
        const busy = sockets.size > 0 || log.requests.some(({ settledAt }) => settledAt === undefined);
        if (busy) turns = -1;
      }
    },
    fault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    addRows: (rows, receivedAt) => landRows(store, rows, undefined, receivedAt),
    deleteRows: (gone) => workspace.activity.delete(gone),
    addEvents: (events, visibleAt, filedAt) => source.add(events, visibleAt, filedAt),
    eventsIn: (startMs, endMs) => source.between(startMs, endMs),
    prerender: (startMs, endMs) => {
      for (let hour = Math.floor(startMs / HOUR_MS) * HOUR_MS; hour < endMs; hour += HOUR_MS) {
        source.rendered(hour, hour, hour + HOUR_MS, Number.POSITIVE_INFINITY, {});
      }
    },
    idToken: (audience = 'api://AzureADTokenExchange') => issuer.idToken(audience),
    accessToken: (resource) => tokens.issue(resource, CLIENT_ID, lifetimeSeconds),
    close: async () => {
      stop.abort();
      const closed = servers.map((server) => new Promise((done) => server.close(done)));
      sockets.destroyAll();
      await Promise.all(closed);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function nothingLanded(): Landed {
  const counts = { rowCount: 0, swallowed: 0, swallowedElements: 0, truncatedValues: 0, rewrittenTimes: 0 };
  return { posted: [], droppedColumns: {}, droppedValues: {}, ...counts };
}

function delayOf(call: Call, { pageDelayMs = 0, uploadDelayMs = 0 }: EmulatorOptions): number {
  if (call.service === 'ingestion') return uploadDelayMs;
  return /\/admin\/activit/.test(call.path) ? pageDelayMs : 0;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
