/**
 * Longest value of a field in bytes of UTF-8; the service truncations longer ones without a word
 * (https://learn.microsoft.com/en-us/azure/azure-monitor/fundamentals/service-limits#logs-ingestion-api).
 */
export const FIELD_LIMIT = 65_536;

/** Largest request body in bytes, brackets and commas included: the service's limit is 1 MiB, also uncompressed. */
export const BODY_LIMIT = 1_000_000;

const ROW_LIMIT = BODY_LIMIT - 2;
const MARK = '…[cut]';

/** What had to be truncated, for the report. */
export interface Truncations {
  values: number;
  rows: number;
}

/** Columns that say which event it is: the last to be cut. */
const IDENTITY: ReadonlySet<string> = new Set(['TimeGenerated', 'CreationTime', 'ActivityId', 'SourceApi']);

/**
 * Truncations a row's values to the field limit, and the largest ones further until the row fits a request.
 * @param json the row as it is, serialised
 * @returns the row serialised within the limits
 */
export function truncateToSize(row: Record<string, unknown>, json: string, truncations: Truncations): string {
  const before = truncations.values;
  const cut: Record<string, unknown> = {};
  const whole = new Set(Object.keys(row));
  for (const [name, value] of Object.entries(row)) {
    const soFar = truncations.values;
    cut[name] = truncateValue(value, FIELD_LIMIT, truncations);
    if (truncations.values > soFar) whole.delete(name);
  }
  let result = truncations.values === before ? json : JSON.stringify(cut);
  for (
    let over = Buffer.byteLength(result) - ROW_LIMIT;
    over > 0;
    over = Buffer.byteLength(result) - ROW_LIMIT
  ) {
    const [name, size] = largest(cut);
    // Escapes make JSON up to six times longer than the value it stands for: cut at least by half.
    const target = Math.max(Math.min(size - over, Math.floor(size / 2)), 64);
    const value = cut[name];
    cut[name] =
      typeof value === 'string'
        ? fitString(value, target)
        : truncateValue(value, target, { values: 0, rows: 0 });
    if (whole.delete(name)) truncations.values += 1;
    result = JSON.stringify(cut);
  }
  if (truncations.values > before) truncations.rows += 1;
  return result;
}

function truncateValue(value: unknown, limit: number, truncations: Truncations): unknown {
  if (typeof value === 'string') {
    if (Buffer.byteLength(value) <= limit) return value;
    truncations.values += 1;
    return truncateString(value, limit);
  }
  return typeof value === 'object' && value !== null ? truncateObject(value, limit, truncations) : value;
}

/** Truncations on a character boundary, and marks it. */
export function truncateString(value: string, limit: number): string {
  const bytes = Buffer.from(value.slice(0, limit));
  let end = Math.max(Math.min(limit - Buffer.byteLength(MARK), bytes.length), 0);
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end) + MARK;
}

/** Holds an object's JSON to `limit`, largest value first; values that are not text are replaced as a whole. */
function truncateObject(value: object, limit: number, truncations: Truncations): unknown {
  let size = Buffer.byteLength(JSON.stringify(value));
  if (size <= limit) return value;
  const sizes = Object.entries(value)
    .map(([name, entry]) => ({ name, entry: entry as unknown, bytes: jsonBytes(entry) }))
    .sort((a, b) => b.bytes - a.bytes);
  const kept = new Map<string, unknown>(Object.entries(value));
  for (const { name, entry, bytes } of sizes) {
    if (size <= limit) break;
    truncations.values += 1;
    const room = bytes - (size - limit);
    const shorter =
      typeof entry === 'string' && room > 64 ? fitString(entry, room) : `${MARK} ${bytes} bytes`;
    if (jsonBytes(shorter) < bytes) {
      kept.set(name, shorter);
      size += jsonBytes(shorter) - bytes;
    } else {
      kept.delete(name);
      size -= bytes + jsonBytes(name) + 2;
    }
  }
  // Thousands of small properties: what is left over goes, from the end.
  const names = [...kept.keys()];
  while (size > limit) {
    const name = names.pop();
    if (name === undefined) break;
    size -= jsonBytes(kept.get(name)) + jsonBytes(name) + 2;
    kept.delete(name);
    truncations.values += 1;
  }
  return Array.isArray(value) ? [...kept.values()] : Object.fromEntries(kept);
}

/** The longest beginning of a text whose JSON, escapes included, fits `room` bytes. */
function fitString(text: string, room: number): string {
  let limit = room - 2;
  let cut = truncateString(text, limit);
  while (jsonBytes(cut) > room && limit > 16) {
    limit = Math.floor(limit / 2);
    cut = truncateString(text, limit);
  }
  return cut;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? 'null');
}

function largest(row: Record<string, unknown>): [name: string, bytes: number] {
  let found: [string, number] = ['', -1];
  const identity: [string, number][] = [];
  for (const [name, value] of Object.entries(row)) {
    const bytes = jsonBytes(value);
    if (IDENTITY.has(name)) identity.push([name, bytes]);
    else if (bytes > found[1]) found = [name, bytes];
  }
  // Below this nothing is gained any more by cutting the others.
  return found[1] > 256 ? found : (identity.sort((a, b) => b[1] - a[1])[0] ?? found);
}
