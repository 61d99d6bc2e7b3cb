import { setFlagsFromString } from 'node:v8';

/** Keeps memory small: to be called before anything is read. What a run takes is in bench/RESULTS.md. */
export function keepMemorySmall(): void {
  // Keeps the young generation at its first size. Events live for microseconds, so a larger one is only more memory: 16 MB
  // semi-spaces let the buffers of pages long done with pile up between two collections.
  setFlagsFromString('--semi-space-growth-factor=1');
  // While the old generation is marked, V8 puts off collections of the young one, which then grows by 25 MB all the same.
  setFlagsFromString('--no-separate-gc-phases');
}
