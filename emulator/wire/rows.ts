/** A row as posted to the logs ingestion service. */
export type Row = Record<string, unknown>;

/** The elements of a body that is a JSON array in UTF-8, or undefined where it is none. */
export function elementsOf(body: Buffer): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The rows of a body, none where it is not an array of objects. */
export function rowsIn(body: Buffer | undefined): Row[] {
  return body === undefined ? [] : (elementsOf(body) ?? []).filter(isRow);
}
