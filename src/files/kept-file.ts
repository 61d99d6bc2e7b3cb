import {
  closeSync,
  fchmodSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ActionError, type FaultCode } from '../errors.ts';

/** Links followed by hand before a path counts as a circle, as many as Linux follows. */
const LINKS = 40;

/**
 * Where a file that is carried from run to run really lies. It is replaced by renaming, which would put a plain file in
 * the place of a symbolic link and leave the lasting file behind it as it was; lock and neighbours lie beside the real one.
 * @throws ActionError `fault` where something else than a regular file is there: a pipe would block, a device never end
 */
export function keptFile(path: string, fault: FaultCode): string {
  try {
    const real = followed(resolve(path));
    const there = statSync(real, { throwIfNoEntry: false });
    if (there === undefined || there.isFile()) return real;
    throw new ActionError(fault, `expected a regular file, got ${kindOf(there)} at ${path}`);
  } catch (error) {
    throw fileFault(error, path, fault);
  }
}

function followed(path: string, left = LINKS): string {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isSymbolicLink()) return realpathSync(path);
  if (there === undefined) {
    const folder = dirname(path);
    return folder === path ? path : join(followed(folder, left), basename(path));
  }
  if (left === 0) throw Object.assign(new Error('a circle of links'), { code: 'ELOOP' });
  return followed(resolve(dirname(path), readlinkSync(path)), left - 1);
}

function kindOf(there: Stats): string {
  if (there.isDirectory()) return 'a folder';
  if (there.isFIFO()) return 'a pipe';
  if (there.isSocket()) return 'a socket';
  return 'a device';
}

/** A fault of the file system as one of the run. Anything without a code is passed on as it is. */
export function fileFault(error: unknown, path: string, fault: FaultCode): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof ActionError || code === undefined) return error;
  return new ActionError(fault, `${code} at ${path}`, { cause: error });
}

/** Opens a file that only its owner may read, even where it was there already with other rights. */
export function openPrivate(path: string, flags: 'a' | 'w'): number {
  const file = openSync(path, flags, 0o600);
  try {
    fchmodSync(file, 0o600);
  } catch (error) {
    // Not ours to change, or a file system without such rights; whoever set that up knows who may read it.
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      closeSync(file);
      throw error;
    }
  }
  return file;
}

/**
 * Writes all bytes, or throws: on a nearly full disk a single write takes a part of them and reports no error.
 * @param position undefined for the end of the file, or where it was written last
 */
export function writeAll(file: number, bytes: Buffer, position?: number): void {
  for (let written = 0; written < bytes.length; ) {
    const at = position === undefined ? undefined : position + written;
    const more = writeSync(file, bytes, written, bytes.length - written, at);
    if (more === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
    written += more;
  }
}
