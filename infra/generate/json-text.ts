export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const WIDTH = 110;

/** JSON in the form that the project's formatter gives it, so that a generated file passes the lint untouched. */
export function jsonText(value: Json): string {
  return `${print(value, '', 0)}\n`;
}

/** @param taken how much of the line stands before the value */
function print(value: Json, indent: string, taken: number): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}  `;
  if (isList(value)) {
    if (value.length === 0) return '[]';
    const flat = `[${value.map((entry) => print(entry, '', 0)).join(', ')}]`;
    // An array of plain values stays on its line where it fits; a final comma may follow.
    if (!flat.includes('\n') && taken + flat.length < WIDTH) return flat;
    const lines = value.map((entry) => `${inner}${print(entry, inner, inner.length)}`);
    return `[\n${lines.join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  const lines = entries.map(([key, entry]) => {
    const start = `${inner}${JSON.stringify(key)}: `;
    return start + print(entry, inner, start.length);
  });
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
