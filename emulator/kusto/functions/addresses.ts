import type { Value } from '../values.ts';
import { type Functions, fn, ofText } from './scalar-function.ts';

function ipNumber(value: Value | undefined): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(String(value ?? '').trim());
  if (parts === null) return null;
  const bytes = parts.slice(1).map(Number);
  return bytes.some((byte) => byte > 255) ? null : bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function inRange(ip: Value | undefined, range: string): boolean | null {
  const [base, bits = '32'] = range.split('/');
  const [a, b] = [ipNumber(ip), ipNumber(base)];
  if (a === null || b === null) return null;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(a / size) === Math.floor(b / size);
}

/** Whether an IPv4 address in the text begins so; a prefix is a whole address, or ends with a dot. */
function hasPrefix(text: string, prefix: string): boolean {
  const addresses = text.match(/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])/g) ?? [];
  return addresses.some((address) =>
    prefix.endsWith('.') ? address.startsWith(prefix) : address === prefix,
  );
}

/** Network addresses and URLs. */
export const ADDRESSES: Functions = {
  // https://learn.microsoft.com/en-us/kusto/query/has-any-ipv4-prefix-function
  has_any_ipv4_prefix: fn('bool', ([text, ...prefixes]) =>
    prefixes
      .flatMap((prefix) => (Array.isArray(prefix) ? prefix : [prefix]))
      .some((prefix) => hasPrefix(String(text), String(prefix))),
  ),
  ipv4_is_in_range: fn('bool', ([ip, range]) => inRange(ip, String(range))),
  ipv4_is_in_any_range: fn('bool', ([ip, ...ranges]) =>
    ranges
      .flatMap((range) => (Array.isArray(range) ? range : [range]))
      .some((range) => inRange(ip, String(range)) === true),
  ),
  ipv4_is_private: fn('bool', ([ip]) =>
    ipNumber(ip) === null
      ? null
      : ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].some((range) => inRange(ip, range)),
  ),
  parse_url: ofText('dynamic', (address) => {
    const url = URL.parse(address);
    return url === null
      ? null
      : {
          Scheme: url.protocol.slice(0, -1),
          Host: url.hostname,
          Port: url.port,
          Path: url.pathname,
          Username: url.username,
          Password: url.password,
          'Query Parameters': Object.fromEntries(url.searchParams),
          Fragment: url.hash.slice(1),
        };
  }),
  url_decode: ofText('string', (value) => decodeURIComponent(value)),
  url_encode: ofText('string', (value) => encodeURIComponent(value)),
};
