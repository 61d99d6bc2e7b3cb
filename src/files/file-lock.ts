import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { ActionError, type FaultCode } from '../errors.ts';

/** Who holds a file. */
interface Holder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  /** Where the process id means something: containers with equal names have ids of their own. */
  readonly space?: string;
}

/** A file that is held for this process. */
export interface FileLock {
  /**
   * To be called before anything is written or sent on the strength of the lock.
   * @throws ActionError 'state-locked' where another run has taken the file over, because this one stood still for minutes
   */
  readonly ensureHeld: () => void;
  readonly release: () => void;
}

/** A live holder writes to its lock this often; one that did not for longer than STALE is dead. */
const HEARTBEAT = 30_000;
const STALE = 5 * 60_000;
/** How long a lock may be empty before who created it counts as dead, and how often it is looked at. */
const UNWRITTEN = 2000;
const POLL = 50;

/** Locks of this very process. */
const held = new Set<string>();

/**
 * Takes a file for this process, so that two runs at once do not write to it. A lock that an ended run left behind is
 * taken over: its process is gone from this machine, or the lock was not written to for five minutes by the clock of the
 * file system that it lies on. Clocks of two machines are never compared.
 * @param fault the code of the error where the lock cannot be written
 * @throws ActionError 'state-locked' or `fault`
 */
export function lock(path: string, what: string, fault: FaultCode): FileLock {
  const lockPath = `${path}.lock`;
  const guardPath = `${lockPath}.takeover`;
  const own: Holder = { token: randomUUID(), host: hostname(), pid: process.pid, space: processSpace() };
  let file = create(lockPath, own, fault);
  if (file === undefined) file = takeOver(lockPath, guardPath, own, fault);
  // A run that was killed while it took the file over, after the ended run's lock was gone.
  else if (existsSync(guardPath) && isDead(guardPath)) rmSync(guardPath, { force: true });
  if (file === undefined)
    throw new ActionError('state-locked', `${what} ${path} is in use by ${nameOf(holderOf(lockPath))}`);
  const mine = file;
  held.add(lockPath);
  const isOurs = () => holderOf(lockPath)?.token === own.token;
  const heartbeat = setInterval(() => {
    if (isOurs()) beat(mine, own, { flush: true });
  }, HEARTBEAT);
  heartbeat.unref();
  return {
    ensureHeld: () => {
      // Who finds it stale before the beat has taken it over by the second look, and nobody does afterwards.
      if (isOurs()) beat(mine, own);
      if (isOurs()) return;
      const who = nameOf(holderOf(lockPath));
      throw new ActionError(
        'state-locked',
        `${what} ${path} was taken over by ${who} while this run stood still; it stops, so that nothing is sent twice`,
      );
    },
    release: () => {
      clearInterval(heartbeat);
      held.delete(lockPath);
      closeSync(mine);
      if (isOurs()) rmSync(lockPath, { force: true });
    },
  };
}

/**
 * The process namespace of this boot of this machine. Without it a process id of another container that happens to have
 * the same host name would be looked for among the processes of this one.
 */
export function processSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return process.platform === 'linux' ? '' : process.platform;
  }
}

function nameOf(holder: Holder | undefined): string {
  return holder === undefined ? 'another run' : `process ${holder.pid} on ${holder.host}`;
}

/**
 * Puts an own lock in a dead one's place. Only who holds the guard may remove a lock that is not its own, and looks
 * at it once more before: otherwise of several that see the same dead lock one could remove the lock of another.
 */
function takeOver(lockPath: string, guardPath: string, own: Holder, fault: FaultCode): number | undefined {
  if (!isDead(lockPath)) return undefined;
  let guard = create(guardPath, own, fault);
  if (guard === undefined) {
    if (!isDead(guardPath)) return undefined;
    rmSync(guardPath, { force: true });
    guard = create(guardPath, own, fault);
    if (guard === undefined) return undefined;
  }
  closeSync(guard);
  try {
    if (!isDead(lockPath)) return undefined;
    rmSync(lockPath, { force: true });
    return create(lockPath, own, fault);
  } finally {
    rmSync(guardPath, { force: true });
  }
}

/** @returns the lock, open, so that its holder writes to this one and never to another's; undefined where one is there */
function create(lockPath: string, holder: Holder, fault: FaultCode): number | undefined {
  let file: number | undefined;
  try {
    file = openSync(lockPath, 'wx');
    writeSync(file, JSON.stringify(holder));
    // Who created it and was held up before it wrote may meanwhile have passed for dead.
    if (holderOf(lockPath)?.token === holder.token) return file;
    closeSync(file);
    return undefined;
  } catch (error) {
    if (file !== undefined) closeSync(file);
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return undefined;
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
    if (fileSystemNow(lockPath) - mtimeMs > STALE || staysEmpty(lockPath)) return true;
    const holder = holderOf(lockPath);
    // An ended run's process id may have come back, even as ours: a container starts them anew each time.
    if (holder === undefined || holder.host !== hostname() || holder.space !== processSpace()) return false;
    if (holder.pid === process.pid) return !held.has(lockPath);
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    // No such process, or no such file any more.
    return ['ESRCH', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

/** The time by which the file system stamps what is written: a file server has a clock of its own. */
function fileSystemNow(lockPath: string): number {
  const probe = `${lockPath}.${randomUUID()}`;
  try {
    writeFileSync(probe, '1');
    return statSync(probe).mtimeMs;
  } catch {
    // A full or read-only file system: then no lock can be taken over either.
    return Date.now();
  } finally {
    rmSync(probe, { force: true });
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

/** Writes the same again, so that the file system stamps the lock by its own clock; never leaves it empty in between. */
function beat(file: number, own: Holder, { flush = false } = {}): void {
  try {
    writeSync(file, JSON.stringify(own), 0);
    // A network drive else keeps it back for a while.
    if (flush) fsyncSync(file);
  } catch {
    // The file system may be full or gone; the lock then ages, which is what it is for.
  }
}
