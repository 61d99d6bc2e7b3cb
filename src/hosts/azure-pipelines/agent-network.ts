import { readFileSync } from 'node:fs';
import tls from 'node:tls';

type Environment = Record<string, string | undefined>;

const GIVEN = ['HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY'];

/**
 * Hands the proxy that an agent was configured with on to the variables that everybody reads; the agent does not do that.
 * Where one of those is set, that one counts, and with it its own exceptions.
 * (https://learn.microsoft.com/en-us/azure/devops/pipelines/agents/proxy)
 */
export function takeAgentProxy(env: Environment): void {
  const isGiven = GIVEN.some((name) => `${env[name] ?? ''}${env[name.toLowerCase()] ?? ''}`.trim() !== '');
  const address = env.AGENT_PROXYURL?.trim() ?? '';
  if (isGiven || address === '') {
    delete env.AGENT_PROXYBYPASSLIST;
    return;
  }
  const url = URL.parse(address);
  const user = env.AGENT_PROXYUSERNAME ?? '';
  if (url !== null && user !== '') {
    url.username = encodeURIComponent(user);
    url.password = encodeURIComponent(env.SECRET_AGENT_PROXYPASSWORD ?? '');
  }
  env.HTTPS_PROXY = url?.href ?? address;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Trusts the authorities that an agent was configured with. @returns what is wrong, as the faults of inputs are written */
export function trustAgentAuthorities(env: Environment): string[] {
  const path = env.AGENT_CAINFO?.trim() ?? '';
  if (path === '') return [];
  const expected = "AGENT_CAINFO: expected a PEM file of certificates that this agent's Node can take in";
  // Since Node 24.5.
  if (!('setDefaultCACertificates' in tls)) {
    const isMade = (env.NODE_EXTRA_CA_CERTS ?? '') !== '';
    return isMade ? [] : [`${expected}, got Node ${process.versions.node}: set NODE_EXTRA_CA_CERTS as well`];
  }
  try {
    const authorities = readFileSync(path, 'utf8').match(CERTIFICATE) ?? [];
    if (authorities.length === 0) return [`${expected}, got a file without any`];
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), ...authorities]);
    return [];
  } catch (error) {
    return [`${expected}, got ${(error as NodeJS.ErrnoException).code ?? 'one that cannot be read'}`];
  }
}
