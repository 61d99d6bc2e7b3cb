/**
 * Memory for bodies, used again and again. A page of events is some megabytes that live long enough to reach the old
 * generation, where only a full collection lets go of them: pages long done with would pile up between two of those.
 */
export class BufferPool {
  readonly #free: Buffer[] = [];

  /** A room of `size` bytes or more, with anything in it. */
  take(size: number): Buffer {
    const at = this.#free.findIndex((room) => room.length >= size);
    const [room] = at < 0 ? [] : this.#free.splice(at, 1);
    return room ?? Buffer.allocUnsafeSlow(Math.ceil(size / STEP) * STEP);
  }

  /** Takes a room back, by the buffer that was taken or a part of it. Nobody may read it any more. */
  giveBack(part: Buffer): void {
    const room = Buffer.from(part.buffer);
    if (this.#free.length < MOST_ROOMS && room.length <= LARGEST) this.#free.push(room);
  }
}

/** Sizes are rounded up, so that a page finds the room of a slightly smaller one large enough. */
const STEP = 2 ** 20;
/** As many as there are pages at once with the highest "concurrency". */
const MOST_ROOMS = 16;
/** A larger one is left to the garbage collector. */
const LARGEST = 16 * 2 ** 20;
