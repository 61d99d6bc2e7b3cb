/** What a text that holds KQL reads out of AdditionalFields, by whatever way of writing it, and under whatever other name. */

const COLUMN = 'AdditionalFields';
/** Between the column and what is taken out of it: "parse_json(AdditionalFields).X". */
const END = String.raw`\s*\)*\s*`;
const QUOTED = String.raw`[@h]?\\*["']([^"'\\]+)\\*["']`;

/** The names of all properties read, each once. */
export function propertiesRead(text: string): string[] {
  const found = namesOf(text).flatMap((name) => {
    const base = String.raw`(?<![\w.])${name}`;
    const direct = [
      // No space behind the dot: there a sentence ends.
      String.raw`${base}${END}\??\.([A-Za-z_]\w*)`,
      String.raw`${base}${END}(?:\??\.)?\s*\[\s*${QUOTED}\s*\]`,
      String.raw`bag_has_key\(\s*${base}\s*,\s*${QUOTED}`,
      String.raw`bag_remove_keys\(\s*${base}\s*,\s*dynamic\(\[\s*${QUOTED}`,
      String.raw`extract_?json\(\s*[@h]?\\*["']\$\.?(?:\[\\*["'])?(\w+)[^,]*,\s*(?:\w+\(\s*)*${base}\b`,
    ].flatMap((pattern) => [...text.matchAll(new RegExp(pattern, 'g'))].map(([, property = '']) => property));
    // tostring(AdditionalFields) has "X": looks for the name of a property.
    const searched = String.raw`${base}${END}!?(?:has|contains|matches regex)\w*\s*\(?((?:\s*${QUOTED}\s*,?)+)`;
    const words = [...text.matchAll(new RegExp(searched, 'g'))].flatMap(([, list = '']) =>
      [...list.matchAll(new RegExp(QUOTED, 'g'))].flatMap(([, word = '']) => word.match(/\w+/g) ?? []),
    );
    return [...direct, ...words];
  });
  return [...new Set(found)];
}

/** The column, and the names that it is given whole: "Extra = parse_json(AdditionalFields)", and what Extra is given on to. */
function namesOf(text: string): string[] {
  const names = [COLUMN];
  for (const name of names) {
    const given = new RegExp(
      // Not what is taken out of it, and not what it is only part of.
      String.raw`\b(\w+)\s*=\s*(?:(?:parse_json|parsejson|todynamic|toobject|tostring|coalesce)\(\s*)*${name}\b(?!${END}\??[.[])(?=\s*[),;|\n]|\s*$)`,
      'g',
    );
    for (const [, other = ''] of text.matchAll(given)) if (!names.includes(other)) names.push(other);
  }
  return names;
}

/**
 * A text without the readings that stand behind their column, as in coalesce(X, tostring(AdditionalFields.X)): for rows from before
 * the column, and for values that do not fit it.
 * @param columnOf the column that a property fills
 */
export function withoutFallbacks(text: string, columnOf: ReadonlyMap<string, string>): string {
  const fallback = /\bcoalesce\(\s*(\w+)\s*,\s*(?:to\w+\(\s*)?AdditionalFields\.(\w+)/g;
  return text.replaceAll(fallback, (whole, column: string, property: string) =>
    columnOf.get(property) === column ? `coalesce(${column}` : whole,
  );
}
