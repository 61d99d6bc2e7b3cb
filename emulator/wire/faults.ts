import type { Fault } from './fault.ts';
import type { ServiceRequest } from './request.ts';
import type { Row } from './rows.ts';

interface Armed {
  fault: Fault;
  toSkip: number;
  left: number;
}

/** The faults in wait, in the order in which they were registered. */
export class Faults {
  #armed: Armed[] = [];

  add(fault: Fault): void {
    this.#armed.push({ fault, toSkip: fault.skip ?? 0, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#armed = [];
  }

  /**
   * The fault that strikes this request, if any. `rowsOf` gives the rows of an upload, read only when needed.
   */
  take(call: ServiceRequest, rowsOf: () => readonly Row[]): Fault | undefined {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (armed.left <= 0 || fault.service !== call.service) continue;
      if (fault.match !== undefined && !fault.match(call)) continue;
      // Only a request that carries a token can have it repeated.
      if (fault.repeatToken === true && call.query.continuationToken === undefined) continue;
      if (fault.rejectRows !== undefined && !rowsOf().some(fault.rejectRows)) continue;
      if (armed.toSkip > 0) {
        armed.toSkip -= 1;
        continue;
      }
      armed.left -= 1;
      return fault;
    }
    return undefined;
  }
}
