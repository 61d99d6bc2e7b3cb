/** Checkpoint files as tests read them back, and keys for events that never were. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint } from '../../src/checkpoint/checkpoint.ts';
import { StateFile } from '../../src/checkpoint/state-file.ts';
import type { EventKey } from '../../src/rows/event-key.ts';

export const FINGERPRINT = 'f'.repeat(64);

export interface Opened {
  readonly state: StateFile;
  /** What was told of a file that was set aside. */
  readonly told: readonly string[];
}

export function open(
  path: string,
  now: number,
  more: { fingerprint?: string; readOnly?: boolean; compactAfter?: number } = {},
): Opened {
  const told: string[] = [];
  const state = StateFile.open({
    path,
    fingerprint: more.fingerprint ?? FINGERPRINT,
    now,
    readOnly: more.readOnly ?? false,
    ...(more.compactAfter === undefined ? {} : { compactAfter: more.compactAfter }),
    onSetAside: (why) => told.push(why),
  });
  return { state, told };
}

/** A checkpoint's state in a form that can be compared. */
export function stateOf(checkpoint: Checkpoint): unknown {
  const hours = [...checkpoint.hours.values()].sort((a, b) => a.hour - b.hour);
  return {
    mark: checkpoint.mark,
    hours: hours.map(({ hour, final, count, ids, contents }) => ({
      hour,
      final,
      count,
      ids: [...ids.keys()].map(([high, low]) => `${high}:${low}`).sort(),
      contents: [...contents].map(([content, count]) => `${content}*${count}`).sort(),
    })),
  };
}

/** Opens, looks and closes. */
export function readBack(path: string, now: number): { state: unknown; told: readonly string[] } {
  const { state, told } = open(path, now, { readOnly: true });
  return { state: stateOf(state.checkpoint), told };
}

export function key(hour: number, number: number, byContent = false): EventKey {
  return { hour, high: Math.imul(number, 2_654_435_761) >>> 0, low: number + 1, byContent };
}

/** A folder that is gone afterwards. */
export function inFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function bytesOf(path: string): Buffer {
  return readFileSync(path);
}
