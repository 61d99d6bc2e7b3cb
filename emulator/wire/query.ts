/** A query string as its names and values, decoded exactly once. */
export interface ParsedQuery {
  values: Record<string, string>;
  malformed: boolean;
}

/**
 * Decodes as the services' web framework does: `+` is a space. A continuation token with a raw `+` is thus
 * broken, which a client that forgets to encode finds out here and not in production.
 */
export function parseQuery(text: string): ParsedQuery {
  const values: Record<string, string> = {};
  let malformed = false;
  for (const part of text.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    const value = decode(equals < 0 ? '' : part.slice(equals + 1));
    if (name === undefined || value === undefined || Object.hasOwn(values, name)) malformed = true;
    else values[name] = value;
  }
  return { values, malformed };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
