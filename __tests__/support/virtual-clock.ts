import type { Clock } from '../../src/time/clock.ts';

/** A clock whose time passes only when everybody sleeps: days of waiting take no time, and are recorded. */
export class VirtualClock implements Clock {
  /** Every sleep that was begun, in ms. */
  readonly slept: number[] = [];
  #now: number;
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  constructor(now = Date.parse('2026-11-20T12:34:56Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const sleeper = { until: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
    });
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const due of this.#sleepers.filter(({ until }) => until <= this.#now)) due.wake();
    this.#sleepers = this.#sleepers.filter(({ until }) => until > this.#now);
  }

  /** Lets time pass from one waking to the next until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const note = () => {
      settled = true;
    };
    promise.then(note, note);
    for (;;) {
      await pause();
      if (settled) return promise;
      const next = Math.min(...this.#sleepers.map(({ until }) => until));
      if (next !== Number.POSITIVE_INFINITY) this.advance(next - this.#now);
    }
  }
}

/** Lets everything run that is ready to run. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
