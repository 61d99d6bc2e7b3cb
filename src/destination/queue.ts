/** Values that are put in by one side and taken by another, in order. */
export class Queue<T> {
  readonly #values: T[] = [];
  #isClosed = false;
  #changed = Promise.withResolvers<void>();

  put(value: T): void {
    this.#values.push(value);
    this.#changed.resolve();
  }

  /** Nothing comes any more. */
  close(): void {
    this.#isClosed = true;
    this.#changed.resolve();
  }

  /** Takes what is there and what comes, until the queue is closed and empty. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (;;) {
      const [value] = this.#values;
      if (value !== undefined) {
        this.#values.shift();
        yield value;
      } else if (this.#isClosed) return;
      else {
        this.#changed = Promise.withResolvers();
        await this.#changed.promise;
      }
    }
  }
}
