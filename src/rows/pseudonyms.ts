import { createHmac } from 'node:crypto';
import { asAddress } from './addresses.ts';

const PSEUDONYM = /^p-[0-9a-f]{32}$/;
/** Values held in each of the two halves of the memory: some 5 MB. People come back; 200,000 events name a few thousand. */
const RECENT = 10_000;
/** Longer values are no names that come back. */
const LONGEST_HELD = 200;

/** @returns undefined of a text that names nobody: a blank one, or one that is a pseudonym already */
function named(text: string): { name: string; ending: string } | undefined {
  const name = text.trim().toLowerCase();
  const address = asAddress(name);
  if (name === '' || PSEUDONYM.test(address?.local ?? name)) return undefined;
  return { name, ending: address === undefined ? '' : `@${address.domain}` };
}

/**
 * Keyed pseudonyms: the same for the same person, whoever writes the name how, for as long as the key lives. Without the key
 * nobody can compute one, nor try an address book on it.
 */
export class Pseudonyms {
  readonly #key: string;
  #recent = new Map<string, string>();
  #before = new Map<string, string>();

  constructor(key: string) {
    this.#key = key;
  }

  /** The pseudonym of a value that came a short while ago. */
  recent(value: string): string | undefined {
    return this.#recent.get(value);
  }

  /** `p-` and 32 hexadecimal digits, with the domain of an address behind it. A pseudonym stays as it is. */
  of(value: string): string {
    const known = this.#recent.get(value);
    if (known !== undefined) return known;
    const pseudonym = this.#before.get(value) ?? this.#compute(value);
    if (value.length <= LONGEST_HELD) this.#hold(value, pseudonym);
    return pseudonym;
  }

  #compute(value: string): string {
    const found = named(value);
    if (found === undefined) return value;
    const digest = createHmac('sha256', this.#key).update(found.name, 'utf8').digest('hex');
    return `p-${digest.slice(0, 32)}${found.ending}`;
  }

  #hold(value: string, pseudonym: string): void {
    if (this.#recent.size >= RECENT) {
      this.#before = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(value, pseudonym);
  }
}
