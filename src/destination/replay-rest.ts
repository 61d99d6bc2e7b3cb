import { closeSync, copyFileSync, fsyncSync, linkSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { openPrivate, writeAll } from '../files/kept-file.ts';
import type { EventKey } from '../rows/event-key.ts';
import { asideOf } from './rejected-file.ts';
import { rowOf } from './replay-lines.ts';
import { acceptedPath, appendAccepted, openAccepted } from './replay-progress.ts';

/** Lines written, or events noted, at once. */
const AT_ONCE = 1000;

/** Writes what remains of a replayed file: the lines without those whose event was accepted. */
export async function writeRest(
  fresh: string,
  lines: AsyncIterable<string>,
  wasAccepted: (key: EventKey) => boolean,
): Promise<void> {
  const file = openPrivate(fresh, 'w');
  try {
    let kept: string[] = [];
    const write = () => {
      writeAll(file, gzipSync(kept.join('')));
      kept = [];
    };
    for await (const text of lines) {
      const found = rowOf(text);
      if (found !== undefined && wasAccepted(found.key)) continue;
      kept.push(`${text}\n`);
      if (kept.length >= AT_ONCE) write();
    }
    write();
    fsyncSync(file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/**
 * Keeps a damaged file as it was. Its whole rows were sent or remain in the file: beside what is kept they count as
 * accepted, so that a replay of it, once it is mended, sends only what could not be read before.
 * @returns where it is kept
 */
export async function keepAside(path: string, lines: AsyncIterable<string>, now: number): Promise<string> {
  const aside = asideOf(path, now);
  const noted = openAccepted(aside);
  try {
    const keys: EventKey[] = [];
    for await (const text of lines) {
      const found = rowOf(text);
      if (found !== undefined) keys.push(found.key);
      if (keys.length >= AT_ONCE) appendAccepted(noted, keys.splice(0));
    }
    appendAccepted(noted, keys);
    fsyncSync(noted);
    secondName(path, aside);
  } catch (error) {
    rmSync(acceptedPath(aside), { force: true });
    throw error;
  } finally {
    closeSync(noted);
  }
  return aside;
}

/** A second name for the file as it was, so that it is never without one. */
function secondName(path: string, aside: string): void {
  try {
    linkSync(path, aside);
  } catch {
    // File systems without hard links.
    copyFileSync(path, aside);
  }
}
