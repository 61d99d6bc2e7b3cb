/** Passes a stream on, with the word 'idle' in between whenever nothing came for `idleMs`. */
export async function* withIdle<T>(
  source: AsyncGenerator<T, void>,
  idleMs: number,
): AsyncGenerator<T | 'idle', void> {
  let next = source.next();
  try {
    for (;;) {
      const timer = Promise.withResolvers<'idle'>();
      const timeout = setTimeout(() => timer.resolve('idle'), idleMs);
      const result = await Promise.race([next, timer.promise]).finally(() => clearTimeout(timeout));
      if (result === 'idle') {
        yield 'idle';
        continue;
      }
      if (result.done) return;
      yield result.value;
      next = source.next();
    }
  } finally {
    next.catch(() => undefined);
    source.return().catch(() => undefined);
  }
}
