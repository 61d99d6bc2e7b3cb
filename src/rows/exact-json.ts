/**
 * Numbers that a double cannot hold, kept as they were written: a parsed 20-digit id would come out as another one.
 * JSON.rawJSON and the reviver's source text are in Node 24, and not yet in TypeScript's library.
 * (https://github.com/tc39/proposal-json-parse-with-source)
 */
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): { readonly rawJSON: string };
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}

const exact = JSON as unknown as ExactJson;

export function parseExactly(text: string): unknown {
  return exact.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !survives(value, source)
      ? exact.rawJSON(source)
      : value,
  );
}

/** The text of a number that was kept as written, or undefined for every other value. */
export function exactText(value: unknown): string | undefined {
  return exact.isRawJSON(value) ? value.rawJSON : undefined;
}

function survives(value: number, source: string): boolean {
  if (Number.isSafeInteger(value)) return true;
  return Number.isFinite(value) && String(value) === source;
}
