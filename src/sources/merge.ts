/**
 * Runs up to `limit` generators at a time and yields what they yield, as it comes. A generator goes on only when the
 * consumer comes back for more, so what waits is bounded by `limit`. The first error ends them all.
 */
export async function* merge<T>(
  generators: Iterable<AsyncGenerator<T, void>>,
  limit: number,
): AsyncGenerator<T, void> {
  const waiting = generators[Symbol.iterator]();
  const active = new Map<AsyncGenerator<T, void>, Promise<Step<T>>>();
  const advance = (generator: AsyncGenerator<T, void>) => {
    const step = generator.next().then((result) => ({ generator, result }));
    // Once one has failed nobody looks at the others any more.
    step.catch(() => undefined);
    active.set(generator, step);
  };
  const start = () => {
    const next = waiting.next();
    if (!next.done) advance(next.value);
  };
  for (let started = 0; started < limit; started += 1) start();
  try {
    while (active.size > 0) {
      const { generator, result } = await Promise.race(active.values());
      if (result.done) {
        active.delete(generator);
        start();
      } else {
        yield result.value;
        advance(generator);
      }
    }
  } finally {
    for (const generator of active.keys()) generator.return().catch(() => undefined);
  }
}

interface Step<T> {
  readonly generator: AsyncGenerator<T, void>;
  readonly result: IteratorResult<T, void>;
}
