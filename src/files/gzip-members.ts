import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32, createGunzip, createInflateRaw } from 'node:zlib';

/** A stretch of a gzip file: whole members, zeros as a failing machine leaves them, or what cannot be read. */
export interface Stretch {
  readonly kind: 'whole' | 'zeros' | 'damaged';
  readonly start: number;
  readonly end: number;
}

const WINDOW = 65_536;
/** Identification and method (RFC 1952, 2.3.1). */
const MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);
const HEAD = 10;
const TAIL = 8;

/**
 * Goes through a gzip file, each member checked to its end, in flat memory. A damaged member does not take those behind
 * it along: the next one is looked for.
 */
export async function stretchesOf(path: string): Promise<Stretch[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) return [];
    // A file may have a member for each row: one by one they take a hundred times as long.
    const end = await readableEnd(path, size);
    if (end !== undefined && (await endOfZeros(file, end, size)) === size) {
      const whole: Stretch = { kind: 'whole', start: 0, end };
      return end === size ? [whole] : [whole, { kind: 'zeros', start: end, end: size }];
    }
    return await memberByMember(path, file, size);
  } finally {
    await file.close();
  }
}

/** What whole members hold. */
export async function* inflated(path: string, { start, end }: Stretch): AsyncGenerator<Buffer, void> {
  const source = createReadStream(path, { start, end: end - 1 });
  const stream = source.pipe(createGunzip());
  source.on('error', (error) => stream.destroy(error));
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } finally {
    source.destroy();
    stream.destroy();
  }
}

/** Where zlib stops reading, which is at zeros where there are any; undefined where it finds damage. */
async function readableEnd(path: string, size: number): Promise<number | undefined> {
  const source = createReadStream(path, { end: size - 1 });
  const stream = source.pipe(createGunzip());
  source.on('error', (error) => stream.destroy(error));
  try {
    for await (const _ of stream);
    return stream.bytesWritten;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_')) return undefined;
    throw error;
  } finally {
    source.destroy();
    stream.destroy();
  }
}

async function memberByMember(path: string, file: FileHandle, size: number): Promise<Stretch[]> {
  const stretches: Stretch[] = [];
  for (let at = 0; at < size; at = stretches.at(-1)?.end ?? size) {
    const zerosEnd = await endOfZeros(file, at, size);
    if (zerosEnd > at) {
      stretches.push({ kind: 'zeros', start: at, end: zerosEnd });
      continue;
    }
    const end = await memberEnd(path, file, at, size);
    const last = stretches.at(-1);
    if (end === undefined) {
      let next = await findMagic(file, at + 1, size);
      while (next < size && (await memberEnd(path, file, next, size)) === undefined)
        next = await findMagic(file, next + 1, size);
      stretches.push({ kind: 'damaged', start: at, end: next });
    } else if (last?.kind === 'whole') stretches.splice(-1, 1, { ...last, end });
    else stretches.push({ kind: 'whole', start: at, end });
  }
  return stretches;
}

/** Where the member that begins at `start` ends, or undefined where it is not whole. */
async function memberEnd(
  path: string,
  file: FileHandle,
  start: number,
  size: number,
): Promise<number | undefined> {
  const body = await bodyStart(file, start, size);
  if (body === undefined) return undefined;
  const source = createReadStream(path, { start: body });
  const stream = source.pipe(createInflateRaw());
  source.on('error', (error) => stream.destroy(error));
  let [sum, length] = [0, 0];
  try {
    for await (const chunk of stream) {
      sum = crc32(chunk as Buffer, sum);
      length = (length + (chunk as Buffer).length) % 2 ** 32;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_')) return undefined;
    throw error;
  } finally {
    source.destroy();
    stream.destroy();
  }
  const end = body + stream.bytesWritten + TAIL;
  if (end > size) return undefined;
  const tail = await bytesAt(file, end - TAIL, TAIL);
  return tail.readUInt32LE(0) === sum && tail.readUInt32LE(4) === length ? end : undefined;
}

/** Where the compressed data begins behind a header with all its optional parts, or undefined where there is none. */
async function bodyStart(file: FileHandle, start: number, size: number): Promise<number | undefined> {
  const head = await bytesAt(file, start, Math.min(WINDOW, size - start));
  if (head.length < HEAD || !head.subarray(0, 3).equals(MAGIC)) return undefined;
  const flags = head[3] ?? 0;
  let at = HEAD;
  if ((flags & 4) !== 0) at += 2 + (head.length >= at + 2 ? head.readUInt16LE(at) : WINDOW);
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = head.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  if ((flags & 2) !== 0) at += 2;
  return at < head.length ? start + at : undefined;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

async function endOfZeros(file: FileHandle, from: number, size: number): Promise<number> {
  for (let at = from; at < size; at += WINDOW) {
    const bytes = await bytesAt(file, at, Math.min(WINDOW, size - at));
    const other = bytes.findIndex((byte) => byte !== 0);
    if (other >= 0) return at + other;
  }
  return size;
}

async function findMagic(file: FileHandle, from: number, size: number): Promise<number> {
  for (let at = from; at < size; at += WINDOW - MAGIC.length) {
    const found = (await bytesAt(file, at, Math.min(WINDOW, size - at))).indexOf(MAGIC);
    if (found >= 0) return at + found;
  }
  return size;
}
