/** Which real host name belongs to which service, and which token it wants. */
import type { Service } from './request.ts';

const ENTRA_HOSTS = [
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
];

/**
 * Host of the activity log by cloud, and the resource its tokens are for.
 * https://learn.microsoft.com/power-bi/developer/embedded/embed-sample-for-customers-national-clouds
 */
const POWER_BI_RESOURCES: Readonly<Record<string, string>> = {
  'api.powerbi.com': 'https://analysis.windows.net/powerbi/api',
  'api.powerbigov.us': 'https://analysis.usgovcloudapi.net/powerbi/api',
  'api.high.powerbigov.us': 'https://high.analysis.usgovcloudapi.net/powerbi/api',
  'api.mil.powerbigov.us': 'https://mil.analysis.usgovcloudapi.net/powerbi/api',
  'api.powerbi.cn': 'https://analysis.chinacloudapi.cn/powerbi/api',
};

const MONITOR_RESOURCES: Readonly<Record<string, string>> = {
  '.ingest.monitor.azure.com': 'https://monitor.azure.com',
  '.ingest.monitor.azure.us': 'https://monitor.azure.us',
  '.ingest.monitor.azure.cn': 'https://monitor.azure.cn',
};

/**
 * The query API by cloud. Both public hosts want the same resource.
 * https://learn.microsoft.com/azure/azure-monitor/logs/api/access-api,
 * https://github.com/Azure/azure-sdk-for-js/tree/main/sdk/monitor/monitor-query-logs
 */
const LOG_ANALYTICS_RESOURCES: Readonly<Record<string, string>> = {
  'api.loganalytics.azure.com': 'https://api.loganalytics.io',
  'api.loganalytics.io': 'https://api.loganalytics.io',
  'api.loganalytics.us': 'https://api.loganalytics.us',
  'api.loganalytics.azure.cn': 'https://api.loganalytics.azure.cn',
};

/** Azure Government resources, which a tenant of the public cloud may have. */
const GOVERNMENT_AZURE = ['https://monitor.azure.us', 'https://api.loganalytics.us'];

const VAULT_RESOURCES: Readonly<Record<string, string>> = {
  '.vault.azure.net': 'https://vault.azure.net',
  '.vault.usgovcloudapi.net': 'https://vault.usgovcloudapi.net',
  '.vault.azure.cn': 'https://vault.azure.cn',
};

const FABRIC_RESOURCE = 'https://api.fabric.microsoft.com';
/** Of GitHub, and of Azure DevOps. */
const OIDC_HOSTS = ['pipelines.actions.githubusercontent.com', 'dev.azure.com'];
const REGIONS = ['eastus-1', 'westeurope-1', 'usgovvirginia-1', 'chinanorth3-1'];

/**
 * Names in the certificate. A wildcard stands for one label only, so ingestion hosts are listed by region.
 */
export const CERTIFICATE_NAMES: readonly string[] = [
  'localhost',
  ...ENTRA_HOSTS,
  ...Object.keys(POWER_BI_RESOURCES),
  'api.fabric.microsoft.com',
  ...Object.keys(LOG_ANALYTICS_RESOURCES),
  ...OIDC_HOSTS,
  ...Object.keys(MONITOR_RESOURCES).flatMap((end) => [
    `*${end}`,
    ...REGIONS.map((region) => `*.${region}${end}`),
  ]),
  ...Object.keys(VAULT_RESOURCES).map((end) => `*${end}`),
  // Cluster hosts of continuation URIs: trusted here, so that a client which follows one is caught doing so.
  '*.analysis.windows.net',
];

/** Whether a host is this machine, where services are told apart by path. */
export function isLocal(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1';
}

/** The service of a request by its host, or by its path on this machine. */
export function serviceOf(host: string, path: string): Service {
  if (isLocal(host)) return serviceOfPath(path);
  if (ENTRA_HOSTS.includes(host)) return 'entra';
  if (host in POWER_BI_RESOURCES) return 'power-bi';
  if (host === 'api.fabric.microsoft.com') return 'fabric';
  if (host in LOG_ANALYTICS_RESOURCES) return 'log-analytics';
  if (OIDC_HOSTS.includes(host)) return 'oidc';
  if (Object.keys(MONITOR_RESOURCES).some((end) => host.endsWith(end))) return 'ingestion';
  if (Object.keys(VAULT_RESOURCES).some((end) => host.endsWith(end))) return 'vault';
  return 'foreign';
}

/** The resources whose tokens a host accepts; on this machine, those of every cloud. */
export function audiencesOf(service: Service, host: string): readonly string[] {
  if (service === 'fabric') return [FABRIC_RESOURCE];
  if (service === 'power-bi') return own(POWER_BI_RESOURCES, POWER_BI_RESOURCES[host]);
  if (service === 'log-analytics') return own(LOG_ANALYTICS_RESOURCES, LOG_ANALYTICS_RESOURCES[host]);
  const byEnd = service === 'ingestion' ? MONITOR_RESOURCES : service === 'vault' ? VAULT_RESOURCES : {};
  return own(byEnd, Object.entries(byEnd).find(([end]) => host.endsWith(end))?.[1]);
}

/**
 * The resources an Entra authority knows. A GCC tenant lives in the public cloud while its Azure resources
 * may be in Azure Government, and no Fabric resource is documented outside the public cloud: both are let
 * through.
 */
export function resourcesOfAuthority(host: string): readonly string[] {
  const all = [
    ...Object.values(POWER_BI_RESOURCES),
    ...Object.values(MONITOR_RESOURCES),
    ...Object.values(LOG_ANALYTICS_RESOURCES),
    ...Object.values(VAULT_RESOURCES),
    FABRIC_RESOURCE,
  ];
  if (isLocal(host)) return all;
  const china = host.endsWith('.cn');
  const government = host.endsWith('.us');
  return all.filter((resource) => {
    if (resource === FABRIC_RESOURCE) return true;
    if (/chinacloudapi|\.cn$/.test(resource)) return china;
    if (/(high|mil)\.analysis|vault\.usgov/.test(resource)) return government;
    if (GOVERNMENT_AZURE.includes(resource)) return !china;
    return !china && !government;
  });
}

function own(all: Readonly<Record<string, string>>, one: string | undefined): readonly string[] {
  return one === undefined ? Object.values(all) : [one];
}

function serviceOfPath(path: string): Service {
  if (path.startsWith('/v1.0/myorg/')) return 'power-bi';
  if (/^\/v1\/workspaces\/[^/]+\/query$/.test(path)) return 'log-analytics';
  if (path.startsWith('/v1/')) return 'fabric';
  if (path.startsWith('/dataCollectionRules/')) return 'ingestion';
  if (path.startsWith('/secrets/')) return 'vault';
  if (path.startsWith('/oidc/') || path.includes('/_apis/distributedtask/')) return 'oidc';
  if (/^\/[^/]+\/(oauth2|v2\.0|discovery)\//.test(path)) return 'entra';
  return 'foreign';
}
