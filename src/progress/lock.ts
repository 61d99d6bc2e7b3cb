import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { ActionError, type FaultCode } from '../errors.ts';

/** Who holds a file. */
interface Holder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
}

/** A live holder touches its lock this often; one that did not for longer than STALE is dead. */
const HEARTBEAT = 30_000;
const STALE = 5 * 60_000;

/** Locks of this very process. */
const held = new Set<string>();

/**
 * Takes a file for this process, so that two runs at once do not write to it. A lock that a dead run left behind is
 * taken over: its process is gone from this machine, or it was not touched for five minutes.
 * @returns lets the file go again
 * @param fault the code of the error where the lock cannot be written
 * @throws ActionError 'state-locked' or `fault`
 */
export function lock(path: string, what: string, fault: FaultCode): () => void {
  const lockPath = `${path}.lock`;
  const own: Holder = { token: randomUUID(), host: hostname(), pid: process.pid };
  if (!create(lockPath, own, fault)) {
    const there = holderOf(lockPath);
    if (!isDead(lockPath, there) || !remove(lockPath, there) || !create(lockPath, own, fault)) {
      const who = there === undefined ? 'another run' : `process ${there.pid} on ${there.host}`;
      throw new ActionError('state-locked', `${what} ${path} is in use by ${who}`);
    }
  }
  held.add(lockPath);
  const heartbeat = setInterval(() => touch(lockPath), HEARTBEAT);
  heartbeat.unref();
  return () => {
    clearInterval(heartbeat);
    held.delete(lockPath);
    if (holderOf(lockPath)?.token === own.token) rmSync(lockPath, { force: true });
  };
}

function create(lockPath: string, holder: Holder, fault: FaultCode): boolean {
  try {
    writeFileSync(lockPath, JSON.stringify(holder), { flag: 'wx' });
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    // On a full disk the file may be there, and nothing in it.
    if (holderOf(lockPath) === undefined) rmSync(lockPath, { force: true, recursive: false });
    throw new ActionError(fault, `${code ?? 'unknown error'} at ${lockPath}`, { cause: error });
  }
}

function holderOf(lockPath: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(lockPath, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isDead(lockPath: string, holder: Holder | undefined): boolean {
  try {
    if (Date.now() - statSync(lockPath).mtimeMs > STALE) return true;
    // A dead run's process id may have come back, even as ours: a container starts them anew each time.
    if (holder === undefined || holder.host !== hostname()) return false;
    if (holder.pid === process.pid) return !held.has(lockPath);
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Moves a dead run's lock away, and makes sure that it was the dead run's and not one that was just taken. */
function remove(lockPath: string, dead: Holder | undefined): boolean {
  const aside = `${lockPath}.${randomUUID()}`;
  try {
    renameSync(lockPath, aside);
  } catch {
    return false;
  }
  const moved = holderOf(aside);
  if (moved?.token !== dead?.token) {
    renameSync(aside, lockPath);
    return false;
  }
  rmSync(aside, { force: true });
  return true;
}

function touch(lockPath: string): void {
  try {
    utimesSync(lockPath, new Date(), new Date());
  } catch {
    // The file system may be full or gone; the lock then ages, which is what it is for.
  }
}
