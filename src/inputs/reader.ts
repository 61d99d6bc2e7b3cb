import { resolve } from 'node:path';
import { parseInstant } from '../time/instant.ts';
import type { HostInputs } from './connection.ts';
import { type InputName, withLeadingNames, withNames } from './names.ts';

export const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Inputs whose value is never part of a fault. */
const SECRETS: readonly InputName[] = ['client-secret', 'client-certificate'];

/** Reads single inputs and gathers what is wrong with them, so that all faults are reported in one go. */
export class InputReader {
  readonly faults: string[] = [];
  readonly #get: (name: string) => string;
  readonly #host: HostInputs | undefined;
  readonly #undefined = new Set<string>();

  /** @param host how it differs from GitHub, where it does */
  constructor(get: (name: string) => string, host?: HostInputs) {
    this.#get = get;
    this.#host = host;
  }

  /**
   * Notes a fault, its inputs written as the host writes them.
   * @param name of one input, or of several joined by " and "
   * @param expected our own words; inputs are named in quotes
   */
  fault(name: string, expected: string, got: string): void {
    if (this.#undefined.has(name)) return;
    const { written = (own: string) => own } = this.#host ?? {};
    const words = `${name}: expected ${withNames(expected, written)}`;
    this.faults.push(`${withLeadingNames(words, written)}, got ${got}`);
  }

  /** The trimmed value; '' where the input is not given, or names a variable that is not defined. */
  text(name: InputName): string {
    const text = this.#get(name).trim();
    if (this.#host?.undefinedVariable.test(text) !== true) return text;
    const shown = SECRETS.includes(name) ? 'the name of one' : quoted(text);
    this.fault(name, 'a value', `${shown}: this variable is not defined`);
    this.#undefined.add(name);
    return '';
  }

  given(name: InputName): boolean {
    return this.text(name) !== '';
  }

  /** A secret's value: never part of a fault. */
  secret(name: InputName): string | undefined {
    return this.given(name) ? this.text(name) : undefined;
  }

  /** A required input; '' is returned, and a fault noted, where it is missing or `accept` refuses it. */
  matching(name: InputName, expected: string, accept: (text: string) => string | undefined): string {
    if (!this.given(name)) {
      this.fault(name, expected, 'nothing');
      return '';
    }
    return this.optional(name, expected, accept) ?? '';
  }

  optional<T>(
    name: InputName,
    expected: string,
    accept: (text: string) => T | undefined,
    show: (text: string) => string = quoted,
  ): T | undefined {
    const text = this.text(name);
    if (text === '') return undefined;
    const value = accept(text);
    if (value === undefined) this.fault(name, expected, show(text));
    return value;
  }

  /** What is separated by commas, spaces or new lines. */
  list(name: InputName): readonly string[] {
    return this.text(name)
      .split(/[\s,]+/)
      .filter((entry) => entry !== '');
  }

  boolean(name: InputName, byDefault: boolean): boolean {
    const values: Record<string, boolean> = { true: true, false: false };
    return this.optional(name, '"true" or "false"', (text) => values[text.toLowerCase()]) ?? byDefault;
  }

  oneOf<T extends string>(name: InputName, values: readonly T[], byDefault: T): T {
    const expected = `one of ${values.join(', ')}`;
    return this.optional(name, expected, (text) => values.find((value) => value === text)) ?? byDefault;
  }

  positiveNumber(name: InputName, byDefault: number, expected: string): number {
    return (
      this.optional(name, expected, (text) => {
        const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
        return value > 0 && Number.isFinite(value) ? value : undefined;
      }) ?? byDefault
    );
  }

  integer(name: InputName, byDefault: number, least: number, most: number): number {
    return (
      this.optional(name, `a whole number from ${least} to ${most}`, (text) => {
        const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
        return value >= least && value <= most ? value : undefined;
      }) ?? byDefault
    );
  }

  instant(name: InputName): number | undefined {
    return this.optional(name, 'an ISO 8601 instant such as 2026-11-20T07:00:00Z', parseInstant);
  }

  /** A file's path, made absolute against the working folder. */
  path(name: InputName): string | undefined {
    return this.optional(name, 'the path of a file', (text) =>
      text.includes('\0') || /[\\/]$/.test(text) ? undefined : resolve(text),
    );
  }

  /** An https URL without query or credentials, given back without a slash at its end. */
  httpsUrl(name: InputName): string | undefined {
    return this.optional(name, 'an https:// URL, https://host[:port][/path] without query', plainHttpsUrl);
  }
}

const HOST = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]+\])`;
const ADDRESS = new RegExp(
  String.raw`^https:\/\/(${HOST})(?::\d{1,5})?((?:\/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*)$`,
  'i',
);

/**
 * An address that is `https://host[:port][/path]` letter by letter, without a slash at its end, or undefined. URL parsers
 * forgive much: backslashes, missing slashes, a "@" that makes another host of what looks like a path.
 */
export function plainHttpsUrl(text: string): string | undefined {
  const match = ADDRESS.exec(text);
  const url = match === null ? null : URL.parse(text);
  if (url === null || url.hostname.toLowerCase() !== match?.[1]?.toLowerCase()) return undefined;
  return url.href.replace(/\/+$/, '');
}

/** A value as part of a fault: on one line, and not longer than it need be. */
export function quoted(text: string): string {
  // A password in an address is a secret wherever it stands.
  const line = text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, '␣')
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/i, '$1***@');
  return `"${line.length > 100 ? `${line.slice(0, 100)}…` : line}"`;
}

/** Values as part of a fault, the first of many. */
export function listed(values: readonly string[]): string {
  const shown = values.slice(0, 5).map(quoted);
  return values.length > 5 ? `${shown.join(', ')} and ${values.length - 5} more` : shown.join(', ');
}
