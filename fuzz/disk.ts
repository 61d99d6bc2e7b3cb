import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const real = { writeSync: fs.writeSync, writeFileSync: fs.writeFileSync };

/**
 * Lets what this process writes through `writeSync` fail with ENOSPC once so many bytes are written, the last write short
 * as on a real disk, until `release` is called.
 */
export function limitDisk(bytes: number): { release: () => void } {
  let left = bytes;
  const full = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  const writeSync = (file: number, data: NodeJS.ArrayBufferView | string, ...rest: unknown[]): number => {
    if (left <= 0) throw full();
    if (typeof data === 'string') {
      left -= data.length;
      return Reflect.apply(real.writeSync, fs, [file, data, ...rest]) as number;
    }
    const [offset = 0, length = data.byteLength, position] = rest as (number | undefined)[];
    const written = Reflect.apply(real.writeSync, fs, [
      file,
      data,
      offset,
      Math.min(length ?? data.byteLength, left),
      position,
    ]) as number;
    left -= written;
    return written;
  };
  Object.assign(fs, { writeSync });
  syncBuiltinESMExports();
  return {
    release: () => {
      Object.assign(fs, { writeSync: real.writeSync });
      syncBuiltinESMExports();
    },
  };
}
