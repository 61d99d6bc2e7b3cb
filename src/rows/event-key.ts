import { hash } from 'node:crypto';
import type { ActivityEvent } from './event.ts';

/**
 * What tells one event from another: its hour, and 64 bits of a SHA-256 over its id, or over its content where it has
 * none. Short, and nothing of the event can be read from it. A million events share 64 bits by chance once in
 * some ten million runs.
 */
export interface EventKey {
  readonly hour: number;
  readonly high: number;
  readonly low: number;
  readonly byContent: boolean;
  /** A row on its way back that the checkpoint knows already. */
  readonly recorded?: true;
}

/** Given to many different events. */
const NIL = '00000000-0000-0000-0000-000000000000';

export function keyOf(event: ActivityEvent, hour: number): EventKey {
  const id = event.Id;
  const byContent = typeof id !== 'string' || id === '' || id === NIL;
  const digest = hash('sha256', byContent ? canonical(event) : id, 'binary');
  return { hour, high: uint32(digest, 0), low: uint32(digest, 4), byContent };
}

function uint32(digest: string, at: number): number {
  return (
    ((digest.charCodeAt(at) << 24) |
      (digest.charCodeAt(at + 1) << 16) |
      (digest.charCodeAt(at + 2) << 8) |
      digest.charCodeAt(at + 3)) >>>
    0
  );
}

/** The content with its properties in a fixed order: the service may list them differently the next time. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${canonical(entry)}`).join(',')}}`;
}

/** A key's 64 bits as one value. */
export function contentOf(key: EventKey): bigint {
  return (BigInt(key.high) << 32n) | BigInt(key.low);
}

/** The key as the table has it: the first 16 hexadecimal digits of the id's SHA-256. */
export function keyHex(high: number, low: number): string {
  const hex = (part: number) => part.toString(16).padStart(8, '0');
  return hex(high) + hex(low);
}

/** The halves of a key, or undefined where the text is none. */
export function parseKeyHex(text: string): [high: number, low: number] | undefined {
  if (!/^[0-9a-f]{16}$/.test(text)) return undefined;
  return [Number.parseInt(text.slice(0, 8), 16), Number.parseInt(text.slice(8), 16)];
}
