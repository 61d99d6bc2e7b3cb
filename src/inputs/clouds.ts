/**
 * Hosts, scopes and audiences of each Microsoft cloud.
 * Sources: https://learn.microsoft.com/en-us/power-bi/developer/embedded/embed-sample-for-customers-national-clouds
 * and https://learn.microsoft.com/en-us/azure/azure-monitor/logs/logs-ingestion-api-overview
 */
export interface CloudHosts {
  readonly authorityHost: string;
  readonly powerBiUrl: string;
  readonly powerBiScope: string;
  /** Undefined where Microsoft documents no Fabric host. */
  readonly fabricUrl: string | undefined;
  /** Audience that Entra expects of a GitHub ID token. */
  readonly assertionAudience: string;
}

export const CLOUDS = {
  public: {
    authorityHost: 'https://login.microsoftonline.com',
    powerBiUrl: 'https://api.powerbi.com',
    powerBiScope: 'https://analysis.windows.net/powerbi/api/.default',
    fabricUrl: 'https://api.fabric.microsoft.com',
    assertionAudience: 'api://AzureADTokenExchange',
  },
  // A GCC tenant lives in the public Entra cloud; only its Power BI is a government one.
  gcc: {
    authorityHost: 'https://login.microsoftonline.com',
    powerBiUrl: 'https://api.powerbigov.us',
    powerBiScope: 'https://analysis.usgovcloudapi.net/powerbi/api/.default',
    fabricUrl: undefined,
    assertionAudience: 'api://AzureADTokenExchange',
  },
  'gcc-high': {
    authorityHost: 'https://login.microsoftonline.us',
    powerBiUrl: 'https://api.high.powerbigov.us',
    powerBiScope: 'https://high.analysis.usgovcloudapi.net/powerbi/api/.default',
    fabricUrl: undefined,
    assertionAudience: 'api://AzureADTokenExchangeUSGov',
  },
  dod: {
    authorityHost: 'https://login.microsoftonline.us',
    powerBiUrl: 'https://api.mil.powerbigov.us',
    powerBiScope: 'https://mil.analysis.usgovcloudapi.net/powerbi/api/.default',
    fabricUrl: undefined,
    assertionAudience: 'api://AzureADTokenExchangeUSGov',
  },
  china: {
    authorityHost: 'https://login.partner.microsoftonline.cn',
    powerBiUrl: 'https://api.powerbi.cn',
    powerBiScope: 'https://analysis.chinacloudapi.cn/powerbi/api/.default',
    fabricUrl: undefined,
    assertionAudience: 'api://AzureADTokenExchangeChina',
  },
} as const satisfies Record<string, CloudHosts>;

export type Cloud = keyof typeof CLOUDS;

export const FABRIC_SCOPE = 'https://api.fabric.microsoft.com/.default';

/** The audience of an ingestion token follows the endpoint's host: a GCC tenant may log to either Azure cloud. */
export function monitorAudience(dcrEndpoint: string): string {
  const host = new URL(dcrEndpoint).hostname;
  if (host.endsWith('.azure.us')) return 'https://monitor.azure.us';
  if (host.endsWith('.azure.cn')) return 'https://monitor.azure.cn';
  return 'https://monitor.azure.com';
}

/**
 * The query API of Log Analytics in the cloud of an ingestion endpoint
 * (https://learn.microsoft.com/en-us/azure/azure-monitor/logs/api/access-api).
 */
export function logAnalytics(dcrEndpoint: string): { queryUrl: string; queryScope: string } {
  const host = URL.parse(dcrEndpoint)?.hostname ?? '';
  if (host.endsWith('.azure.us')) {
    return {
      queryUrl: 'https://api.loganalytics.us',
      queryScope: 'https://api.loganalytics.us/.default',
    };
  }
  if (host.endsWith('.azure.cn')) {
    return {
      queryUrl: 'https://api.loganalytics.azure.cn',
      queryScope: 'https://api.loganalytics.azure.cn/.default',
    };
  }
  return {
    queryUrl: 'https://api.loganalytics.azure.com',
    queryScope: 'https://api.loganalytics.io/.default',
  };
}

const VAULT_DOMAINS = ['vault.azure.net', 'vault.usgovcloudapi.net', 'vault.azure.cn'] as const;

/** The Key Vault scope of a vault's host name, or undefined where the host is no vault. */
export function vaultScope(host: string): string | undefined {
  const domain = VAULT_DOMAINS.find((suffix) => host.endsWith(`.${suffix}`));
  return domain === undefined ? undefined : `https://${domain}/.default`;
}
