/**
 * NO_PROXY as everybody writes it: the policy by itself takes "example.test" for that host alone, and knows neither
 * "*.example.test" nor a port.
 */
export function noProxyList(env: Readonly<Record<string, string | undefined>>): string[] {
  return (env.NO_PROXY ?? env.no_proxy ?? '')
    .split(/[\s,]+/)
    .map((entry) => entry.replace(/^\*(?=\.)/, '').replace(/^([^:]*):\d+$/, '$1'))
    .filter((entry) => entry !== '')
    .flatMap((entry) => (entry.startsWith('.') ? [entry] : [entry, `.${entry}`]));
}
