/** Mail addresses, as Entra writes user principal names: letters of all scripts, and ' . - _ ! # ^ ~ besides. */
export interface Address {
  readonly local: string;
  readonly domain: string;
}

const LABEL = String.raw`[\p{L}\p{M}\p{N}_-]+`;
const DOMAIN = String.raw`${LABEL}(?:\.${LABEL})+`;
const DOMAIN_ONLY = new RegExp(`^${DOMAIN}$`, 'u');
const DOMAIN_HERE = new RegExp(DOMAIN, 'uy');
/** What ends a local part in running text, from its right end leftwards. In a URL or a path it begins behind the last `/` or `=`. */
const LOCAL_CHARACTER = /[\p{L}\p{M}\p{N}.!#$&*+^_~'-]/u;
/** Allowed in mail, and as often what separates an address from what stands before it: part of it only next to the sign. */
const NEXT_TO_SIGN = /[%/=?`{|}]/;
const QUOTED = /"[^"@]{1,64}"$/;

/** A text that is an address and nothing else, surrounding blanks aside; its domain in lower case. */
export function asAddress(text: string): Address | undefined {
  const address = text.trim();
  const at = address.lastIndexOf('@');
  if (at <= 0 || !DOMAIN_ONLY.test(address.slice(at + 1))) return undefined;
  return { local: address.slice(0, at), domain: address.slice(at + 1).toLowerCase() };
}

/** Whether a text can hold an address at all: most don't, and this is asked of every text. */
export function mayHoldAddress(text: string): boolean {
  return text.includes('@') || text.includes('%40');
}

/**
 * The text with each address in it replaced. A sign between letters that is not escaped, or is as in URLs, makes an address
 * where a domain of two labels or more follows. Each character is looked at once, however long the text is.
 */
export function withoutAddresses(text: string, replace: (address: string, sign: string) => string): string {
  if (isSingle(text)) return replace(text, '@');
  let result = '';
  let done = 0;
  for (const { index, 0: sign } of text.matchAll(/@|%40/g)) {
    const from = localStart(text, index, done);
    const end = from === index ? index : domainEnd(text, index + sign.length);
    if (end <= index + sign.length) continue;
    const address = `${text.slice(from, index)}@${text.slice(index + sign.length, end)}`;
    result += text.slice(done, from) + replace(address, sign);
    done = end;
  }
  return done === 0 ? text : result + text.slice(done);
}

/** One address of any characters that mail allows, so that none is cut in two; not one that was replaced behind a `/` before. */
function isSingle(text: string): boolean {
  if (!/^\s*[^\s@"(),:;<>[\]\\]+@[^\s@]+$/.test(text) || text.includes('%40')) return false;
  return asAddress(text) !== undefined && !/[^\s]p-[0-9a-f]{32}@/.test(text);
}

/** Where the domain ends that begins at `start`; another one that follows with a sign between is part of it. */
function domainEnd(text: string, start: number): number {
  let end = start;
  for (let next = start; ; next = end + 1) {
    DOMAIN_HERE.lastIndex = next;
    const domain = DOMAIN_HERE.exec(text)?.[0];
    if (domain === undefined) return end;
    end = next + domain.length;
    if (text[end] !== '@') return end;
  }
}

/** Where the local part of an address begins that ends before `end`; `end` where there is none. */
function localStart(text: string, end: number, least: number): number {
  let from = end;
  while (from > least && NEXT_TO_SIGN.test(text.charAt(from - 1))) from -= 1;
  while (from > least) {
    // A character outside the basic plane takes two units.
    const code = text.charCodeAt(from - 1);
    const units = code >= 0xdc00 && code <= 0xdfff ? 2 : 1;
    if (from - units < least || !LOCAL_CHARACTER.test(text.slice(from - units, from))) break;
    from -= units;
  }
  // A quotation mark at its beginning quotes the address, unless nothing else is there.
  const first = from;
  while (from < end && text[from] === "'") from += 1;
  if (from < end) return from;
  if (first < end) return first;
  const quoted = QUOTED.exec(text.slice(Math.max(least, end - 66), end));
  return quoted === null ? end : end - quoted[0].length;
}
