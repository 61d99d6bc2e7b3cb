import type { Query } from './queries.ts';

/** A small table of texts, as an Example block shows it. */
export interface TextTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The worked example at the top of a query: with these values, these rows give that answer. */
export interface Example {
  readonly values: Readonly<Record<string, string>>;
  /** The clock, where the example depends on it. */
  readonly now: string | undefined;
  readonly given: TextTable;
  readonly answer: TextTable;
}

const FIRST = /^\/\/ Example(?: \((.*)\))?:$/;
const PREFIX = '//   in:  '.length;

export function exampleOf(query: Query): Example {
  const lines = query.head.split('\n');
  const at = lines.findIndex((line) => FIRST.test(line));
  if (at < 0) throw new Error(`Expected a line "// Example:" at the top of ${query.name}.kql, got none.`);
  const settings = settingsOf(FIRST.exec(lines[at] ?? '')?.[1] ?? '');
  const { now, ...values } = settings;
  const rest = lines.slice(at + 1);
  const out = rest.findIndex((line) => line.startsWith('//   out: '));
  const end = rest.findIndex((line, index) => index > out && !line.startsWith('//        '));
  return {
    values,
    now,
    given: tableOf(rest.slice(0, out)),
    answer: tableOf(rest.slice(out, end < 0 ? undefined : end)),
  };
}

/** "AtLeast = 20, OwnDomains = dynamic(["a", "b"])" */
function settingsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+) = (dynamic\(.*?\)|"[^"]*"|[^,]+)/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}

/** Cells stand below the names of their columns; the last one may be as long as it likes. */
function tableOf(lines: readonly string[]): TextTable {
  const [head = '', ...rows] = lines.map((line) => line.slice(PREFIX));
  const starts = [...head.matchAll(/\S+/g)].map(({ index }) => index);
  const cut = (line: string) => starts.map((start, at) => line.slice(start, starts[at + 1]).trim());
  return { columns: cut(head), rows: rows.map(cut) };
}
