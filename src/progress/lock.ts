import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
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
/** How long a lock may be empty before who created it counts as dead, and how often it is looked at. */
const UNWRITTEN = 2000;
const POLL = 50;

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
  const guardPath = `${lockPath}.takeover`;
  const own: Holder = { token: randomUUID(), host: hostname(), pid: process.pid };
  if (create(lockPath, own, fault)) {
    // A run that was killed while it took the file over, after the dead run's lock was gone.
    if (existsSync(guardPath) && isDead(guardPath)) rmSync(guardPath, { force: true });
  } else if (!takeOver(lockPath, guardPath, own, fault)) {
    const there = holderOf(lockPath);
    const who = there === undefined ? 'another run' : `process ${there.pid} on ${there.host}`;
    throw new ActionError('state-locked', `${what} ${path} is in use by ${who}`);
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

/**
 * Puts an own lock in a dead one's place. Only who holds the guard may remove a lock that is not its own, and looks
 * at it once more before: otherwise of several that see the same dead lock one could remove the lock of another.
 */
function takeOver(lockPath: string, guardPath: string, own: Holder, fault: FaultCode): boolean {
  if (!isDead(lockPath)) return false;
  if (!create(guardPath, own, fault)) {
    if (!isDead(guardPath)) return false;
    rmSync(guardPath, { force: true });
    if (!create(guardPath, own, fault)) return false;
  }
  try {
    if (!isDead(lockPath)) return false;
    rmSync(lockPath, { force: true });
    return create(lockPath, own, fault);
  } finally {
    rmSync(guardPath, { force: true });
  }
}

function create(lockPath: string, holder: Holder, fault: FaultCode): boolean {
  try {
    writeFileSync(lockPath, JSON.stringify(holder), { flag: 'wx' });
    // Who created it and was held up before it wrote may meanwhile have passed for dead.
    return holderOf(lockPath)?.token === holder.token;
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

function isDead(lockPath: string): boolean {
  try {
    const { mtimeMs } = statSync(lockPath);
    if (Date.now() - mtimeMs > STALE || staysEmpty(lockPath)) return true;
    const holder = holderOf(lockPath);
    // A dead run's process id may have come back, even as ours: a container starts them anew each time.
    if (holder === undefined || holder.host !== hostname()) return false;
    if (holder.pid === process.pid) return !held.has(lockPath);
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    // No such process, or no such file any more.
    return ['ESRCH', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

/** A process that is killed between creating its lock and writing to it leaves an empty one. */
function staysEmpty(lockPath: string): boolean {
  for (let waited = 0; statSync(lockPath).size === 0; waited += POLL) {
    if (waited >= UNWRITTEN) return true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL);
  }
  return false;
}

function touch(lockPath: string): void {
  try {
    utimesSync(lockPath, new Date(), new Date());
  } catch {
    // The file system may be full or gone; the lock then ages, which is what it is for.
  }
}
