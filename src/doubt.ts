/**
 * While it is open whether the rows or the destination are at fault, one batch at a time is narrowed for the answer:
 * several batches narrowed side by side would have used up the refusals that are allowed before any of them gets to
 * parts small enough to be clean.
 */
export class Doubt {
  #holder: Turn | undefined;
  #over = Promise.withResolvers<void>();

  enter(): Turn {
    const turn: Turn = {
      mine: async () => {
        while (this.#holder !== undefined && this.#holder !== turn) await this.#over.promise;
      },
      take: () => {
        this.#holder ??= turn;
      },
      leave: () => {
        if (this.#holder === turn) this.clear();
      },
    };
    return turn;
  }

  /** Something was accepted, or nothing is sent any more: everybody may go on. */
  clear(): void {
    if (this.#holder === undefined) return;
    this.#holder = undefined;
    this.#over.resolve();
    this.#over = Promise.withResolvers<void>();
  }
}

interface Turn {
  /** Waits while another one looks for the answer. */
  readonly mine: () => Promise<void>;
  /** A refusal: from now on this one looks, unless another does already. */
  readonly take: () => void;
  readonly leave: () => void;
}
