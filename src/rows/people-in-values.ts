import { mayHoldAddress, withoutAddresses } from './addresses.ts';
import { exactText, parseExactly } from './exact-json.ts';
import { type Depth, depthOfField, WHO } from './people.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** Deeper than any event nests, and far from what a stack holds. */
const DEEPEST = 200;
const CUT = '…[cut]';

/** Puts pseudonyms in the place of people. Values that hold none come back as the same value, not a copy. */
export class PeopleInValues {
  readonly #pseudonyms: Pseudonyms;
  readonly #onCut: () => void;
  /** Whether other texts and the names of fields are looked through for addresses; else only what says who is replaced. */
  isThorough = true;

  /** @param onCut told of each value that nests too deep to be looked through, and is left out */
  constructor(pseudonyms: Pseudonyms, onCut: () => void) {
    this.#pseudonyms = pseudonyms;
    this.#onCut = onCut;
  }

  value(value: unknown, depth: Depth, level = 0): unknown {
    if (typeof value === 'string')
      return depth === WHO || this.isThorough ? this.#text(value, depth, level) : value;
    if (depth === WHO && typeof value === 'number') return this.#pseudonyms.of(String(value));
    if (typeof value !== 'object' || value === null) return value;
    const number = exactText(value);
    if (number !== undefined) return depth === WHO ? this.#pseudonyms.of(number) : value;
    if (level > DEEPEST) {
      this.#onCut();
      return CUT;
    }
    if (Array.isArray(value)) {
      const entries = value.map((entry: unknown) => this.value(entry, depth, level + 1));
      return entries.some((entry, at) => entry !== value[at]) ? entries : value;
    }
    return this.fields(value, (field) => depthOfField(field, depth), level);
  }

  /** An object by its fields; a field whose name holds an address gets another one. */
  fields<T extends object>(value: T, depthOf: (field: string) => Depth, level = 0): T {
    let entries: [string, unknown][] | undefined;
    let at = -1;
    for (const name of Object.keys(value)) {
      at += 1;
      const entry: unknown = value[name as keyof T];
      const newName = this.isThorough && mayHoldAddress(name) ? this.#withoutAddresses(name) : name;
      const newEntry = this.value(entry, depthOf(name), level + 1);
      if (newName === name && newEntry === entry) continue;
      entries ??= Object.entries(value);
      entries[at] = [newName, newEntry];
    }
    return entries === undefined ? value : (Object.fromEntries(entries) as T);
  }

  #text(text: string, depth: Depth, level: number): string {
    const recent = depth === WHO ? this.#pseudonyms.recent(text) : undefined;
    if (recent !== undefined) return recent;
    const first = text.charCodeAt(0);
    if (first === 0x7b || first === 0x5b || first <= 0x20) {
      const nested = this.#json(text, depth, level);
      if (nested !== undefined) return nested;
    }
    if (depth === WHO) return this.#who(text);
    return mayHoldAddress(text) ? this.#withoutAddresses(text) : text;
  }

  /** Text that is JSON of an object or a list; as it was where nobody is in it. */
  #json(text: string, depth: Depth, level: number): string | undefined {
    if (!/^\s*[{[]/.test(text)) return undefined;
    try {
      const parsed = parseExactly(text);
      const replaced = this.value(parsed, depth, level + 1);
      return replaced === parsed ? text : JSON.stringify(replaced);
    } catch {
      return undefined;
    }
  }

  /** One who is named, or a list of addresses. */
  #who(text: string): string {
    const separator = text.includes(';') ? ';' : ',';
    if (!text.includes(separator)) return this.#pseudonyms.of(text);
    const parts = text.split(/[;,]/);
    if (parts.every((part) => /^\s*[^\s@]+@[^\s@]+\s*$/.test(part)))
      return parts.map((part) => this.#pseudonyms.of(part)).join(separator);
    return this.#pseudonyms.of(text);
  }

  #withoutAddresses(text: string): string {
    return withoutAddresses(text, (address, sign) => {
      const pseudonym = this.#pseudonyms.of(address);
      return sign === '@' ? pseudonym : pseudonym.replace('@', sign);
    });
  }
}
