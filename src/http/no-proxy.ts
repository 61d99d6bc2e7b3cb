import { BlockList, isIP } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

/** One entry of NO_PROXY, ready to be asked about a host and port. */
type Entry = (host: string, port: string) => boolean;

/**
 * Tells the addresses that go past the proxy, as NO_PROXY names them in all the forms that are in use: a host with all its
 * subdomains, `.example.test`, `*.example.test`, a port behind it, addresses, CIDR ranges, `*` for everything. Letter case
 * and a dot at the end don't matter. An empty NO_PROXY does not hide no_proxy. An agent of Azure Pipelines has regular
 * expressions for whole addresses instead, as JSON in AGENT_PROXYBYPASSLIST.
 */
export function directAddresses(env: Environment): (url: string) => boolean {
  const text = [env.NO_PROXY, env.no_proxy].find((value) => value !== undefined && value.trim() !== '') ?? '';
  const entries = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(entryOf);
  const patterns = patternsOf(env.AGENT_PROXYBYPASSLIST ?? '');
  return (address) => {
    const url = URL.parse(address);
    if (url === null) return false;
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    return (
      entries.some((matches) => matches(normal(url.hostname), port)) ||
      patterns.some((pattern) => pattern.test(url.href))
    );
  };
}

/** What is none is left out, as the agent does it. */
function patternsOf(json: string): RegExp[] {
  try {
    const list: unknown = JSON.parse(json);
    return (Array.isArray(list) ? list : []).flatMap((one) => {
      try {
        return typeof one === 'string' && one !== '' ? [new RegExp(one, 'i')] : [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

/** Whether nothing at all goes through a proxy. */
export function isAllDirect(env: Environment): boolean {
  return directAddresses(env)('https://any.invalid/');
}

function entryOf(entry: string): Entry {
  if (entry === '*') return () => true;
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]*|[^:]*:[^:]*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  const name = normal(bracketed ?? plain ?? entry);
  const samePort = (actual: string) => port === undefined || port === actual;
  const range = rangeOf(name);
  if (range !== undefined) return (host, actual) => samePort(actual) && inRange(range, host);
  const domain = name.replace(/^\*?\./, '');
  const exact = !/^\*?\./.test(name);
  return (host, actual) => samePort(actual) && ((exact && host === domain) || host.endsWith(`.${domain}`));
}

function normal(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

function rangeOf(text: string): BlockList | undefined {
  const [address = '', bits] = text.split('/');
  const version = isIP(address);
  if (version === 0) return undefined;
  const most = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > most) return undefined;
  const list = new BlockList();
  list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  return list;
}

function inRange(range: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && range.check(host, version === 4 ? 'ipv4' : 'ipv6');
}
