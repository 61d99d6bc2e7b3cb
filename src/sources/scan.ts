/** Where an element of the array stands in the body, and whether it holds a number longer than a double keeps. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly longNumber: boolean;
}

export interface ScannedPage {
  readonly elements: readonly Span[];
  /** The body with the array emptied, parsed. */
  readonly rest: Readonly<Record<string, unknown>>;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
const POINT = 0x2e;
const UPPER_E = 0x45;
const LOWER_E = 0x65;
const ZERO = 0x30;
const NINE = 0x39;

/** Digits that a double always keeps. */
const SAFE_DIGITS = 15;

/**
 * Finds the elements of the array `name` in a JSON object without parsing them, so that a page of thousands of events
 * is unpacked one event at a time: parsed as a whole it would be some forty megabytes of objects that outlive the
 * young generation.
 * @returns undefined where the body is no such object, or is cut off
 */
export function scanPage(body: Buffer, name: string): ScannedPage | undefined {
  const open = openingOf(body, name);
  if (open === undefined) return nullPage(body, name);
  const elements: Span[] = [];
  let depth = 0;
  let start = -1;
  let digits = 0;
  let longNumber = false;
  for (let at = open + 1; at < body.length; at += 1) {
    const byte = body[at] as number;
    if (byte === QUOTE) {
      if (start < 0) start = at;
      at = endOfString(body, at);
      digits = 0;
      continue;
    }
    if (byte >= ZERO && byte <= NINE) {
      digits += 1;
      if (digits > SAFE_DIGITS) longNumber = true;
    } else if (digits > 0 && (byte === UPPER_E || byte === LOWER_E)) {
      longNumber = true;
    } else if (digits === 0 || byte !== POINT) {
      digits = 0;
    }
    if (byte === CLOSE_ARRAY && depth === 0) {
      if (start >= 0) elements.push({ start, end: at, longNumber });
      // A second array of the name would be passed over.
      if (body.indexOf(`"${name}"`, at) >= 0) return undefined;
      const rest = parseObject(`${body.toString('utf8', 0, open + 1)}${body.toString('utf8', at)}`);
      return rest === undefined ? undefined : { elements, rest };
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
    if (byte === COMMA && depth === 0) {
      if (start < 0) return undefined;
      elements.push({ start, end: at, longNumber });
      start = -1;
      longNumber = false;
    } else if (start < 0 && byte > 0x20) {
      start = at;
    }
  }
  return undefined;
}

/** Position of the closing quote, or of the body's end. */
function endOfString(body: Buffer, quote: number): number {
  let at = quote + 1;
  for (; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) return at;
  }
  return at;
}

/** Position of the bracket that opens the array of the object's own property `name`. */
function openingOf(body: Buffer, name: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
    else if (byte === QUOTE) {
      const end = endOfString(body, at);
      const isName = depth === 1 && body.toString('utf8', at + 1, end) === name;
      at = end;
      if (!isName) continue;
      let next = skipSpace(body, at + 1);
      if (body[next] !== COLON) continue;
      next = skipSpace(body, next + 1);
      return body[next] === OPEN_ARRAY ? next : undefined;
    }
  }
  return undefined;
}

function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while ((body[at] ?? 0xff) <= 0x20) at += 1;
  return at;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Null for the array is an empty page, if the rest of a page is there: without, it may be anybody's answer. */
function nullPage(body: Buffer, name: string): ScannedPage | undefined {
  if (body.length > 65_536) return undefined;
  const rest = parseObject(body.toString('utf8'));
  return rest?.[name] === null && 'continuationToken' in rest ? { elements: [], rest } : undefined;
}
