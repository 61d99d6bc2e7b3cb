import { isAllDirect } from '../http/no-proxy.ts';
import { quoted } from '../inputs/reader.ts';

/** In the order in which the pipeline looks for a proxy; the first that is given counts. */
const NAMES = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy', 'HTTP_PROXY', 'http_proxy'];

export interface Proxies {
  /** What the variables should be for the libraries, which take "host:port" for a scheme, and end on a SOCKS proxy. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  /** "NAME: expected X, got Y" where the one that counts is no HTTP proxy. */
  readonly faults: readonly string[];
}

export function readProxies(env: Readonly<Record<string, string | undefined>>): Proxies {
  const settings: Record<string, string | undefined> = {};
  const faults: string[] = [];
  const direct = isAllDirect(env);
  const [effective] = NAMES.filter((name) => (env[name] ?? '').trim() !== '');
  for (const name of NAMES) {
    if (env[name] === undefined) continue;
    const value = env[name].trim();
    settings[name] = addressOf(value);
    if (settings[name] === undefined && name === effective && !direct)
      faults.push(
        `${name}: expected the address of an HTTP proxy such as http://proxy.example.test:3128 (user and password percent-encoded), got ${quoted(value)}`,
      );
  }
  return { settings, faults };
}

/** Every form in which the passwords of the proxies may appear somewhere: as written, decoded, encoded. */
export function proxySecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  const secrets = NAMES.flatMap((name) => {
    const address = addressOf((env[name] ?? '').trim());
    const url = address === undefined ? null : URL.parse(address);
    if (url === null || url.password === '') return [];
    const written = /:\/\/[^@]*?:(.*)@/.exec(address ?? '')?.[1] ?? '';
    const decoded = decodeURIComponent(url.password);
    const pair = `${decodeURIComponent(url.username)}:${decoded}`;
    return [
      written,
      url.password,
      decoded,
      encodeURIComponent(decoded),
      Buffer.from(pair).toString('base64'),
    ];
  });
  return [...new Set(secrets)].filter((secret) => secret !== '');
}

function addressOf(value: string): string | undefined {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.parse(address);
  return url !== null && /^https?:$/.test(url.protocol) && isDecodable(url) ? address : undefined;
}

/** The agent decodes the credentials, and a bare percent sign in them would end every request. */
function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
