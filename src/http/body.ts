import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { BufferPool } from './buffer-pool.ts';

const bodies = new WeakMap<PipelineResponse, Buffer>();

/** Keeps a body that was read for its response. */
export function keepBody(response: PipelineResponse, body: Buffer): void {
  bodies.set(response, body);
}

/** The body of a response that went through the policy. */
export function bodyOf(response: PipelineResponse): Buffer {
  const body = bodies.get(response) ?? Buffer.from(response.bodyAsText ?? '');
  // A byte order mark is no JSON, and allowed all the same (RFC 8259, 8.1).
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
}

/** Largest body that is made room for on the word of its Content-Length. */
const MOST_ROOM = 64 * 2 ** 20;
/** A body of unknown length begins in a room of this size. */
const FIRST_ROOM = 2 ** 20;
/** A body that is smaller does not keep a room. */
const WORTH_A_ROOM = 2 ** 18;

const rooms = new BufferPool();
const lent = new WeakSet<Buffer>();

/** Lets a body go whose bytes nobody needs any more: the next one is read into its place. */
export function letGo(body: Buffer): void {
  if (lent.delete(body)) rooms.giveBack(body);
}

/** Puts a body together in one place, so that a page is not in memory twice. */
export class BodyReader {
  #room: Buffer;
  #length = 0;
  readonly #most: number;

  /** @param most bytes, inflated */
  constructor({ headers }: PipelineResponse, most: number) {
    this.#most = most;
    const length = Number(headers.get('content-length'));
    const known = headers.get('content-encoding') === undefined && length > 0 && length <= MOST_ROOM;
    this.#room = rooms.take(known ? length : FIRST_ROOM);
  }

  /** @returns false where that would be more than allowed; all memory is then given back */
  add(chunk: Buffer): boolean {
    const needed = this.#length + chunk.length;
    if (needed > this.#most) {
      rooms.giveBack(this.#room);
      return false;
    }
    if (needed > this.#room.length) {
      const larger = rooms.take(Math.max(needed, 2 * this.#room.length));
      this.#room.copy(larger, 0, 0, this.#length);
      rooms.giveBack(this.#room);
      this.#room = larger;
    }
    chunk.copy(this.#room, this.#length);
    this.#length = needed;
    return true;
  }

  whole(): Buffer {
    const body = this.#room.subarray(0, this.#length);
    if (this.#length >= WORTH_A_ROOM) {
      lent.add(body);
      return body;
    }
    const small = Buffer.from(body);
    rooms.giveBack(this.#room);
    return small;
  }
}
